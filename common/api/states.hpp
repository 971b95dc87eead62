// States that clients see: of a process and of supervisord (compat/process.md, section 1; compat/signals.md,
// section 2).  Names and codes never grow: monitoring tools fail on one that they do not know (ecosystem.md).
#pragma once

#include <optional>
#include <string_view>

namespace api {

enum class State { stopped = 0, starting = 10, running = 20, backoff = 30, stopping = 40, exited = 100, fatal = 200, unknown = 1000 };

inline constexpr State states[] = {State::stopped,  State::starting, State::running, State::backoff,
                                   State::stopping, State::exited,   State::fatal,   State::unknown};

[[nodiscard]] constexpr std::string_view name(State state) {
    switch (state) {
        case State::stopped: return "STOPPED";
        case State::starting: return "STARTING";
        case State::running: return "RUNNING";
        case State::backoff: return "BACKOFF";
        case State::stopping: return "STOPPING";
        case State::exited: return "EXITED";
        case State::fatal: return "FATAL";
        case State::unknown: return "UNKNOWN";
    }
    return "UNKNOWN";
}

[[nodiscard]] constexpr int code(State state) { return static_cast<int>(state); }

/// STOPPED, EXITED, FATAL, UNKNOWN: no process, nor will there be one by itself.
[[nodiscard]] constexpr bool is_stopped(State state) {
    return state == State::stopped || state == State::exited || state == State::fatal || state == State::unknown;
}
/// STARTING, RUNNING, BACKOFF: can be stopped.
[[nodiscard]] constexpr bool is_up(State state) {
    return state == State::starting || state == State::running || state == State::backoff;
}
/// STARTING, RUNNING, STOPPING: there is a process to signal.
[[nodiscard]] constexpr bool is_signallable(State state) {
    return state == State::starting || state == State::running || state == State::stopping;
}

/// What supervisord is about to do with everything ("mood" in Supervisor).
enum class Mood { running = 1, restarting = 0, shutdown = -1 };

[[nodiscard]] constexpr std::string_view name(Mood mood) {
    switch (mood) {
        case Mood::running: return "RUNNING";
        case Mood::restarting: return "RESTARTING";
        case Mood::shutdown: return "SHUTDOWN";
    }
    return "RUNNING";
}

}  // namespace api
