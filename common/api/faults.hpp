// Faults of the RPC interface: codes and names of compat/rpc.md, section 3.  A fault's text is NAME or NAME: detail.
#pragma once

#include <string>
#include <string_view>

namespace api {

enum class Fault {
    unknown_method = 1,
    incorrect_parameters = 2,
    bad_arguments = 3,
    signature_unsupported = 4,
    shutdown_state = 6,
    bad_name = 10,
    bad_signal = 11,
    no_file = 20,
    not_executable = 21,
    failed = 30,
    abnormal_termination = 40,
    spawn_error = 50,
    already_started = 60,
    not_running = 70,
    success = 80,
    already_added = 90,
    still_running = 91,
    cant_reread = 92,
};

struct FaultRow {
    Fault fault;
    std::string_view name;
    std::string_view doc;
};

inline constexpr FaultRow faults[] = {
    {Fault::unknown_method, "UNKNOWN_METHOD", "there is no such method"},
    {Fault::incorrect_parameters, "INCORRECT_PARAMETERS", "the number or the types of the parameters are wrong"},
    {Fault::bad_arguments, "BAD_ARGUMENTS", "a parameter has a value that makes no sense"},
    {Fault::signature_unsupported, "SIGNATURE_UNSUPPORTED", "system.methodHelp or methodSignature of an unknown method"},
    {Fault::shutdown_state, "SHUTDOWN_STATE", "supervisord is shutting down or restarting"},
    {Fault::bad_name, "BAD_NAME", "there is no such process or group"},
    {Fault::bad_signal, "BAD_SIGNAL", "there is no such signal"},
    {Fault::no_file, "NO_FILE", "the file or the command does not exist"},
    {Fault::not_executable, "NOT_EXECUTABLE", "the command cannot be executed"},
    {Fault::failed, "FAILED", "the system refused; the text says what"},
    {Fault::abnormal_termination, "ABNORMAL_TERMINATION", "the process ended before it had started"},
    {Fault::spawn_error, "SPAWN_ERROR", "the process could not be started, or ended too quickly"},
    {Fault::already_started, "ALREADY_STARTED", "the process is starting, running or about to be tried again"},
    {Fault::not_running, "NOT_RUNNING", "there is no process to stop or to signal"},
    {Fault::success, "SUCCESS", "only in arrays of results"},
    {Fault::already_added, "ALREADY_ADDED", "the group is active already"},
    {Fault::still_running, "STILL_RUNNING", "a process of the group is not stopped"},
    {Fault::cant_reread, "CANT_REREAD", "the configuration is not valid; the text says why"},
};

[[nodiscard]] constexpr std::string_view name(Fault fault) {
    for (const auto& row : faults)
        if (row.fault == fault) return row.name;
    return "UNKNOWN_METHOD";
}

[[nodiscard]] constexpr int code(Fault fault) { return static_cast<int>(fault); }

/// What a method answers instead of a result.
struct Refusal {
    Fault fault = Fault::failed;
    std::string detail;

    [[nodiscard]] std::string text() const {
        std::string out(name(fault));
        // These always repeat what they were given, be it nothing.
        const bool repeats = fault == Fault::bad_name || fault == Fault::bad_signal;
        if (repeats || !detail.empty()) out += ": " + detail;
        return out;
    }
};

}  // namespace api
