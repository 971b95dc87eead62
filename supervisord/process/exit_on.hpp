// exit_on=: supervisord ends when its programs do, with the exit code of the one that matters, as whoever runs a
// container wants it.  Pure: what all processes are at a moment goes in.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "common/api/states.hpp"

namespace process {

struct Fate {
    std::string_view group, name;
    api::State state = api::State::stopped;
    int status = 0;            // of wait(2), of its last end; unknown_status
    bool is_listener = false;  // serves the others: does not keep supervisord, nor end it but by its name or as FATAL
    bool ever_started = true;
};

struct Ending {
    int code = 0;     // of supervisord: that of the program; 128 and the number of the signal that ended it; 1 where
                      // it is not known, or a program could not be kept running though its code was 0
    std::string why;  // "web ended (exit status 3)", for the activity log
};

/// Whether it is time.  A process has ended when it is EXITED or FATAL: not while it is to be started again, and not by
/// a stop, which somebody asked for.
///   fatal       one is FATAL
///   all-exited  all that were ever started have ended, and one at least has; the first code that is not 0 counts
///   NAME        that process has ended, or all of that group: GROUP, PROCESS or GROUP:PROCESS
[[nodiscard]] std::optional<Ending> time_to_end(std::span<const std::string> wanted, std::span<const Fate> fates);

}  // namespace process
