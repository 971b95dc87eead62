// status --watch: a live view on a terminal, and elsewhere a table each time that something has changed.  It goes on
// when supervisord goes away, and says so, until q or Ctrl-C.
#pragma once

#include "supervisorctl/commands.hpp"
#include "supervisorctl/remote.hpp"

namespace supervisorctl {

using PrintProcesses = void (*)(Session& session, const std::vector<Process>& processes);

/// `print` is for where there is no screen.
void watch(Session& session, const Arguments& names, PrintProcesses print);

}  // namespace supervisorctl
