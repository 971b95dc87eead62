#include "common/api/xml_guard.hpp"

#include <charconv>

#include "common/base/text.hpp"

namespace api::xmlrpc {

namespace {

constexpr std::size_t longest_reference = 12;  // "&#x0010FFFF"

/// What stands between & and ;.
bool is_reference(std::string_view name) {
    for (const std::string_view known : {"lt", "gt", "amp", "quot", "apos"})
        if (name == known) return true;
    if (!name.starts_with('#')) return false;
    const bool hexadecimal = name.starts_with("#x");
    name.remove_prefix(hexadecimal ? 2 : 1);
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number, hexadecimal ? 16 : 10);
    return error == std::errc{} && end == name.data() + name.size() && is_xml_character(number);
}

/// Where the text goes on after what begins at the beginning and ends with an end; npos when it does not end.
std::size_t after(std::string_view text, std::size_t from, std::string_view end) {
    const auto found = text.find(end, from);
    return found == std::string_view::npos ? found : found + end.size();
}

/// What begins with <? at a place of a text: the declaration, which can only be its first word, or anything that is none.
/// Parsers look over a declaration that is not well-formed; Python's does not.
bool is_declaration_in_place(std::string_view text, std::size_t place, std::size_t end) {
    std::string_view rest = text.substr(place + 2, end - place - 4);
    if (base::lower(rest.substr(0, 3)) != "xml" || (rest.size() > 3 && !base::is_space(rest[3]))) return true;
    if (place != 0 || !rest.starts_with("xml")) return false;
    rest = base::strip(rest.substr(3));
    if (!rest.starts_with("version")) return false;
    rest = base::strip(rest.substr(7));
    if (!rest.starts_with('=')) return false;
    rest = base::strip(rest.substr(1));
    return rest.starts_with('"') || rest.starts_with('\'');  // of whatever version
}

bool has_only_characters(std::string_view text) {
    if (!base::is_utf8(text)) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        if (c < 0x20 && !is_xml_character(c)) return false;
        if (c == 0xEF && (text.substr(i, 3) == "\xEF\xBF\xBE" || text.substr(i, 3) == "\xEF\xBF\xBF")) return false;
    }
    return true;
}

}  // namespace

bool is_harmless_xml(std::string_view text) {
    if (!has_only_characters(text)) return false;
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // a byte order mark, as some clients send it
    std::size_t tags = 0;
    std::size_t i = 0;
    while ((i = text.find_first_of("<&", i)) != std::string_view::npos) {
        const std::string_view rest = text.substr(i, 9);
        if (text[i] == '&') {
            const auto end = text.find(';', i);
            if (end == std::string_view::npos || end - i > longest_reference) return false;
            if (!is_reference(text.substr(i + 1, end - i - 1))) return false;
            i = end + 1;
            continue;
        }
        if (++tags > most_tags) return false;
        if (rest.starts_with("<!--")) i = after(text, i + 4, "-->");
        else if (rest == "<![CDATA[") i = after(text, i + 9, "]]>");
        else if (rest.starts_with("<?")) {
            const auto end = after(text, i + 2, "?>");
            if (end == std::string_view::npos || !is_declaration_in_place(text, i, end)) return false;
            i = end;
        } else if (rest.starts_with("<!")) return false;
        else ++i;
        if (i == std::string_view::npos) return false;
    }
    return true;
}

}  // namespace api::xmlrpc
