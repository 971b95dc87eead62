// The exit statuses of supervisorctl: those that the Linux Standard Base has for init scripts (compat/cli.md, end of
// section 2).  Scripts compare them.
#pragma once

namespace supervisorctl::exit_status {

inline constexpr int success = 0;
inline constexpr int generic = 1;
inline constexpr int invalid_arguments = 2;
inline constexpr int unimplemented = 3;
inline constexpr int insufficient_privileges = 4;
inline constexpr int not_installed = 5;
inline constexpr int not_running = 7;

// Of `status` alone.
inline constexpr int something_is_down = 3;
inline constexpr int unknown = 4;

}  // namespace supervisorctl::exit_status
