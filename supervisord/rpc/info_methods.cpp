#include <algorithm>

#include "common/api/states.hpp"
#include "common/base/clock.hpp"
#include "supervisord/rpc/methods.hpp"
#include "supervisord/rpc/selection.hpp"

namespace rpc {

namespace {

// Clients read times and exit statuses into 32 bits and fail as a whole when one does not fit.
std::int64_t capped(std::int64_t seconds) { return std::clamp<std::int64_t>(seconds, 0, INT32_MAX); }

ProcessInfo info(control::Process& process) {
    ProcessInfo info;
    info.name = process.name();
    info.group = process.group();
    info.start = capped(process.started());
    info.stop = capped(process.stopped());
    info.now = capped(base::epoch_seconds(base::wall_now()));
    info.state = api::code(process.state());
    info.statename = api::name(process.state());
    info.spawnerr = process.spawnerr();
    info.exitstatus = process.exitstatus();
    info.stdout_logfile = process.logfile(control::Channel::out);
    info.logfile = info.stdout_logfile;
    info.stderr_logfile = process.logfile(control::Channel::err);
    info.pid = process.pid();
    info.description = process.description();
    return info;
}

}  // namespace

Returned<ProcessInfo> get_process_info(Supervisor& supervisor, const std::string& name) {
    control::Process* process = find_process(supervisor, name);
    if (!process) return api::Refusal{api::Fault::bad_name, name};
    return info(*process);
}

std::vector<ProcessInfo> get_all_process_info(Supervisor& supervisor) {
    std::vector<ProcessInfo> all;
    for (control::Process* process : all_processes(supervisor)) all.push_back(info(*process));
    std::ranges::sort(all, {}, [](const ProcessInfo& one) { return std::tie(one.group, one.name); });
    return all;
}

std::vector<EventPoolInfo> get_all_event_pool_info(Supervisor& supervisor) {
    std::vector<EventPoolInfo> all;
    for (const auto& pool : supervisor.event_pools()) {
        auto& info = all.emplace_back();
        info.name = pool.name;
        info.buffer_size = pool.buffer_size;
        info.waiting = pool.waiting;
        info.discarded = pool.discarded;
        info.listeners = static_cast<std::int64_t>(pool.listeners.size());
        const auto count = [&](std::string_view state) {
            return std::ranges::count_if(pool.listeners, [&](const control::EventPool::Listener& listener) {
                const control::Process* process = supervisor.find(pool.name, listener.name);
                return listener.state == state && !(process && api::is_stopped(process->state()));
            });
        };
        info.ready = count("READY");
        info.busy = count("BUSY");
        info.acknowledged = count("ACKNOWLEDGED");
        info.unknown = count("UNKNOWN");
    }
    return all;
}

std::vector<ProcessTreeInfo> get_all_process_trees(Supervisor& supervisor) {
    std::vector<ProcessTreeInfo> all;
    for (auto& one : supervisor.trees())
        all.push_back({std::move(one.process), std::move(one.group), one.pid, one.parent, std::move(one.command)});
    return all;
}

}  // namespace rpc
