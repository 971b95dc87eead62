// How a controller ends that cannot go on, and whom it tells why.  Nothing is undone: programs live on, and the next
// controller carries on with them.
#pragma once

#include <string_view>

namespace control_role {

/// Says why on stderr; the exit status.
int fail(std::string_view message);

/// Before there is an activity log in this process: in the background stderr is nowhere, so also in the log's file.
int fail_to_begin(std::string_view message);

/// For std::set_terminate.  A shortage is no defect of ours: what it ends is not taken for a crash (keeper/restarts.hpp),
/// which the notes might be the reason of.
[[noreturn]] void end_for_exception() noexcept;

}  // namespace control_role
