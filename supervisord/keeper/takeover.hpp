// What --takeover does to a supervisord that does not answer: whoever has its table is ended, and a start can go on with
// the programs as after the death of both.  Does not judge whether it answers.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "common/base/result.hpp"

namespace keeper {

/// What the supervisord whose table is there holds, by its names: "unix:/run/supervisor.sock".  Empty when there is none, or
/// it is of another version.
[[nodiscard]] std::vector<std::string> names_held(const std::string& directory);

/// Ends keeper and controller that have the table of this runtime directory locked: all of them stand still first, so that none
/// can take the place of another.  Returns the pids that it ended, none when nobody has it.  The error says whom it
/// could not end, within 10 seconds.
[[nodiscard]] base::Result<std::vector<pid_t>> end_owners(const std::string& directory);

}  // namespace keeper
