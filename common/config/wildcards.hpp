// Names with *, ? and [...] in them, as Python's glob and fnmatch read them (compat/config.md, section 4.5): no classes such
// as [:digit:], [!x] and not [^x], characters and not bytes, ** the same as *, a dot at the beginning only by a dot.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace config {

[[nodiscard]] bool has_wildcards(std::string_view text);

/// Whether the whole name fits; slashes and dots are characters like others.
[[nodiscard]] bool fits(std::string_view pattern, std::string_view name);

/// The paths that there are, sorted by their bytes; that can be a link to nothing, or a directory.  One pattern of more than
/// PATH_MAX bytes fits nothing.
[[nodiscard]] std::vector<std::string> find_paths(std::string_view pattern);

}  // namespace config
