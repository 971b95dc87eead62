// What people read about a process: the description of its state, and how it ended.  Texts of compat/process.md,
// sections 7 and 8.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>

#include "common/api/states.hpp"

namespace process {

struct Facts {
    api::State state = api::State::stopped;
    std::string_view name;
    pid_t pid = 0;
    std::int64_t started = 0;   // epoch seconds; 0: never
    std::tm stopped_local{};    // the last end, in local time; that of 0 when there was none
    std::string_view spawnerr;  // empty: none
};

[[nodiscard]] std::string description(const Facts& facts, std::int64_t now);

/// "0:03:12", "1 day, 2:00:00"; what lies in the future has an uptime of nothing.
[[nodiscard]] std::string uptime(std::int64_t seconds);

/// "Jan 05 12:07 AM", in English whatever the locale.
[[nodiscard]] std::string moment(const std::tm& local);

/// Of a status of wait(2): "exit status 1", "terminated by SIGSEGV (core dumped)".
[[nodiscard]] std::string exit_text(int status);
/// In place of a wait status: nobody could tell how it ended, for its parent was killed.  Its exit code counts as -1.
inline constexpr int unknown_status = -1;
/// Of a status of wait(2): the exit code, -1 for a signal.
[[nodiscard]] int exit_code(int status);

/// spawnerr of a process that ended before startsecs, or with a code that is none of exitcodes.
inline constexpr std::string_view exited_too_quickly = "Exited too quickly (process log may have details)";
[[nodiscard]] std::string bad_exit_code(int code);

}  // namespace process
