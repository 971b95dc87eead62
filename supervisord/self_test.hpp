// The self-test: a new version of this program says whether it can go on where the running one is.  It is executed by
// the keeper of the running one, with copies of all that a controller is born with (keeper/message.hpp), and changes
// nothing but these.
#pragma once

#include <string_view>

namespace control_role {

// What it writes to standard output, line by line.  Only the verdict counts as a yes: another program may end with 0 too.
inline constexpr std::string_view self_test_verdict = "supervisord can go on";
inline constexpr std::string_view self_test_refusal = "cannot go on: ";
inline constexpr std::string_view self_test_warning = "warning: ";

/// The exit status: 0 beside the verdict.
[[nodiscard]] int self_test();

}  // namespace control_role
