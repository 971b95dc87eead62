// Text: what every part needs of strings.  Bytes, not characters, unless a name says utf8.  Whitespace is what
// Python's str.strip() takes off in ASCII text, because the files and messages that we are compatible with were
// defined by it.  Does not format: concat() joins what it is given.
#pragma once

#include <charconv>
#include <cstdint>
#include <concepts>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"

namespace base {

namespace detail {
inline void append(std::string& out, std::string_view text) { out.append(text); }
inline void append(std::string& out, char c) { out.push_back(c); }
void append_integer(std::string& out, std::int64_t number);
void append_integer(std::string& out, std::uint64_t number);
template <std::signed_integral T>
void append(std::string& out, T number) { append_integer(out, static_cast<std::int64_t>(number)); }
template <std::unsigned_integral T>
void append(std::string& out, T number) { append_integer(out, static_cast<std::uint64_t>(number)); }
}  // namespace detail

/// Joins texts and integers into one string.
template <class... Parts>
[[nodiscard]] std::string concat(const Parts&... parts) {
    std::string out;
    (detail::append(out, parts), ...);
    return out;
}

[[nodiscard]] bool is_space(char c);
[[nodiscard]] std::string_view strip(std::string_view text);
[[nodiscard]] std::string_view strip_right(std::string_view text);
[[nodiscard]] std::string lower(std::string_view text);
[[nodiscard]] std::string upper(std::string_view text);
/// The pieces between separators; an empty text is one empty piece.
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);
/// The words between any amounts of whitespace; none is empty.
[[nodiscard]] std::vector<std::string_view> words(std::string_view text);
[[nodiscard]] std::string join(const std::vector<std::string>& parts, std::string_view separator);
[[nodiscard]] std::string replace_all(std::string text, std::string_view from, std::string_view to);

/// As Python's repr() of a str writes it: compat/config.md, head ("Python repr").  The text is taken as UTF-8.
[[nodiscard]] std::string python_repr(std::string_view text);

/// As Python's repr() of bytes: b'bad\xff\n'.
[[nodiscard]] std::string python_bytes_repr(std::string_view bytes);

/// As Python's int(text, 10): surrounding whitespace, a sign, digits with single underscores between them.
/// The error is Python's: invalid literal for int() with base 10: 'abc'.
[[nodiscard]] Result<std::int64_t> parse_int(std::string_view text);
/// Whether it is a number for that, however large.
[[nodiscard]] bool is_int(std::string_view text);

/// Decimal digits only, no sign, nothing around them; for protocols.
template <std::integral T>
[[nodiscard]] bool parse_digits(std::string_view text, T& number) {
    if (text.empty() || text.front() == '-') return false;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size();
}

/// Zero-padded to a width: 7, 2 -> "07".
[[nodiscard]] std::string padded(std::int64_t number, int width);

[[nodiscard]] bool is_utf8(std::string_view text);
/// The same text with each invalid sequence replaced by U+FFFD.
[[nodiscard]] std::string to_utf8(std::string_view text);
/// Characters, not bytes; invalid bytes count one each.
[[nodiscard]] std::size_t utf8_length(std::string_view text);

/// Edits (insert, delete, change, swap) between two words; for "did you mean".
[[nodiscard]] std::size_t distance(std::string_view a, std::string_view b);

}  // namespace base
