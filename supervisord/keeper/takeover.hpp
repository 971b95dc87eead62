// What --takeover does to a supervisord that does not answer: whoever has its table is ended, and a start can go on with
// the programs as after the death of both.  Does not judge whether it answers.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "common/base/fd.hpp"
#include "common/base/result.hpp"

namespace keeper {

/// One start that takes over at a time, else one of them ends what another has just begun.  It is its turn until the descriptor
/// is closed, which an execution does too; invalid where there is no such directory.  Waits for up to a minute, then the
/// error.
[[nodiscard]] base::Result<base::Fd> take_turn(const std::string& directory);

/// The supervisord that has the table of a runtime directory.
struct Incumbent {
    pid_t keeper = 0;                // 0: there is none; what follows means nothing then
    bool is_of_this_version = true;  // else the next is not to be had
    bool stands_still = false;       // its keeper has been stopped (SIGSTOP): nothing can be started and stopped
    std::vector<std::string> holds;  // by its names: "unix:/run/supervisor.sock"
};
[[nodiscard]] Incumbent find_incumbent(const std::string& directory);

/// Ends keeper and controller that have the table of this runtime directory locked: all of them stand still first, so that none
/// can take the place of another.  Returns the pids that it ended, none when nobody has it.  The error says whom it
/// could not end, within 10 seconds.
[[nodiscard]] base::Result<std::vector<pid_t>> end_owners(const std::string& directory);

}  // namespace keeper
