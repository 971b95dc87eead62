// Lines of the activity log that tell of processes, to the letter of compat/logging.md, section 1.3.  Each with the
// level that it is written at.  Does not write them.
#pragma once

#include <sys/types.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/config/model.hpp"

namespace process {

struct Entry {
    config::LogLevel level = config::LogLevel::info;
    std::string text;

    bool operator==(const Entry&) const = default;
};

// Lines of machine.hpp.
[[nodiscard]] Entry entered_running(std::string_view name, std::int64_t startsecs);
[[nodiscard]] Entry gave_up(std::string_view name);
[[nodiscard]] Entry exited(std::string_view name, int status, bool expected);
/// A warning when the code is none of exitcodes.
[[nodiscard]] Entry stopped(std::string_view name, int status, std::span<const int> exitcodes);
[[nodiscard]] Entry killing(std::string_view name, pid_t pid);
/// Our own.
[[nodiscard]] Entry killing_remains(std::string_view name, pid_t pid);
[[nodiscard]] Entry leaving_remains(std::string_view name, pid_t pid);

// Starting.
[[nodiscard]] Entry spawned(std::string_view name, pid_t pid);
[[nodiscard]] Entry spawn_failed(std::string_view spawnerr);
[[nodiscard]] Entry already_running(std::string_view name);

// Signals; for every one that is sent, the SIGKILL of `killing` too.
[[nodiscard]] Entry signalling(std::string_view name, pid_t pid, int number, bool group);  // to stop it
[[nodiscard]] Entry sending(std::string_view name, pid_t pid, int number);                 // asked for by a user
[[nodiscard]] Entry stop_in_backoff(std::string_view name);
[[nodiscard]] Entry stop_without_process(std::string_view name, int number);
[[nodiscard]] Entry signal_without_process(std::string_view name, int number);
// The process was gone: when it was to be stopped, and when a user signalled it.
[[nodiscard]] Entry just_exited(std::string_view name, pid_t pid, std::string_view reason);
[[nodiscard]] Entry signalled_too_late(std::string_view name, pid_t pid, std::string_view reason);
[[nodiscard]] Entry cannot_stop(std::string_view name, pid_t pid, std::string_view reason);
[[nodiscard]] Entry cannot_signal(std::string_view name, pid_t pid, std::string_view reason);

// Waiting.
[[nodiscard]] Entry waiting_to_stop(std::string_view name);
[[nodiscard]] Entry waiting_to_die(const std::vector<std::string>& names);
[[nodiscard]] Entry state_at_shutdown(std::string_view name, std::string_view state);

/// What a process wrote, for those who log at debug; bytes that are no UTF-8 as Python shows them.
[[nodiscard]] Entry output(std::string_view name, std::string_view channel, std::string_view bytes);

/// What an event listener says to supervisord, always as Python shows bytes.
[[nodiscard]] Entry protocol_output(std::string_view name, std::string_view bytes);
[[nodiscard]] Entry comm_event(std::string_view name, std::string_view channel);

/// As Supervisor names what reads an output; the addresses carry no meaning.
struct Dispatcher {
    const void* address = nullptr;
    const void* process = nullptr;
    std::string_view name, state, channel;
    bool of_protocol = false;  // the stdout of a listener
};
[[nodiscard]] Entry read_event(const Dispatcher& by);
[[nodiscard]] Entry stopped_monitoring(const Dispatcher& by, int fd);

[[nodiscard]] Entry reaped_unknown(pid_t pid, int status);

// spawnerr of what goes wrong before there is a child; `error` is the name of an errno.
[[nodiscard]] std::string too_many_files(std::string_view name);
[[nodiscard]] std::string cannot_open_outputs(std::string_view name, std::string_view error);
[[nodiscard]] std::string too_many_processes(std::string_view name);
[[nodiscard]] std::string cannot_fork(std::string_view name, std::string_view error);

}  // namespace process
