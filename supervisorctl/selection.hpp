// Which processes the words after `status` mean.  Pure.
#pragma once

#include <string>
#include <vector>

#include "supervisorctl/commands.hpp"
#include "supervisorctl/remote.hpp"

namespace supervisorctl {

/// No name at all, or "all" among them.
[[nodiscard]] bool names_everything(const Arguments& names);

struct Selection {
    std::vector<Process> processes;    // in the order of the names
    std::vector<std::string> unknown;  // a line for each name that fits nothing
};
[[nodiscard]] Selection select(const std::vector<Process>& all, const Arguments& names);

}  // namespace supervisorctl
