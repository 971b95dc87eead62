// `command` as the words that a program is started with.  Does not look for the program (supervisord/process/command.hpp).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"

namespace config {

/// The words of a command line by the rules of POSIX shells for quotes and backslashes, and no others: nothing is
/// expanded, nothing is a comment.  The error is "No closing quotation" or "No escaped character".
[[nodiscard]] base::Result<std::vector<std::string>> split_command(std::string_view command);

}  // namespace config
