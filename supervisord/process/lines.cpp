#include "supervisord/process/lines.hpp"

#include <algorithm>

#include "common/base/signals.hpp"
#include "common/base/text.hpp"
#include "supervisord/process/description.hpp"

namespace process {

using base::concat;
using config::LogLevel;

namespace {

/// "SIGTERM", "SIGRTMIN+3"; Supervisor can send none of those that it has no name for.
std::string sent(int number) { return number == 0 ? base::signal_name(0) : concat("SIG", base::signal_word(number)); }

}  // namespace

Entry entered_running(std::string_view name, std::int64_t startsecs) {
    return {LogLevel::info, concat("success: ", name, " entered RUNNING state, process has stayed up for > than ",
                                   startsecs, " seconds (startsecs)")};
}

Entry gave_up(std::string_view name) {
    return {LogLevel::info, concat("gave up: ", name, " entered FATAL state, too many start retries too quickly")};
}

Entry exited(std::string_view name, int status, bool expected) {
    return {expected ? LogLevel::info : LogLevel::warn,
            concat("exited: ", name, " (", exit_text(status), expected ? "; expected)" : "; not expected)")};
}

Entry stopped(std::string_view name, int status, std::span<const int> exitcodes) {
    const int code = exit_code(status);
    const bool expected = code >= 0 && std::ranges::count(exitcodes, code) > 0;
    return {expected ? LogLevel::info : LogLevel::warn, concat("stopped: ", name, " (", exit_text(status), ")")};
}

Entry killing(std::string_view name, pid_t pid) {
    return {LogLevel::warn, concat("killing '", name, "' (", pid, ") with SIGKILL")};
}

Entry leaving_remains(std::string_view name, pid_t pid) {
    return {LogLevel::warn, concat("what is left of the process group of '", name, "' (", pid,
                                   ") does not end with SIGKILL; going on without waiting for it")};
}

Entry killing_remains(std::string_view name, pid_t pid) {
    return {LogLevel::info, concat("killing what is left of the process group of '", name, "' (", pid, ") with SIGKILL")};
}

Entry spawned(std::string_view name, pid_t pid) {
    return {LogLevel::info, concat("spawned: '", name, "' with pid ", pid)};
}

Entry spawn_failed(std::string_view spawnerr) { return {LogLevel::info, concat("spawnerr: ", spawnerr)}; }

Entry already_running(std::string_view name) { return {LogLevel::warn, concat("process '", name, "' already running")}; }

Entry signalling(std::string_view name, pid_t pid, int number, bool group) {
    return {LogLevel::debug, concat("killing ", name, " (pid ", pid, group ? ") process group with signal " : ") with signal ",
                                    sent(number))};
}

Entry sending(std::string_view name, pid_t pid, int number) {
    return {LogLevel::debug, concat("sending ", name, " (pid ", pid, ") sig ", sent(number))};
}

Entry stop_in_backoff(std::string_view name) {
    return {LogLevel::debug, concat("Attempted to kill ", name, ", which is in BACKOFF state.")};
}

Entry stop_without_process(std::string_view name, int number) {
    return {LogLevel::debug, concat("attempted to kill ", name, " with sig ", sent(number), " but it wasn't running")};
}

Entry signal_without_process(std::string_view name, int number) {
    return {LogLevel::debug, concat("attempted to send ", name, " sig ", sent(number), " but it wasn't running")};
}

Entry just_exited(std::string_view name, pid_t pid, std::string_view reason) {
    return {LogLevel::debug,
            concat("unable to signal ", name, " (pid ", pid, "), it probably just exited on its own: ", reason)};
}

Entry signalled_too_late(std::string_view name, pid_t pid, std::string_view reason) {
    return {LogLevel::debug, concat("unable to signal ", name, " (pid ", pid, "), it just now exited on its own: ", reason)};
}

Entry cannot_stop(std::string_view name, pid_t pid, std::string_view reason) {
    return {LogLevel::critical, concat("unknown problem killing ", name, " (", pid, "):", reason)};
}

Entry cannot_signal(std::string_view name, pid_t pid, std::string_view reason) {
    return {LogLevel::critical, concat("unknown problem sending sig ", name, " (", pid, "):", reason)};
}

Entry waiting_to_stop(std::string_view name) { return {LogLevel::info, concat("waiting for ", name, " to stop")}; }

Entry waiting_to_die(const std::vector<std::string>& names) {
    return {LogLevel::info, concat("waiting for ", base::join(names, ", "), " to die")};
}

Entry state_at_shutdown(std::string_view name, std::string_view state) {
    return {LogLevel::blather, concat(name, " state: ", state)};
}

Entry output(std::string_view name, std::string_view channel, std::string_view bytes) {
    return {LogLevel::debug, concat("'", name, "' ", channel, " output:\n",
                                    base::is_utf8(bytes) ? std::string(bytes)
                                                         : concat("Undecodable: ", base::python_bytes_repr(bytes)))};
}

Entry protocol_output(std::string_view name, std::string_view bytes) {
    return {LogLevel::debug, concat("'", name, "' stdout output:\n", base::python_bytes_repr(bytes))};
}

Entry comm_event(std::string_view name, std::string_view channel) {
    return {LogLevel::debug, concat("'", name, "' ", channel, " emitted a comm event")};
}

namespace {

std::string text_of(const Dispatcher& it) {
    const auto number = [](const void* address) { return reinterpret_cast<std::uintptr_t>(address); };
    return concat(it.of_protocol ? "<PEventListenerDispatcher at " : "<POutputDispatcher at ", number(it.address), " for <Subprocess at ",
                  number(it.process), " with name ", it.name, " in state ", it.state, "> (", it.channel, ")>");
}

}  // namespace

Entry read_event(const Dispatcher& by) { return {LogLevel::blather, concat("read event caused by ", text_of(by))}; }

Entry stopped_monitoring(const Dispatcher& by, int fd) {
    return {LogLevel::debug, concat("fd ", fd, " closed, stopped monitoring ", text_of(by))};
}

Entry reaped_unknown(pid_t pid, int status) {
    return {LogLevel::info, concat("reaped unknown pid ", pid, " (", exit_text(status), ")")};
}

std::string too_many_files(std::string_view name) { return concat("too many open files to spawn '", name, "'"); }

std::string cannot_open_outputs(std::string_view name, std::string_view error) {
    return concat("unknown error making dispatchers for '", name, "': ", error);
}

std::string too_many_processes(std::string_view name) {
    return concat("Too many processes in process table to spawn '", name, "'");
}

std::string cannot_fork(std::string_view name, std::string_view error) {
    return concat("unknown error during fork for '", name, "': ", error);
}

}  // namespace process
