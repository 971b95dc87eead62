// The answer to supervisor.getAllProcessInfo in JSON, without a tree of values between the text and the processes: most
// of what `status` of many processes costs would be that tree.  Pure.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "supervisorctl/remote.hpp"

namespace supervisorctl {

/// Without their JSON.  Nothing: it is something else, an error for instance; read_answer() can say what.
[[nodiscard]] std::optional<std::vector<Process>> read_processes(std::string_view answer);

}  // namespace supervisorctl
