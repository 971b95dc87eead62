#include "common/config/utf8.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdio>

#include "common/base/text.hpp"

namespace config {

namespace {

unsigned byte(std::string_view text, std::size_t at) { return static_cast<unsigned char>(text[at]); }

/// How many bytes a sequence that begins so should have; 0: none begins so.
std::size_t wanted(unsigned first) {
    if (first < 0x80) return 1;
    if (first < 0xc2 || first > 0xf4) return 0;
    return first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
}

/// Whether the second byte can follow the first: no overlong forms, no surrogates, nothing above U+10FFFF.
bool follows(unsigned first, unsigned second) {
    if ((second & 0xc0) != 0x80) return false;
    if (first == 0xe0) return second >= 0xa0;
    if (first == 0xed) return second < 0xa0;
    if (first == 0xf0) return second >= 0x90;
    return first != 0xf4 || second < 0x90;
}

Undecodable refused(std::string_view text, std::size_t at, std::size_t length, std::string_view reason) {
    char first[8];
    std::snprintf(first, sizeof first, "0x%02x", byte(text, at));
    if (length == 1)
        return {at, base::concat("'utf-8' codec can't decode byte ", first, " in position ", at, ": ", reason)};
    return {at, base::concat("'utf-8' codec can't decode bytes in position ", at, "-", at + length - 1, ": ", reason)};
}

}  // namespace

std::optional<Undecodable> undecodable(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        const unsigned first = byte(text, at);
        const std::size_t length = wanted(first);
        if (length == 0) return refused(text, at, 1, "invalid start byte");
        for (std::size_t i = 1; i < length; ++i) {
            if (at + i == text.size()) return refused(text, at, i, "unexpected end of data");
            const unsigned next = byte(text, at + i);
            if (i == 1 ? !follows(first, next) : (next & 0xc0) != 0x80)
                return refused(text, at, i, "invalid continuation byte");
        }
        at += length;
    }
    return std::nullopt;
}

std::u32string code_points(std::string_view text) {
    std::u32string out;
    for (std::size_t at = 0; at < text.size();) {
        const unsigned first = byte(text, at);
        const std::size_t length = std::min(std::max<std::size_t>(wanted(first), 1), text.size() - at);
        char32_t code = length == 1 ? first : first & (0xffU >> (length + 1));
        for (std::size_t i = 1; i < length; ++i) code = code << 6 | (byte(text, at + i) & 0x3fU);
        out.push_back(code);
        at += length;
    }
    return out;
}

std::string utf8(char32_t code) {
    const auto tail = [&](int shift) { return static_cast<char>(0x80U | ((code >> shift) & 0x3fU)); };
    if (code < 0x80) return {static_cast<char>(code)};
    if (code < 0x800) return {static_cast<char>(0xc0U | code >> 6), tail(0)};
    if (code < 0x10000) return {static_cast<char>(0xe0U | code >> 12), tail(6), tail(0)};
    return {static_cast<char>(0xf0U | code >> 18), tail(12), tail(6), tail(0)};
}

namespace {

/// Whitespace that is not ASCII, as it comes along when files are copied from web pages.
bool is_wide_space(std::string_view bytes) {
    if (bytes.size() == 2) return bytes == "\xc2\xa0" || bytes == "\xc2\x85";
    if (bytes == "\xe1\x9a\x80" || bytes == "\xe2\x81\x9f" || bytes == "\xe3\x80\x80") return true;
    if (!bytes.starts_with("\xe2\x80")) return false;
    const auto last = static_cast<unsigned char>(bytes[2]);
    return last <= 0x8a || last == 0xa8 || last == 0xa9 || last == 0xaf;
}

}  // namespace

std::size_t leading_space(std::string_view text) {
    if (text.empty()) return 0;
    if (base::is_space(text.front())) return 1;
    for (const std::size_t size : {2, 3})
        if (text.size() >= size && is_wide_space(text.substr(0, size))) return size;
    return 0;
}

std::size_t trailing_space(std::string_view text) {
    if (text.empty()) return 0;
    if (base::is_space(text.back())) return 1;
    for (const std::size_t size : {2, 3})
        if (text.size() >= size && is_wide_space(text.substr(text.size() - size))) return size;
    return 0;
}

std::string_view strip_right(std::string_view text) {
    while (const auto size = trailing_space(text)) text.remove_suffix(size);
    return text;
}

std::string_view strip(std::string_view text) {
    while (const auto size = leading_space(text)) text.remove_prefix(size);
    return strip_right(text);
}

}  // namespace config
