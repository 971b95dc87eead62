#include "common/config/lines.hpp"

#include <algorithm>

#include "common/base/text.hpp"
#include "common/config/utf8.hpp"

namespace config::ini {

namespace {

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

/// In characters.
std::size_t indent_of(std::string_view text) {
    std::size_t count = 0;
    for (; const auto size = leading_space(text); ++count) text.remove_prefix(size);
    return count;
}

/// Where the earliest ";" or "#" stands that is at the beginning or behind whitespace.
std::size_t comment_in(std::string_view text) {
    for (std::size_t at = 0; (at = text.find_first_of(";#", at)) != std::string_view::npos; ++at)
        if (at == 0 || trailing_space(text.substr(0, at)) != 0) return at;
    return std::string_view::npos;
}

/// Whether inih takes the text as it stands.  It ends values at a NUL, skips a byte order mark and sees a section in
/// a "[".
bool plain(std::string_view text) {
    if (text.starts_with('[') || text.starts_with(byte_order_mark)) return false;
    return std::none_of(text.begin(), text.end(), [](char c) { return c >= 0 && c < ' ' && c != '\t'; });
}

}  // namespace

Lines::Lines(std::string_view text) : rest_(text) {
    if (rest_.starts_with(byte_order_mark)) rest_.remove_prefix(byte_order_mark.size());
}

Lines::Physical Lines::take() {
    ++number_;
    const auto end = rest_.find_first_of("\r\n");
    Physical line{rest_.substr(0, end), end != std::string_view::npos};
    if (!line.ended) return rest_ = {}, line;
    rest_.remove_prefix(rest_.substr(end).starts_with("\r\n") ? end + 2 : end + 1);
    return line;
}

std::optional<std::string> Lines::next(std::size_t room) {
    while (!rest_.empty()) {
        const Physical physical = take();
        const auto comment = comment_in(physical.text);
        const std::string_view text = strip(physical.text.substr(0, comment));
        const Bad as_it_stands{number_, base::concat(physical.text, physical.ended ? "\n" : "")};

        line_ = {Line::Kind::continuation, number_, comment != std::string_view::npos, physical.text, {}, text};
        if (text.empty()) {
            if (open_ && comment == std::string_view::npos) return base::concat(" ", mark);
            continue;
        }

        const std::size_t indent = indent_of(physical.text);
        if (open_ && indent > indent_)
            return base::concat(" ", plain(text) && text.size() + 2 < room ? text : mark);
        indent_ = indent;

        if (const auto end = text.rfind(']'); text.starts_with('[') && end != std::string_view::npos && end > 1) {
            line_.kind = Line::Kind::header;
            line_.name = text.substr(1, end - 1);
            open_ = false;
            return base::concat('[', sections_++, ']');
        }
        if (sections_ == 0) {
            headless_ = as_it_stands;
            return std::nullopt;
        }
        const auto delimiter = text.find_first_of("=:");
        if (delimiter != std::string_view::npos && delimiter != 0) return option(text, delimiter, room);
        if (delimiter == 0) open_ = false;  // an option, if a nameless one; without "=" the one before stays open
        bad_.push_back(as_it_stands);
    }
    return std::nullopt;
}

std::string Lines::option(std::string_view text, std::size_t delimiter, std::size_t room) {
    line_.kind = Line::Kind::option;
    line_.name = strip_right(text.substr(0, delimiter));
    line_.value = strip(text.substr(delimiter + 1));
    open_ = true;
    if (plain(text) && text.size() + 1 < room) return base::concat(line_.name, '=', line_.value);
    const bool short_name = plain(line_.name) && line_.name.size() + 3 < room;
    return base::concat(short_name ? line_.name : mark, '=', mark);
}

}  // namespace config::ini
