#include <algorithm>

#include "supervisord/rpc/methods.hpp"

namespace rpc {

namespace {

constexpr const char* none = "none";

/// The path of an AUTO log is known when its group is active.
std::string shown(const config::LogFile& logfile, control::Process* process, control::Channel channel) {
    switch (logfile.kind) {
        case config::LogFile::Kind::none: return none;
        case config::LogFile::Kind::path: return logfile.path;
        case config::LogFile::Kind::automatic: break;
    }
    const std::string path = process ? process->logfile(channel) : logfile.path;
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
    info.stdout_capture_maxbytes = program.out.capture_maxbytes;
    info.stdout_events_enabled = program.out.events_enabled;
    info.stdout_logfile = shown(program.out.logfile, process, control::Channel::out);
    info.stdout_logfile_backups = program.out.logfile_backups;
    info.stdout_logfile_maxbytes = program.out.logfile_maxbytes;
    info.stdout_syslog = program.out.syslog;
    info.stopsignal = program.stopsignal;
    info.stopwaitsecs = program.stopwaitsecs;
    info.stderr_capture_maxbytes = program.err.capture_maxbytes;
    info.stderr_events_enabled = program.err.events_enabled;
    info.stderr_logfile = shown(program.err.logfile, process, control::Channel::err);
    info.stderr_logfile_backups = program.err.logfile_backups;
    info.stderr_logfile_maxbytes = program.err.logfile_maxbytes;
    info.stderr_syslog = program.err.syslog;
    info.serverurl = program.serverurl.value_or(none);
    return info;
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

Returned<bool> add_process_group(Supervisor& supervisor, const std::string& name) {
    if (control::Outcome outcome = supervisor.add_group(name)) return *std::move(outcome);
    return true;
}

Returned<bool> remove_process_group(Supervisor& supervisor, const std::string& name) {
    if (control::Outcome outcome = supervisor.remove_group(name)) return *std::move(outcome);
    return true;
}

}  // namespace rpc
