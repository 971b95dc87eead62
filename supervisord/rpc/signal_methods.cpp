#include <algorithm>
#include <cmath>

#include "common/api/names.hpp"
#include "common/base/signals.hpp"
#include "common/base/text.hpp"
#include "supervisord/rpc/methods.hpp"
#include "supervisord/rpc/selection.hpp"

namespace rpc {

namespace {

/// As Python's int() takes it: a boolean is a number, of a fraction the whole part counts.
std::optional<int> signal_number(const Scalar& signal) {
    if (const bool* boolean = std::get_if<bool>(&signal)) return base::parse_signal(*boolean ? "1" : "0");
    const double* number = std::get_if<double>(&signal);
    if (!number) return base::parse_signal(python_text(signal));
    constexpr double any = 1000;  // more than there are
    return std::abs(*number) < any ? base::parse_signal(base::concat(static_cast<int>(*number))) : std::nullopt;
}

/// Those that have a process to signal.  A bad signal is a result of each, not a fault of the call.
void signal_each(std::vector<control::Process*> processes, const Scalar& signal, Reply<ProcessResults> reply) {
    std::erase_if(processes, [](control::Process* process) { return !api::is_signallable(process->state()); });
    const std::optional<int> number = signal_number(signal);
    const api::Refusal bad_signal{api::Fault::bad_signal, python_text(signal)};
    const Deed send = [&](control::Process& process, control::WhenDone done) {
        if (!number) return done(bad_signal);
        process.signal(*number, std::move(done));
    };
    to_each(processes, send, [](const control::Process&) { return false; }, std::move(reply));
}

}  // namespace

void signal_process(Supervisor& supervisor, Reply<TrueOrResults> reply, const std::string& name, const Scalar& signal) {
    if (names_group(name)) {
        control::Group* group = supervisor.find_group(api::parse_name(name).group);
        if (!group) return reply.refuse(api::Fault::bad_name, name);
        return signal_each(processes_of(*group), signal, as_results(reply));
    }
    control::Process* process = find_process(supervisor, name);
    if (!process) return reply.refuse(api::Fault::bad_name, name);
    const std::optional<int> number = signal_number(signal);
    if (!number) return reply.refuse(api::Fault::bad_signal, python_text(signal));
    if (!api::is_signallable(process->state())) return reply.refuse(api::Fault::not_running, name);
    process->signal(*number, as_true(reply, name));
}

void signal_process_group(Supervisor& supervisor, Reply<ProcessResults> reply, const std::string& name,
                          const Scalar& signal) {
    control::Group* group = supervisor.find_group(name);
    if (!group) return reply.refuse(api::Fault::bad_name, name);
    signal_each(processes_of(*group), signal, std::move(reply));
}

void signal_all_processes(Supervisor& supervisor, Reply<ProcessResults> reply, const Scalar& signal) {
    // The one method that acts while supervisord is going down, and refuses only then.
    const bool going_down = supervisor.mood() != api::Mood::running;
    const auto refuse = [reply](const Returned<ProcessResults>&) { reply.refuse(api::Fault::shutdown_state); };
    const Reply<ProcessResults> refusing(refuse);
    signal_each(all_processes(supervisor), signal, going_down ? refusing : reply);
}

Returned<bool> send_process_stdin(Supervisor& supervisor, const std::string& name, const Scalar& chars) {
    const std::string* text = std::get_if<std::string>(&chars);
    if (!text) return api::Refusal{api::Fault::incorrect_parameters, python_text(chars)};
    control::Process* process = find_process(supervisor, name);
    if (!process) return api::Refusal{api::Fault::bad_name, name};
    if (process->pid() == 0 || process->state() == api::State::stopping) return api::Refusal{api::Fault::not_running, name};
    control::Outcome outcome = process->send_stdin(*text);
    if (outcome && outcome->fault == api::Fault::no_file) outcome->detail = name;
    if (outcome) return named(*std::move(outcome), name);
    return true;
}

}  // namespace rpc
