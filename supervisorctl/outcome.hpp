// From what became of one process to the line and the exit status of start, stop, signal and clear (compat/cli.md,
// section 2).  One table.  Pure.
#pragma once

#include <optional>
#include <string>

#include "supervisorctl/remote.hpp"

namespace supervisorctl {

enum class Verb { start, stop, signal, clear };
[[nodiscard]] std::string_view name(Verb verb);

struct Report {
    std::string line;
    int exit_status = 0;  // 0: what it was before stands
};

/// Nothing: Supervisor has no words for this code.
[[nodiscard]] std::optional<Report> report(Verb verb, const Outcome& outcome);

}  // namespace supervisorctl
