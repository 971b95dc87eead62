#include "supervisord/rpc/selection.hpp"

#include <algorithm>
#include <memory>

#include "common/api/names.hpp"

namespace rpc {

namespace {

std::int64_t priority(const control::Process* process) { return process->program().priority; }

struct Gathering {
    std::size_t awaited = 0;
    ProcessResults results;
    Reply<ProcessResults> reply;
};

}  // namespace

control::Process* find_process(Supervisor& supervisor, std::string_view name) {
    const auto [group, process] = api::parse_name(name);
    return process ? supervisor.find(group, *process) : nullptr;
}

bool names_group(std::string_view name) { return !api::parse_name(name).process; }

std::vector<control::Process*> processes_of(control::Group& group) {
    auto processes = group.processes();
    std::ranges::stable_sort(processes, {}, priority);
    return processes;
}

std::vector<control::Process*> all_processes(Supervisor& supervisor) {
    auto groups = supervisor.groups();
    std::ranges::stable_sort(groups, {}, [](control::Group* group) { return group->config().priority; });
    std::vector<control::Process*> all;
    for (control::Group* group : groups) std::ranges::copy(processes_of(*group), std::back_inserter(all));
    return all;
}

ProcessResult result_of(std::string_view name, std::string_view group, const control::Outcome& outcome) {
    ProcessResult result{std::string(name), std::string(group), api::code(api::Fault::success), "OK"};
    if (!outcome) return result;
    result.status = api::code(outcome->fault);
    result.description = named(*outcome, api::full_name(group, name)).text();
    return result;
}

api::Refusal named(api::Refusal refusal, std::string_view name) {
    switch (refusal.fault) {
        case api::Fault::abnormal_termination:
        case api::Fault::spawn_error:
        case api::Fault::already_started:
        case api::Fault::not_running:
        case api::Fault::bad_name: refusal.detail = name; break;
        default: break;
    }
    return refusal;
}

void to_each(const std::vector<control::Process*>& processes, const Deed& deed, Reply<ProcessResults> reply) {
    if (processes.empty()) return reply(ProcessResults{});
    const auto gathering = std::make_shared<Gathering>(Gathering{processes.size(), {}, std::move(reply)});
    for (control::Process* process : processes)
        deed(*process, [gathering, name = process->name(), group = process->group()](const control::Outcome& outcome) {
            gathering->results.push_back(result_of(name, group, outcome));
            if (--gathering->awaited == 0) gathering->reply(std::move(gathering->results));
        });
}

Reply<ProcessResults> as_results(const Reply<TrueOrResults>& reply) {
    return Reply<ProcessResults>([reply](Returned<ProcessResults> returned) {
        if (returned.index() == 1) return reply.refuse(std::get<1>(std::move(returned)));
        reply(TrueOrResults(std::get<0>(std::move(returned))));
    });
}

control::WhenDone as_true(const Reply<TrueOrResults>& reply, std::string_view name) {
    return [reply, name = std::string(name)](const control::Outcome& outcome) {
        if (outcome) return reply.refuse(named(*outcome, name));
        reply(TrueOrResults(true));
    };
}

}  // namespace rpc
