// Two clocks.  Deadlines are Time: CLOCK_MONOTONIC, which a restart of the controller does not move, a change of the
// wall clock does not move, and which stands still while the machine is suspended (a program that could not run has
// not had its stopwaitsecs).  What people read (start and stop times, log lines) is WallTime.
#pragma once

#include <chrono>
#include <cstdint>

namespace base {

using Time = std::chrono::steady_clock::time_point;
using WallTime = std::chrono::system_clock::time_point;

[[nodiscard]] inline Time now() { return std::chrono::steady_clock::now(); }
[[nodiscard]] inline WallTime wall_now() { return std::chrono::system_clock::now(); }

/// Whole seconds since the epoch.
[[nodiscard]] inline std::int64_t epoch_seconds(WallTime time) {
    return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

}  // namespace base
