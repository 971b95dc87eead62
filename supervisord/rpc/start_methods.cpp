#include <algorithm>

#include "common/api/names.hpp"
#include "supervisord/rpc/methods.hpp"
#include "supervisord/rpc/selection.hpp"

namespace rpc {

namespace {

/// Those that are not up; the others do not appear in the results.
void start_each(std::vector<control::Process*> processes, bool wait, Reply<ProcessResults> reply) {
    std::erase_if(processes, [](control::Process* process) { return api::is_up(process->state()); });
    const Deed start = [wait](control::Process& process, control::WhenDone done) {
        process.start(wait, std::move(done));
    };
    const auto deferred = [wait](const control::Process& process) { return wait && process.program().startsecs > 0; };
    to_each(processes, start, deferred, std::move(reply));
}

}  // namespace

void start_process(Supervisor& supervisor, Reply<TrueOrResults> reply, const std::string& name,
                   std::optional<bool> wait) {
    if (names_group(name)) {
        control::Group* group = supervisor.find_group(api::parse_name(name).group);
        if (!group) return reply.refuse(api::Fault::bad_name, name);
        return start_each(processes_of(*group), wait.value_or(true), as_results(reply));
    }
    control::Process* process = find_process(supervisor, name);
    if (!process) return reply.refuse(api::Fault::bad_name, name);
    process->start(wait.value_or(true), as_true(reply, name));
}

void start_process_group(Supervisor& supervisor, Reply<ProcessResults> reply, const std::string& name,
                         std::optional<bool> wait) {
    control::Group* group = supervisor.find_group(name);
    if (!group) return reply.refuse(api::Fault::bad_name, name);
    start_each(processes_of(*group), wait.value_or(true), std::move(reply));
}

void start_all_processes(Supervisor& supervisor, Reply<ProcessResults> reply, std::optional<bool> wait) {
    start_each(all_processes(supervisor), wait.value_or(true), std::move(reply));
}

}  // namespace rpc
