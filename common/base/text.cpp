#include "common/base/text.hpp"

#include <algorithm>
#include <cstdio>

namespace base {

namespace detail {
void append_integer(std::string& out, std::int64_t number) { out += std::to_string(number); }
void append_integer(std::string& out, std::uint64_t number) { out += std::to_string(number); }
}  // namespace detail

bool is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r') || (c >= '\x1c' && c <= '\x1f');
}

std::string_view strip_right(std::string_view text) {
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    return text;
}

std::string_view strip(std::string_view text) {
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    return strip_right(text);
}

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

std::string upper(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    return out;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> out;
    for (;;) {
        const auto at = text.find(separator);
        out.push_back(text.substr(0, at));
        if (at == std::string_view::npos) return out;
        text.remove_prefix(at + 1);
    }
}

std::vector<std::string_view> words(std::string_view text) {
    std::vector<std::string_view> out;
    std::size_t at = 0;
    while (at < text.size()) {
        if (is_space(text[at])) {
            ++at;
            continue;
        }
        const auto begin = at;
        while (at < text.size() && !is_space(text[at])) ++at;
        out.push_back(text.substr(begin, at - begin));
    }
    return out;
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
    std::string out;
    for (const auto& part : parts) {
        if (&part != parts.data()) out += separator;
        out += part;
    }
    return out;
}

std::string replace_all(std::string text, std::string_view from, std::string_view to) {
    for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
        text.replace(at, from.size(), to);
    return text;
}

namespace {

/// Bytes of the UTF-8 sequence at the beginning of text; 0 when it is none.
std::size_t sequence(std::string_view text, std::uint32_t& code) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(0);
    if (first < 0x80) return code = first, 1;
    const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
    code = first & (0xffU >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xc0) != 0x80) return 0;
        code = code << 6 | (byte(i) & 0x3fU);
    }
    const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
    const bool surrogate = code >= 0xd800 && code < 0xe000;
    return overlong || surrogate || code > 0x10ffff ? 0 : length;
}

/// What Python's str.isprintable() refuses, as far as it occurs in configuration: controls, format characters,
/// separators other than the blank, private use, non-characters.
bool printable(std::uint32_t code) {
    if (code < 0x20 || (code >= 0x7f && code <= 0xa0) || code == 0xad) return false;
    if (code == 0x1680 || (code >= 0x2000 && code <= 0x200f) || (code >= 0x2028 && code <= 0x202f)) return false;
    if ((code >= 0x205f && code <= 0x206f) || code == 0x3000 || code == 0xfeff) return false;
    if ((code >= 0xe000 && code <= 0xf8ff) || (code >= 0xfff0 && code <= 0xfffb)) return false;
    return (code & 0xfffe) != 0xfffe && code < 0xe0000;
}

}  // namespace

namespace {

/// Single quotes, unless only such are in the text.
char quote_of(std::string_view text) {
    return text.find('\'') != std::string_view::npos && text.find('"') == std::string_view::npos ? '"' : '\'';
}

/// False: c has no short escape.
bool append_escaped(std::string& out, char c, char quote) {
    switch (c) {
    case '\n': out += "\\n"; return true;
    case '\t': out += "\\t"; return true;
    case '\r': out += "\\r"; return true;
    default: break;
    }
    if (c != quote && c != '\\') return false;
    (out += '\\') += c;
    return true;
}

void append_number(std::string& out, const char* format, unsigned code) {
    char escape[12];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    std::snprintf(escape, sizeof escape, format, code);
#pragma GCC diagnostic pop
    out += escape;
}

}  // namespace

std::string python_repr(std::string_view text) {
    const char quote = quote_of(text);
    std::string out(1, quote);
    while (!text.empty()) {
        std::uint32_t code = 0;
        const std::size_t length = sequence(text, code);
        if (length == 0)  // an undecodable byte is what Python calls a surrogate escape
            append_number(out, "\\udc%02x", static_cast<unsigned char>(text.front()));
        else if (append_escaped(out, text.front(), quote))
            ;
        else if (!printable(code))
            append_number(out, code < 0x100 ? "\\x%02x" : code < 0x10000 ? "\\u%04x" : "\\U%08x", code);
        else
            out += text.substr(0, length);
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return out += quote;
}

std::string python_bytes_repr(std::string_view bytes) {
    const char quote = quote_of(bytes);
    std::string out{'b', quote};
    for (const char c : bytes) {
        if (append_escaped(out, c, quote)) continue;
        if (c < 0x20 || c == 0x7f)  // bytes from 0x80 on are negative
            append_number(out, "\\x%02x", static_cast<unsigned char>(c));
        else
            out += c;
    }
    return out += quote;
}

bool is_int(std::string_view text) {
    std::string_view digits = strip(text);
    if (digits.starts_with('-') || digits.starts_with('+')) digits.remove_prefix(1);
    if (digits.empty() || digits.front() == '_' || digits.back() == '_') return false;
    return digits.find("__") == std::string_view::npos && digits.find_first_not_of("0123456789_") == std::string_view::npos;
}

Result<std::int64_t> parse_int(std::string_view text) {
    if (!is_int(text)) return Error{concat("invalid literal for int() with base 10: ", python_repr(text))};
    const bool negative = strip(text).starts_with('-');
    std::int64_t number = 0;  // kept negative, where there is room for one more
    for (const char c : strip(text)) {
        if (c < '0' || c > '9') continue;
        if (__builtin_mul_overflow(number, 10, &number) || __builtin_sub_overflow(number, c - '0', &number))
            return Error{concat("number too large: ", python_repr(text))};
    }
    if (negative) return number;
    if (number == INT64_MIN) return Error{concat("number too large: ", python_repr(text))};
    return -number;
}

std::string padded(std::int64_t number, int width) {
    std::string digits = std::to_string(number);
    while (static_cast<int>(digits.size()) < width) digits.insert(digits.begin(), '0');
    return digits;
}

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        std::uint32_t code = 0;
        const std::size_t length = sequence(text, code);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

std::string to_utf8(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        std::uint32_t code = 0;
        const std::size_t length = sequence(text, code);
        if (length == 0)
            out += "\xef\xbf\xbd";
        else
            out += text.substr(0, length);
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return out;
}

std::size_t utf8_length(std::string_view text) {
    std::size_t count = 0;
    while (!text.empty()) {
        std::uint32_t code = 0;
        text.remove_prefix(std::max<std::size_t>(sequence(text, code), 1));
        ++count;
    }
    return count;
}

std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before(b.size() + 1), row(b.size() + 1), next(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        next[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            next[j] = std::min({row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                next[j] = std::min(next[j], before[j - 2] + 1);
        }
        before.swap(row);
        row.swap(next);
    }
    return row[b.size()];
}

}  // namespace base
