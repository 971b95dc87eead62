// The methods themselves, as typed functions; compat/rpc.md, sections 4 and 5, says what each does.  The registry
// names them.  A name is "process", "group:process", and, where a whole group will do, "group:*" or "group:".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "common/api/build.hpp"
#include "supervisord/control/supervisor.hpp"
#include "supervisord/rpc/reply.hpp"

namespace rpc {

using control::Supervisor;
using Value = nlohmann::ordered_json;

/// A parameter that old clients send as text or as a number.
using Scalar = std::variant<std::string, bool, std::int64_t, double>;

/// What became of one process of many.
struct ProcessResult {
    std::string name, group;
    std::int64_t status = 0;  // api::Fault
    std::string description;
};
using ProcessResults = std::vector<ProcessResult>;
/// true for one process, results when the name was a group's.
using TrueOrResults = std::variant<bool, ProcessResults>;

// identity_methods.cpp
struct SupervisorState {
    std::int64_t statecode = 0;
    std::string statename;
};
std::string get_api_version(Supervisor& supervisor);
std::string get_supervisor_version(Supervisor& supervisor);
struct BuildInfo : api::Build {};
BuildInfo get_build_info(Supervisor& supervisor);
std::string get_identification(Supervisor& supervisor);
SupervisorState get_state(Supervisor& supervisor);
std::int64_t get_pid(Supervisor& supervisor);
bool shut_down(Supervisor& supervisor);
Returned<bool> restart(Supervisor& supervisor);
void upgrade(Supervisor& supervisor, Reply<bool> reply);
struct UpgradeInfo {
    std::string statename, description;
};
UpgradeInfo get_upgrade_info(Supervisor& supervisor);
bool send_remote_event(Supervisor& supervisor, const Scalar& type, const Scalar& data);

// config_methods.cpp
struct ConfigInfo {
    bool autostart = false;
    std::string directory;
    std::variant<std::int64_t, std::string> uid;
    std::string command;
    std::vector<std::int64_t> exitcodes;
    std::string group;
    std::int64_t group_prio = 0;
    bool inuse = false;
    bool killasgroup = false;
    std::string name;
    std::int64_t process_prio = 0;
    bool redirect_stderr = false;
    std::int64_t startretries = 0;
    std::int64_t startsecs = 0;
    std::int64_t stdout_capture_maxbytes = 0;
    bool stdout_events_enabled = false;
    std::string stdout_logfile;
    std::int64_t stdout_logfile_backups = 0;
    std::int64_t stdout_logfile_maxbytes = 0;
    bool stdout_syslog = false;
    std::int64_t stopsignal = 0;
    std::int64_t stopwaitsecs = 0;
    std::int64_t stderr_capture_maxbytes = 0;
    bool stderr_events_enabled = false;
    std::string stderr_logfile;
    std::int64_t stderr_logfile_backups = 0;
    std::int64_t stderr_logfile_maxbytes = 0;
    bool stderr_syslog = false;
    std::string serverurl;
};
std::vector<ConfigInfo> get_all_config_info(Supervisor& supervisor);
/// One element: the names of added, changed and removed groups.
Returned<std::vector<std::vector<std::vector<std::string>>>> reload_config(Supervisor& supervisor);
/// What `supervisorctl update` would do to a group.
struct OptionDifference {
    std::string process;  // empty: of the group itself
    std::string option, old, fresh;
};
struct ProcessEffect {
    std::string name;
    std::string effect;  // "start", "stop", "restart" or "nothing"
};
struct GroupPreview {
    std::string group;
    std::string change;  // "added", "changed" or "removed"
    std::vector<OptionDifference> options;
    std::vector<ProcessEffect> processes;
};
Returned<std::vector<GroupPreview>> preview_update(Supervisor& supervisor);
Returned<bool> add_process_group(Supervisor& supervisor, const std::string& name);
Returned<bool> remove_process_group(Supervisor& supervisor, const std::string& name);

// info_methods.cpp
struct ProcessInfo {
    std::string name, group;
    std::int64_t start = 0, stop = 0, now = 0;  // epoch seconds, at most 2^31 - 1
    std::int64_t state = 0;
    std::string statename, spawnerr;
    std::int64_t exitstatus = 0;
    std::string logfile, stdout_logfile, stderr_logfile;
    std::int64_t pid = 0;
    std::string description;
};
Returned<ProcessInfo> get_process_info(Supervisor& supervisor, const std::string& name);
std::vector<ProcessInfo> get_all_process_info(Supervisor& supervisor);

/// The listeners of one [eventlistener:x], counted by what they are doing, and what waits for them.
/// A process of the tree of a program: that itself, or one that descends from it.
struct ProcessTreeInfo {
    std::string name, group;
    std::int64_t pid = 0, parent = 0;
    std::string command;
};
std::vector<ProcessTreeInfo> get_all_process_trees(Supervisor& supervisor);

struct EventPoolInfo {
    std::string name;
    std::int64_t buffer_size = 0, waiting = 0, discarded = 0;  // events
    std::int64_t listeners = 0, ready = 0, busy = 0, acknowledged = 0, unknown = 0;
};
std::vector<EventPoolInfo> get_all_event_pool_info(Supervisor& supervisor);

// start_methods.cpp, stop_methods.cpp
void start_process(Supervisor& supervisor, Reply<TrueOrResults> reply, const std::string& name,
                   std::optional<bool> wait);
void start_process_group(Supervisor& supervisor, Reply<ProcessResults> reply, const std::string& name,
                         std::optional<bool> wait);
void start_all_processes(Supervisor& supervisor, Reply<ProcessResults> reply, std::optional<bool> wait);
void stop_process(Supervisor& supervisor, Reply<TrueOrResults> reply, const std::string& name,
                  std::optional<bool> wait);
void stop_process_group(Supervisor& supervisor, Reply<ProcessResults> reply, const std::string& name,
                        std::optional<bool> wait);
void stop_all_processes(Supervisor& supervisor, Reply<ProcessResults> reply, std::optional<bool> wait);

// signal_methods.cpp
void signal_process(Supervisor& supervisor, Reply<TrueOrResults> reply, const std::string& name, const Scalar& signal);
void signal_process_group(Supervisor& supervisor, Reply<ProcessResults> reply, const std::string& name,
                          const Scalar& signal);
void signal_all_processes(Supervisor& supervisor, Reply<ProcessResults> reply, const Scalar& signal);
Returned<bool> send_process_stdin(Supervisor& supervisor, const std::string& name, const Scalar& chars);

// log_methods.cpp
/// Text, size of the file, whether there was more than fits.
using Tail = std::tuple<std::string, std::int64_t, bool>;
Returned<std::string> read_log(Supervisor& supervisor, std::int64_t offset, std::int64_t length);
Returned<bool> clear_log(Supervisor& supervisor);
Returned<std::string> read_process_stdout_log(Supervisor& supervisor, const std::string& name, std::int64_t offset,
                                              std::int64_t length);
Returned<std::string> read_process_stderr_log(Supervisor& supervisor, const std::string& name, std::int64_t offset,
                                              std::int64_t length);
Returned<Tail> tail_process_stdout_log(Supervisor& supervisor, const std::string& name, std::int64_t offset,
                                       std::int64_t length);
Returned<Tail> tail_process_stderr_log(Supervisor& supervisor, const std::string& name, std::int64_t offset,
                                       std::int64_t length);
Returned<bool> clear_process_logs(Supervisor& supervisor, const std::string& name);
ProcessResults clear_all_process_logs(Supervisor& supervisor);

// system_methods.cpp
std::vector<std::string> list_methods(Supervisor& supervisor);
Returned<std::string> method_help(Supervisor& supervisor, const std::string& name);
Returned<std::vector<std::string>> method_signature(Supervisor& supervisor, const std::string& name);
/// Calls one after the other; a result each, or a structure of faultCode and faultString.
void multicall(Supervisor& supervisor, Reply<std::vector<Value>> reply, const std::vector<Value>& calls);

}  // namespace rpc
