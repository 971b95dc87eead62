#include "supervisord/rpc/selection.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>
#include <iterator>
#include <limits>
#include <memory>

#include "common/api/names.hpp"
#include "common/base/text.hpp"

namespace rpc {

namespace {

std::int64_t priority(const control::Process* process) { return process->program().priority; }

/// Behind all that have a place of their own.
constexpr std::size_t no_place = std::numeric_limits<std::size_t>::max();

/// Faults of commands that cannot be carried out: nobody waits for these.
bool is_known_at_once(api::Fault fault) {
    return fault == api::Fault::no_file || fault == api::Fault::not_executable;
}

struct Gathering {
    struct Result {
        std::size_t place;
        ProcessResult result;
    };
    std::size_t awaited = 0;
    std::vector<Result> results;
    Reply<ProcessResults> reply;

    void finish() {
        std::ranges::stable_sort(results, {}, &Result::place);
        ProcessResults sorted;
        for (Result& it : results) sorted.push_back(std::move(it.result));
        reply(std::move(sorted));
    }
};

}  // namespace

control::Process* find_process(Supervisor& supervisor, std::string_view name) {
    const auto [group, process] = api::parse_name(name);
    return process ? supervisor.find(group, *process) : nullptr;
}

bool names_group(std::string_view name) { return !api::parse_name(name).process; }

namespace {

template <class Order>
std::vector<control::Process*> sorted(control::Group& group, Order order) {
    auto processes = group.processes();
    std::ranges::stable_sort(processes, order, priority);
    return processes;
}

template <class Order>
std::vector<control::Process*> sorted(Supervisor& supervisor, Order order) {
    auto groups = supervisor.groups();
    std::ranges::stable_sort(groups, order, [](control::Group* group) { return group->config().priority; });
    std::vector<control::Process*> all;
    for (control::Group* group : groups) std::ranges::copy(sorted(*group, order), std::back_inserter(all));
    return all;
}

}  // namespace

std::vector<control::Process*> processes_of(control::Group& group) { return sorted(group, std::less()); }
std::vector<control::Process*> all_processes(Supervisor& supervisor) { return sorted(supervisor, std::less()); }
std::vector<control::Process*> stop_order_of(control::Group& group) { return sorted(group, std::greater()); }
std::vector<control::Process*> stop_order(Supervisor& supervisor) { return sorted(supervisor, std::greater()); }

std::string python_text(const Scalar& scalar) {
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

void to_each(const std::vector<control::Process*>& processes, const Deed& deed, const IsDeferred& is_deferred,
             Reply<ProcessResults> reply) {
    if (processes.empty()) return reply(ProcessResults{});
    const auto gathering = std::make_shared<Gathering>(Gathering{processes.size(), {}, std::move(reply)});
    for (std::size_t i = 0; i < processes.size(); ++i) {
        control::Process& process = *processes[i];
        deed(process, [gathering, i, deferred = is_deferred(process), name = process.name(),
                       group = process.group()](const control::Outcome& outcome) {
            const bool at_once = !deferred || (outcome && is_known_at_once(outcome->fault));
            gathering->results.push_back({at_once ? i : no_place, result_of(name, group, outcome)});
            if (--gathering->awaited == 0) gathering->finish();
        });
    }
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
