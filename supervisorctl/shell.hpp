// The interactive mode: a status, then commands until exit, the end of the input or Ctrl-C.
#pragma once

#include "supervisorctl/session.hpp"

namespace supervisorctl {

/// Its exit status is always 0, whatever the commands had.
void run_shell(Session& session);

}  // namespace supervisorctl
