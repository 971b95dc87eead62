// Tables as Supervisor prints them (compat/cli.md, section 2).  Scripts cut them by columns: not a blank may change.
// Pure: text in, text out.
#pragma once

#include <string>
#include <vector>

#include "supervisorctl/remote.hpp"

namespace supervisorctl {

/// One line for each process, in the given order; empty when there is none.
[[nodiscard]] std::string status_table(const std::vector<Process>& processes);
/// One line of `avail`, with its newline.
[[nodiscard]] std::string avail_line(const Configured& configured);
/// Down the columns first, as few lines as the width (in characters) allows; every line ends in a newline.
[[nodiscard]] std::string columns(const std::vector<std::string>& words, std::size_t width);

}  // namespace supervisorctl
