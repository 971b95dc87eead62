// How the structures that methods return look to clients: their members, in the order of compat/rpc.md.
#pragma once

#include <tuple>

#include "supervisord/rpc/methods.hpp"

namespace rpc {

template <class Owner, class Type>
struct Member {
    const char* name;
    Type Owner::*pointer;
};
template <class Owner, class Type>
Member(const char*, Type Owner::*) -> Member<Owner, Type>;

constexpr auto shape(SupervisorState*) {
    return std::tuple{Member{"statecode", &SupervisorState::statecode}, Member{"statename", &SupervisorState::statename}};
}

constexpr auto shape(BuildInfo*) {
    return std::tuple{Member{"version", &BuildInfo::version}, Member{"commit", &BuildInfo::commit},
                      Member{"compiler", &BuildInfo::compiler}};
}

constexpr auto shape(UpgradeInfo*) {
    return std::tuple{Member{"statename", &UpgradeInfo::statename}, Member{"description", &UpgradeInfo::description}};
}

constexpr auto shape(ProcessResult*) {
    return std::tuple{Member{"name", &ProcessResult::name}, Member{"group", &ProcessResult::group},
                      Member{"status", &ProcessResult::status}, Member{"description", &ProcessResult::description}};
}

constexpr auto shape(ProcessInfo*) {
    return std::tuple{
        Member{"name", &ProcessInfo::name},
        Member{"group", &ProcessInfo::group},
        Member{"start", &ProcessInfo::start},
        Member{"stop", &ProcessInfo::stop},
        Member{"now", &ProcessInfo::now},
        Member{"state", &ProcessInfo::state},
        Member{"statename", &ProcessInfo::statename},
        Member{"spawnerr", &ProcessInfo::spawnerr},
        Member{"exitstatus", &ProcessInfo::exitstatus},
        Member{"logfile", &ProcessInfo::logfile},
        Member{"stdout_logfile", &ProcessInfo::stdout_logfile},
        Member{"stderr_logfile", &ProcessInfo::stderr_logfile},
        Member{"pid", &ProcessInfo::pid},
        Member{"description", &ProcessInfo::description},
    };
}

constexpr auto shape(OptionDifference*) {
    return std::tuple{Member{"process", &OptionDifference::process}, Member{"option", &OptionDifference::option},
                      Member{"old", &OptionDifference::old}, Member{"new", &OptionDifference::fresh}};
}

constexpr auto shape(ProcessEffect*) {
    return std::tuple{Member{"name", &ProcessEffect::name}, Member{"effect", &ProcessEffect::effect}};
}

constexpr auto shape(GroupPreview*) {
    return std::tuple{Member{"group", &GroupPreview::group}, Member{"change", &GroupPreview::change},
                      Member{"options", &GroupPreview::options}, Member{"processes", &GroupPreview::processes}};
}

constexpr auto shape(ProcessTreeInfo*) {
    return std::tuple{Member{"name", &ProcessTreeInfo::name}, Member{"group", &ProcessTreeInfo::group},
                      Member{"pid", &ProcessTreeInfo::pid}, Member{"parent", &ProcessTreeInfo::parent},
                      Member{"command", &ProcessTreeInfo::command}};
}

constexpr auto shape(EventPoolInfo*) {
    return std::tuple{
        Member{"name", &EventPoolInfo::name},           Member{"buffer_size", &EventPoolInfo::buffer_size},
        Member{"waiting", &EventPoolInfo::waiting},     Member{"discarded", &EventPoolInfo::discarded},
        Member{"listeners", &EventPoolInfo::listeners}, Member{"ready", &EventPoolInfo::ready},
        Member{"busy", &EventPoolInfo::busy},           Member{"acknowledged", &EventPoolInfo::acknowledged},
        Member{"unknown", &EventPoolInfo::unknown},
    };
}

constexpr auto shape(ConfigInfo*) {
    return std::tuple{
        Member{"autostart", &ConfigInfo::autostart},
        Member{"directory", &ConfigInfo::directory},
        Member{"uid", &ConfigInfo::uid},
        Member{"command", &ConfigInfo::command},
        Member{"exitcodes", &ConfigInfo::exitcodes},
        Member{"group", &ConfigInfo::group},
        Member{"group_prio", &ConfigInfo::group_prio},
        Member{"inuse", &ConfigInfo::inuse},
        Member{"killasgroup", &ConfigInfo::killasgroup},
        Member{"name", &ConfigInfo::name},
        Member{"process_prio", &ConfigInfo::process_prio},
        Member{"redirect_stderr", &ConfigInfo::redirect_stderr},
        Member{"startretries", &ConfigInfo::startretries},
        Member{"startsecs", &ConfigInfo::startsecs},
        Member{"stdout_capture_maxbytes", &ConfigInfo::stdout_capture_maxbytes},
        Member{"stdout_events_enabled", &ConfigInfo::stdout_events_enabled},
        Member{"stdout_logfile", &ConfigInfo::stdout_logfile},
        Member{"stdout_logfile_backups", &ConfigInfo::stdout_logfile_backups},
        Member{"stdout_logfile_maxbytes", &ConfigInfo::stdout_logfile_maxbytes},
        Member{"stdout_syslog", &ConfigInfo::stdout_syslog},
        Member{"stopsignal", &ConfigInfo::stopsignal},
        Member{"stopwaitsecs", &ConfigInfo::stopwaitsecs},
        Member{"stderr_capture_maxbytes", &ConfigInfo::stderr_capture_maxbytes},
        Member{"stderr_events_enabled", &ConfigInfo::stderr_events_enabled},
        Member{"stderr_logfile", &ConfigInfo::stderr_logfile},
        Member{"stderr_logfile_backups", &ConfigInfo::stderr_logfile_backups},
        Member{"stderr_logfile_maxbytes", &ConfigInfo::stderr_logfile_maxbytes},
        Member{"stderr_syslog", &ConfigInfo::stderr_syslog},
        Member{"serverurl", &ConfigInfo::serverurl},
    };
}

}  // namespace rpc
