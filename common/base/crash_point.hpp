// Crash points: places where a fault-injection test may end this process, or make a step go half way.  In an ordinary
// build they are nothing at all; with -Dcrash_points=true each reads the file named by SUPERVISORD_CRASH_FILE, which
// holds lines of a name (or a beginning of names and "*") and a probability:
//     journal.spliced 0.01
//     rotation.* 0.5
// The first line that fits decides.  What happened is added to the file of that name with ".drawn" behind it, as a pid and
// a name.  Neither allocates nor keeps anything, so that it may stand between fork and exec.
#pragma once

namespace base {

namespace detail {
/// Draws lots for a name, from the file.
[[nodiscard]] bool is_drawn(const char* name);
/// SIGKILL for this process, as from outside.
void die_here();
}  // namespace detail

/// Whether a fault is to happen here: for faults other than sudden death, as a write that is cut short.
#ifdef CRASH_POINTS
[[nodiscard]] inline bool fault_here(const char* name) { return detail::is_drawn(name); }
inline void crash_point(const char* name) {
    if (detail::is_drawn(name)) detail::die_here();
}
#else
[[nodiscard]] inline bool fault_here(const char*) { return false; }
inline void crash_point(const char*) {}
#endif

}  // namespace base
