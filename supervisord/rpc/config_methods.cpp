#include <algorithm>

#include "common/api/names.hpp"
#include "common/api/states.hpp"
#include "common/config/difference.hpp"
#include "supervisord/rpc/methods.hpp"

namespace rpc {

namespace {

constexpr const char* none = "none";

/// The path of an AUTO log is known when its group is active, and was read as AUTO then too.
std::string shown(const config::LogFile& logfile, control::Process* process, control::Channel channel) {
    switch (logfile.kind) {
        case config::LogFile::Kind::none: return none;
        case config::LogFile::Kind::path: return logfile.path;
        case config::LogFile::Kind::automatic: break;
    }
    std::string path = logfile.path;
    if (process) {
        const config::Output& active = channel == control::Channel::out ? process->program().out : process->program().err;
        if (active.logfile.kind == config::LogFile::Kind::automatic) path = process->logfile(channel);
    }
    return path.empty() ? "auto" : path;
}

ConfigInfo info(Supervisor& supervisor, const config::Group& group, const config::Program& program) {
    control::Process* process = supervisor.find(group.name, program.name);
    ConfigInfo info;
    info.autostart = program.autostart;
    info.directory = program.directory.value_or(none);
    if (program.uid) info.uid = static_cast<std::int64_t>(*program.uid);
    else info.uid = none;
    info.command = program.command;
    info.exitcodes.assign(program.exitcodes.begin(), program.exitcodes.end());
    info.group = group.name;
    info.group_prio = group.priority;
    info.inuse = supervisor.find_group(group.name) != nullptr;
    info.killasgroup = program.killasgroup;
    info.name = program.name;
    info.process_prio = program.priority;
    info.redirect_stderr = program.redirect_stderr;
    info.startretries = program.startretries;
    info.startsecs = program.startsecs;
    const auto tell = [&](const config::Output& output, control::Channel channel, std::string& logfile,
                          std::int64_t& maxbytes, std::int64_t& backups, std::int64_t& capture, bool& events, bool& syslog) {
        logfile = shown(output.logfile, process, channel);
        maxbytes = output.logfile_maxbytes;
        backups = output.logfile_backups;
        capture = output.capture_maxbytes;
        events = output.events_enabled;
        syslog = output.syslog;
    };
    tell(program.out, control::Channel::out, info.stdout_logfile, info.stdout_logfile_maxbytes, info.stdout_logfile_backups,
         info.stdout_capture_maxbytes, info.stdout_events_enabled, info.stdout_syslog);
    tell(program.err, control::Channel::err, info.stderr_logfile, info.stderr_logfile_maxbytes, info.stderr_logfile_backups,
         info.stderr_capture_maxbytes, info.stderr_events_enabled, info.stderr_syslog);
    info.stopsignal = program.stopsignal;
    info.stopwaitsecs = program.stopwaitsecs;
    info.serverurl = program.serverurl.value_or(none);
    return info;
}

/// update takes a group away, with all that runs of it, and begins the new one as at a start.
std::vector<ProcessEffect> effects(Supervisor& supervisor, const config::Group* old, const config::Group* fresh) {
    std::vector<ProcessEffect> out;
    const auto starts = [](const config::Program& program) { return program.autostart; };
    const auto find = [](const config::Group* group, const std::string& name) -> const config::Program* {
        if (!group) return nullptr;
        const auto found = std::ranges::find(group->processes, name, &config::Program::name);
        return found == group->processes.end() ? nullptr : &*found;
    };
    if (old)
        for (const config::Program& program : old->processes) {
            control::Process* process = supervisor.find(old->name, program.name);
            const config::Program* again = find(fresh, program.name);
            const bool stops = process && !api::is_stopped(process->state()), begins = again && starts(*again);
            out.push_back({api::full_name(old->name, program.name),
                           stops && begins ? "restart" : stops ? "stop" : begins ? "start" : "nothing"});
        }
    if (fresh)
        for (const config::Program& program : fresh->processes)
            if (!find(old, program.name))
                out.push_back({api::full_name(fresh->name, program.name), starts(program) ? "start" : "nothing"});
    return out;
}

}  // namespace

std::vector<ConfigInfo> get_all_config_info(Supervisor& supervisor) {
    std::vector<ConfigInfo> all;
    for (const config::Group& group : supervisor.last_read().groups)
        for (const config::Program& program : group.processes) all.push_back(info(supervisor, group, program));
    std::ranges::stable_sort(all, {}, &ConfigInfo::name);
    return all;
}

Returned<std::vector<std::vector<std::vector<std::string>>>> reload_config(Supervisor& supervisor) {
    control::Changes changes;
    if (control::Outcome outcome = supervisor.reread(changes)) return *std::move(outcome);
    std::vector<std::vector<std::string>> lists{changes.added, changes.changed, changes.removed};
    return std::vector<std::vector<std::vector<std::string>>>{std::move(lists)};
}

Returned<std::vector<GroupPreview>> preview_update(Supervisor& supervisor) {
    config::Config fresh;
    if (control::Outcome outcome = supervisor.preview(fresh)) return *std::move(outcome);
    std::vector<config::Group> active;
    for (control::Group* group : supervisor.groups()) active.push_back(group->config());
    const config::Difference difference = config::difference(active, fresh.groups);
    const auto find = [](const std::vector<config::Group>& groups, const std::string& name) {
        const auto found = std::ranges::find(groups, name, &config::Group::name);
        return found == groups.end() ? nullptr : &*found;
    };
    std::vector<GroupPreview> previews;
    const auto add = [&](const std::vector<std::string>& names, const char* change) {
        for (const std::string& name : names) {
            const config::Group* old = find(active, name);
            const config::Group* wanted = find(fresh.groups, name);
            GroupPreview preview{name, change, {}, effects(supervisor, old, wanted)};
            if (old && wanted)
                for (auto& one : config::option_changes(*old, *wanted))
                    preview.options.push_back({one.process, one.option, one.old, one.fresh});
            previews.push_back(std::move(preview));
        }
    };
    add(difference.removed, "removed");
    add(difference.changed, "changed");
    add(difference.added, "added");
    return previews;
}

Returned<bool> add_process_group(Supervisor& supervisor, const std::string& name) {
    if (control::Outcome outcome = supervisor.add_group(name)) return *std::move(outcome);
    return true;
}

Returned<bool> remove_process_group(Supervisor& supervisor, const std::string& name) {
    if (control::Outcome outcome = supervisor.remove_group(name)) return *std::move(outcome);
    return true;
}

}  // namespace rpc
