// Names with "*", "?" or "[...]": every process that they fit.  A process that has such a name itself comes first, and
// "group:*" is no pattern: it is the group.  Pure.
#pragma once

#include "supervisorctl/commands.hpp"
#include "supervisorctl/remote.hpp"

namespace supervisorctl {

[[nodiscard]] bool is_pattern(std::string_view name);

/// Each pattern replaced by the names that it fits: "web-*" those of processes, "web*:*" those of groups.  One that fits
/// nothing stays, and is a name that there is not.
[[nodiscard]] Arguments expand_patterns(const Arguments& names, const std::vector<Process>& processes);

/// Asks for the processes when there is a pattern among the names.
[[nodiscard]] Arguments expand_patterns(Session& session, Arguments names);

}  // namespace supervisorctl
