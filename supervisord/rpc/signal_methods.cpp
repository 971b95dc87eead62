#include <algorithm>
#include <cmath>

#include "common/api/names.hpp"
#include "common/base/signals.hpp"
#include "common/base/text.hpp"
#include "supervisord/rpc/methods.hpp"
#include "supervisord/rpc/selection.hpp"

namespace rpc {

namespace {

/// As Python prints it, which is how the fault's text has always looked.
std::string shown(const Scalar& scalar) {
    switch (scalar.index()) {
        case 0: return std::get<std::string>(scalar);
        case 1: return std::get<bool>(scalar) ? "True" : "False";
        case 2: return base::concat(std::get<std::int64_t>(scalar));
        default: break;
    }
    const double number = std::get<double>(scalar);
    std::string text(32, '\0');
    const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), number);
    text.resize(static_cast<std::size_t>(end - text.data()));
    if (std::isfinite(number) && text.find_first_of(".e") == std::string::npos) text += ".0";
    return text;
}

/// Those that have a process to signal.  A bad signal is a result of each, not a fault of the call.
void signal_each(std::vector<control::Process*> processes, const Scalar& signal, Reply<ProcessResults> reply) {
    std::erase_if(processes, [](control::Process* process) { return !api::is_signallable(process->state()); });
    const std::optional<int> number = base::parse_signal(shown(signal));
    const api::Refusal bad_signal{api::Fault::bad_signal, shown(signal)};
    const Deed send = [&](control::Process& process, control::WhenDone done) {
        if (!number) return done(bad_signal);
        process.signal(*number, std::move(done));
    };
    to_each(processes, send, std::move(reply));
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
    const std::optional<int> number = base::parse_signal(shown(signal));
    if (!number) return reply.refuse(api::Fault::bad_signal, shown(signal));
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
    if (!text) return api::Refusal{api::Fault::incorrect_parameters, shown(chars)};
    control::Process* process = find_process(supervisor, name);
    if (!process) return api::Refusal{api::Fault::bad_name, name};
    if (process->pid() == 0 || process->state() == api::State::stopping) return api::Refusal{api::Fault::not_running, name};
    control::Outcome outcome = process->send_stdin(*text);
    if (outcome && outcome->fault == api::Fault::no_file) outcome->detail = name;
    if (outcome) return named(*std::move(outcome), name);
    return true;
}

}  // namespace rpc
