// What a keeper does once, before its loop: descriptors, signals, limits, the pidfile.
#pragma once

#include <string>
#include <string_view>

#include "common/base/fd.hpp"
#include "supervisord/keeper/spawn.hpp"
#include "supervisord/keeper/table.hpp"

namespace keeper {

/// What the C library says of an errno, and the limit that it may be of: "Too many open files (RLIMIT_NOFILE is 40)".
[[nodiscard]] std::string explain(int error);

/// One CRIT line at the end of the activity log, for who has not opened it; "": there is none.
void log_problem(const char* logfile, std::string_view problem);

/// Every descriptor but 0, 1 and 2 is closed on exec from here on.
void close_all_on_exec();
/// The same file at first_free_fd or above; -1: errno.
[[nodiscard]] int move_up(int fd);
/// 0, 1 and 2 are open, if only on /dev/null.
[[nodiscard]] bool open_standard_descriptors();
/// 3 to first_free_fd - 1 are taken, so that nothing we hold gets such a number.  What was there is lost.
[[nodiscard]] bool reserve_low_descriptors();

/// All signals blocked and at their default; those we act on come through the descriptor.
[[nodiscard]] base::Fd take_signals();
/// As many descriptors as we may have, and to be killed last when memory is short; says what programs get.
[[nodiscard]] Original take_limits(rlimit nofile_of_programs);
/// Writes who and where we are: boot_id and PID namespace, for a table from elsewhere tells nothing.  False: where is
/// not to be had, and what was written stands; errno.
bool identify(Header& header);
/// Whether what it says of these is so here and now; unknown: errno.
enum class Origin { here, elsewhere, unknown };
[[nodiscard]] Origin origin_of(const Header& header);

/// By which what is held is known again: the name in the file system of a "unix:PATH", else the descriptor.
[[nodiscard]] std::uint32_t inode_of_held(std::string_view name, int fd);
/// What a controller has put under held_pidfile, else the fallback.
[[nodiscard]] std::string pidfile_path(const Header& header, const char* fallback);
/// By rename, so that nobody reads half a number; in place where that cannot be, but not through a symbolic link.
/// False: errno.
[[nodiscard]] bool write_pidfile(const char* path);
/// If it is still ours.
void remove_pidfile(const char* path);

/// A child of ours, by a signal.
[[nodiscard]] bool is_stopped(pid_t child);
/// By a debugger: it stands still, and does not hang.
[[nodiscard]] bool is_traced(pid_t pid);

[[nodiscard]] Instant now();

}  // namespace keeper
