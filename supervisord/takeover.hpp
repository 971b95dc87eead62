// supervisord --takeover: a start in the place of one that runs and does not answer any more, with its programs.
#pragma once

#include <string>
#include <vector>

#include "common/base/result.hpp"
#include "supervisord/handover.hpp"

namespace launch {

/// What the one that has the table holds, by its names: nothing else can have it before.  The error: it is of another version.
[[nodiscard]] base::Result<std::vector<std::string>> held_by_other(const std::string& directory);

/// Asks the servers that it has, for up to 5 seconds each; when none answers, ends the keeper and the controller
/// that have the table of the runtime directory.  Returns what to log; nothing when there was none to end.
/// The error: it answers, or cannot be ended.
[[nodiscard]] base::Result<std::vector<Message>> take_over(const std::string& directory);

}  // namespace launch
