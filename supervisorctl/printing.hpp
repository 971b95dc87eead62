// Tables as Supervisor prints them (compat/cli.md, section 2).  Scripts cut them by columns: not a blank may change.
// Pure: text in, text out.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "supervisorctl/remote.hpp"

namespace supervisorctl {

/// What a server or a program says of itself must not command a terminal: control characters are shown as "?", but for
/// those that are kept.
[[nodiscard]] std::string harmless(std::string_view text, std::string_view kept = {});
/// The same for JSON, which can say such characters: they are escaped, and what it says stays what it is.
[[nodiscard]] std::string harmless_json(std::string_view json);

/// One line for each process, in the given order; empty when there is none.  A colour is that of a whole line, so that
/// what stands between its ends is the same with and without.
[[nodiscard]] std::string status_table(const std::vector<Process>& processes, bool coloured = false);
/// The same, each with its tree below it: a line for each process, indented below its parent.
[[nodiscard]] std::string tree_table(const std::vector<Process>& processes, const std::vector<Descendant>& trees, bool coloured);
/// What a terminal is told before a line with such a state; empty: nothing.
[[nodiscard]] std::string_view colour_of(int state);
/// One line of `avail`, with its newline.
[[nodiscard]] std::string avail_line(const Configured& configured);

using Member = std::pair<std::string_view, std::variant<std::string, std::int64_t>>;
/// JSON of texts and numbers, in one line without its end.
[[nodiscard]] std::string json_object(const std::vector<Member>& members);
/// The object with one more member, whose value is JSON.
[[nodiscard]] std::string with_member(std::string object, std::string_view name, std::string_view value);
/// An array with one element (which is JSON) a line, and its newline.
[[nodiscard]] std::string json_array(const std::vector<std::string>& elements);
/// {"added": [...], "changed": [...], "removed": [...]} with its newline.
[[nodiscard]] std::string json_of(const Changes& changes);

/// The first characters that fit into so many columns; what would move the cursor is shown as "?".
[[nodiscard]] std::string shortened(std::string_view text, std::size_t width);
/// Down the columns first, as few lines as the width (in characters) allows; every line ends in a newline.
[[nodiscard]] std::string columns(const std::vector<std::string>& words, std::size_t width);

}  // namespace supervisorctl
