#include <algorithm>

#include "common/api/names.hpp"
#include "supervisord/rpc/methods.hpp"
#include "supervisord/rpc/selection.hpp"

namespace rpc {

namespace {

/// Those that are up, in that order; they need not wait for each other.
void stop_each(std::vector<control::Process*> processes, bool wait, Reply<ProcessResults> reply) {
    std::erase_if(processes, [](control::Process* process) { return !api::is_up(process->state()); });
    const Deed stop = [wait](control::Process& process, control::WhenDone done) {
        process.stop(wait, std::move(done));
    };
    to_each(processes, stop, [wait](const control::Process&) { return wait; }, std::move(reply));
}

}  // namespace

void stop_process(Supervisor& supervisor, Reply<TrueOrResults> reply, const std::string& name,
                  std::optional<bool> wait) {
    if (names_group(name)) {
        control::Group* group = supervisor.find_group(api::parse_name(name).group);
        if (!group) return reply.refuse(api::Fault::bad_name, name);
        return stop_each(stop_order_of(*group), wait.value_or(true), as_results(reply));
    }
    control::Process* process = find_process(supervisor, name);
    if (!process) return reply.refuse(api::Fault::bad_name, name);
    process->stop(wait.value_or(true), as_true(reply, name));
}

void stop_process_group(Supervisor& supervisor, Reply<ProcessResults> reply, const std::string& name,
                        std::optional<bool> wait) {
    control::Group* group = supervisor.find_group(name);
    if (!group) return reply.refuse(api::Fault::bad_name, name);
    stop_each(stop_order_of(*group), wait.value_or(true), std::move(reply));
}

void stop_all_processes(Supervisor& supervisor, Reply<ProcessResults> reply, std::optional<bool> wait) {
    stop_each(stop_order(supervisor), wait.value_or(true), std::move(reply));
}

}  // namespace rpc
