// UTF-8 as Python decodes it: what it says about bytes that are none, and the characters of valid text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace config {

struct Undecodable {
    std::size_t position;
    std::string message;  // 'utf-8' codec can't decode byte 0xe9 in position 41: invalid continuation byte
};
/// Nothing for valid text.
[[nodiscard]] std::optional<Undecodable> undecodable(std::string_view text);

/// The code points of valid UTF-8.
[[nodiscard]] std::u32string code_points(std::string_view text);
[[nodiscard]] std::string utf8(char32_t code);

/// Of how many bytes the whitespace is with which a text begins or ends; 0: that is something else.
[[nodiscard]] std::size_t leading_space(std::string_view text);
[[nodiscard]] std::size_t trailing_space(std::string_view text);
/// Without whitespace at its ends, also what is not ASCII.
[[nodiscard]] std::string_view strip(std::string_view text);
[[nodiscard]] std::string_view strip_right(std::string_view text);

}  // namespace config
