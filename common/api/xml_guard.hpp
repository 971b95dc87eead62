// Looks at XML before it is parsed: pugixml takes what other parsers refuse, and allocates for each tag.  Pure.
#pragma once

#include <string_view>

namespace api::xmlrpc {

inline constexpr std::size_t most_tags = 200'000;

/// UTF-8, only characters and references that XML 1.0 allows, no document type, a modest number of tags.
[[nodiscard]] bool is_harmless_xml(std::string_view text);

/// A character that XML 1.0 allows.
[[nodiscard]] constexpr bool is_xml_character(char32_t c) {
    if (c < 0x20) return c == '\t' || c == '\n' || c == '\r';
    return c < 0xD800 || (c > 0xDFFF && c < 0xFFFE) || (c > 0xFFFF && c <= 0x10FFFF);
}

}  // namespace api::xmlrpc
