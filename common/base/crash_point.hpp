// Fault injection: a named place where a test may end this process as `kill -9` would, between any two instructions.
// Without -Dcrash_points=true it compiles to nothing.  With it, the environment says what happens, as
// "name:probability,name:probability": SUPERVISORD_CRASH itself, or the file that SUPERVISORD_CRASH_FILE names, which is
// read anew at each point, so that a test can change its mind while everything runs.  Programs never see either.
#pragma once

#include <string_view>

namespace base {

#ifdef CRASH_POINTS
/// Ends the process with SIGKILL, with the probability that stands beside the name.
void crash_point(std::string_view name);
#else
inline void crash_point(std::string_view) {}
#endif

}  // namespace base
