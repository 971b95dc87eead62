#include "common/api/names.hpp"
#include "supervisord/log/tail.hpp"
#include "supervisord/rpc/methods.hpp"
#include "supervisord/rpc/selection.hpp"

namespace rpc {

namespace {

api::Refusal refusal(const logs::CannotRead& reason) {
    switch (reason.why) {
        case logs::CannotRead::Why::bad_arguments: return {api::Fault::bad_arguments, {}};
        case logs::CannotRead::Why::no_file: return {api::Fault::no_file, reason.detail};
        case logs::CannotRead::Why::failed: break;
    }
    return {api::Fault::failed, reason.detail};
}

/// An empty path: there is no such log.
Returned<std::string> read(const std::string& path, std::int64_t offset, std::int64_t length) {
    if (path.empty()) return api::Refusal{api::Fault::no_file, {}};
    logs::LogPiece piece = logs::read_log(path, offset, length);
    if (const auto* reason = std::get_if<logs::CannotRead>(&piece)) return refusal(*reason);
    return std::get<std::string>(std::move(piece));
}

Returned<std::string> read(Supervisor& supervisor, const std::string& name, control::Channel channel,
                           std::int64_t offset,
                           std::int64_t length) {
    const control::Process* process = find_process(supervisor, name);
    if (!process) return api::Refusal{api::Fault::bad_name, name};
    return read(process->logfile(channel), offset, length);
}

Returned<Tail> tail(Supervisor& supervisor, const std::string& name, control::Channel channel, std::int64_t offset,
                    std::int64_t length) {
    const control::Process* process = find_process(supervisor, name);
    if (!process) return api::Refusal{api::Fault::bad_name, name};
    const std::string path = process->logfile(channel);
    if (path.empty()) return Tail{};
    logs::Tail tail = logs::tail_log(path, offset, length);
    return Tail{std::move(tail.bytes), tail.offset, tail.overflow};
}

}  // namespace

Returned<std::string> read_log(Supervisor& supervisor, std::int64_t offset, std::int64_t length) {
    const std::string path = supervisor.logfile();
    if (path.empty()) return api::Refusal{api::Fault::no_file, "syslog"};  // which Supervisor takes for the name of the file
    return read(path, offset, length);
}

Returned<bool> clear_log(Supervisor& supervisor) {
    if (control::Outcome outcome = supervisor.clear_log()) return *std::move(outcome);
    return true;
}

Returned<std::string> read_process_stdout_log(Supervisor& supervisor, const std::string& name, std::int64_t offset,
                                              std::int64_t length) {
    return read(supervisor, name, control::Channel::out, offset, length);
}

Returned<std::string> read_process_stderr_log(Supervisor& supervisor, const std::string& name, std::int64_t offset,
                                              std::int64_t length) {
    return read(supervisor, name, control::Channel::err, offset, length);
}

Returned<Tail> tail_process_stdout_log(Supervisor& supervisor, const std::string& name, std::int64_t offset,
                                       std::int64_t length) {
    return tail(supervisor, name, control::Channel::out, offset, length);
}

Returned<Tail> tail_process_stderr_log(Supervisor& supervisor, const std::string& name, std::int64_t offset,
                                       std::int64_t length) {
    return tail(supervisor, name, control::Channel::err, offset, length);
}

Returned<bool> clear_process_logs(Supervisor& supervisor, const std::string& name) {
    control::Process* process = find_process(supervisor, name);
    if (!process) return api::Refusal{api::Fault::bad_name, name};
    if (const control::Outcome outcome = process->clear_logs()) return api::Refusal{api::Fault::failed, name};
    return true;
}

ProcessResults clear_all_process_logs(Supervisor& supervisor) {
    ProcessResults results;
    for (control::Process* process : all_processes(supervisor)) {
        control::Outcome outcome = process->clear_logs();
        if (outcome) outcome = api::Refusal{api::Fault::failed, api::full_name(process->group(), process->name())};
        results.push_back(result_of(process->name(), process->group(), outcome));
    }
    return results;
}

}  // namespace rpc
