#include "supervisord/rpc/registry.hpp"

#include <algorithm>

#include "common/base/text.hpp"
#include "supervisord/rpc/binding.hpp"
#include "supervisord/rpc/methods.hpp"

namespace rpc {

namespace {

using api::Fault;

// Texts that are the same in many rows.
constexpr std::string_view one_name = "Process, as `name` or `group:name`";
constexpr std::string_view one_or_all_names = "Process, as `name` or `group:name`; `group:*` is all of a group";
constexpr std::string_view group_name = "Group";
constexpr std::string_view wait_started = "Answer when it has started or failed (default true)";
constexpr std::string_view wait_stopped = "Answer when it has stopped (default true)";
constexpr std::string_view signal_doc = "Signal, by name or number: `HUP`, `SIGHUP`, `1`";
constexpr std::string_view read_offset = "Byte to begin with; when negative, and length is 0, as many bytes from the end";
constexpr std::string_view read_length = "How many bytes; 0 is all there are";
constexpr std::string_view tail_offset = "Byte that was returned as the offset before";
constexpr std::string_view tail_length = "How many bytes at most, counted from the end";
constexpr Parameter always_true = {"result", "Always true unless error"};
constexpr Parameter results = {"results", "Structures of name, group, status and description, one for each process"};
constexpr Parameter log_text = {"result", "Part of the log; bytes that are no UTF-8 are replaced"};
constexpr Parameter log_tail = {"result", "Text, size of the log, and whether there was more than was asked for"};

const Method rows[] = {
    {.name = "supervisor.getAPIVersion",
     .aliases = {"supervisor.getVersion"},
     .doc = "Version of this interface.",
     .result = {"version", "Version"},
     .handler = answers(get_api_version)},
    {.name = "supervisor.getSupervisorVersion",
     .doc = "The release of Supervisor that this supervisord is compatible with.",
     .result = {"version", "Version"},
     .handler = answers(get_supervisor_version)},
    {.name = "supervisor.getIdentification",
     .doc = "What tells this supervisord from others: its option identifier.",
     .result = {"identifier", "Identifier"},
     .handler = answers(get_identification)},
    {.name = "supervisor.getState",
     .doc = "What supervisord is doing.  While it goes down, SHUTDOWN_STATE is the answer.",
     .result = {"state", "Structure of statecode and statename"},
     .handler = answers(get_state)},
    {.name = "supervisor.getPID",
     .doc = "Process id of supervisord, the one in its pidfile.",
     .result = {"pid", "Process id"},
     .handler = answers(get_pid)},
    {.name = "supervisor.shutdown",
     .doc = "Stop all processes, then end supervisord.  Does not wait.",
     .result = always_true,
     .handler = answers(shut_down)},
    {.name = "supervisor.restart",
     .doc = "Stop all processes, then begin anew with the configuration as it is by then.  Does not wait.  Refused, with "
            "nothing touched, when the configuration is not valid.",
     .result = always_true,
     .faults = {Fault::cant_reread},
     .handler = answers(restart)},
    {.name = "supervisor.upgrade",
     .doc = "Go on with the program that is installed now, with no process stopped or started.  Answers when that "
            "program has been tested and takes over: getUpgradeInfo then says what came of it.  Refused, with nothing "
            "changed, when it cannot go on.  Not in Supervisor.",
     .result = always_true,
     .faults = {Fault::failed},
     .handler = promises(upgrade)},
    {.name = "supervisor.getUpgradeInfo",
     .doc = "What came of the last upgrade.  Not in Supervisor.",
     .result = {"result", "Structure of statename (NONE, GOING_ON, DONE, CONTROLLER_ONLY, TAKEN_BACK) and description"},
     .handler = always(answers(get_upgrade_info))},
    {.name = "supervisor.getBuildInfo",
     .doc = "What this program is, beside the release of Supervisor that it is compatible with.  Not in Supervisor.",
     .result = {"result", "Structure of version, commit and compiler"},
     .handler = always(answers(get_build_info))},
    {.name = "supervisor.sendRemoteCommEvent",
     .doc = "Send a REMOTE_COMMUNICATION event to the listeners that want it.",
     .params = {{"type", "What the listeners find after `type:`"}, {"data", "Body of the event"}},
     .result = always_true,
     .handler = always(answers(send_remote_event))},

    {.name = "supervisor.reloadConfig",
     .doc = "Read the configuration again and compare it with what is active.  Touches no process.",
     .result = {"result", "One element: the names of the groups added, changed and removed"},
     .faults = {Fault::cant_reread},
     .handler = answers(reload_config)},
    {.name = "supervisor.previewUpdate",
     .doc = "Read the configuration again and say what `supervisorctl update` would do with it.  Does nothing, and "
            "forgets what it read.",
     .result = {"result", "Structures of group, change (added, changed, removed), options (structures of process, option, "
                          "old and new) and processes (structures of name and effect: start, stop, restart, nothing)"},
     .faults = {Fault::cant_reread},
     .handler = answers(preview_update)},
    {.name = "supervisor.addProcessGroup",
     .doc = "Activate a group of the configuration as it was last read.",
     .params = {{"name", group_name}},
     .result = always_true,
     .faults = {Fault::bad_name, Fault::already_added, Fault::failed},
     .handler = answers(add_process_group)},
    {.name = "supervisor.removeProcessGroup",
     .doc = "Forget a group whose processes have all stopped.",
     .params = {{"name", group_name}},
     .result = always_true,
     .faults = {Fault::bad_name, Fault::still_running},
     .handler = answers(remove_process_group)},
    {.name = "supervisor.getAllConfigInfo",
     .doc = "Options of all processes of the configuration as it was last read.",
     .result = {"result", "Structures of options, one for each process, sorted by name"},
     .handler = answers(get_all_config_info)},

    {.name = "supervisor.getProcessInfo",
     .doc = "What there is to know of a process.",
     .params = {{"name", one_name}},
     .result = {"result", "Structure of name, group, state, times, exit status, log files, pid and description"},
     .faults = {Fault::bad_name},
     .handler = answers(get_process_info)},
    {.name = "supervisor.getAllProcessInfo",
     .doc = "What getProcessInfo says, of all processes.",
     .result = {"result", "Structures, sorted by group and name"},
     .handler = answers(get_all_process_info)},
    {.name = "supervisor.getAllProcessTrees",
     .doc = "What has been started by each process that runs, and by those, as far as it is found.  Not in Supervisor.",
     .result = {"result", "Structures of name and group (of the process), pid, parent (a pid) and command; the process "
                          "itself comes first"},
     .handler = answers(get_all_process_trees)},
    {.name = "supervisor.getAllEventPoolInfo",
     .doc = "What there is to know of the pools of event listeners.  Not in Supervisor.",
     .result = {"result", "Structures of name, buffer_size, events waiting and discarded, listeners by state"},
     .handler = answers(get_all_event_pool_info)},

    {.name = "supervisor.startProcess",
     .doc = "Start a process and, unless told not to, wait until it has started.",
     .params = {{"name", one_or_all_names}, {"wait", wait_started}},
     .result = {"result", "Always true unless error; for a group what startProcessGroup returns"},
     .faults = {Fault::bad_name, Fault::no_file, Fault::not_executable, Fault::already_started, Fault::failed,
                Fault::spawn_error, Fault::abnormal_termination},
     .handler = promises(start_process)},
    {.name = "supervisor.startProcessGroup",
     .doc = "Start those processes of a group that are not up, all at once.",
     .params = {{"name", group_name}, {"wait", "Answer when all have started or failed (default true)"}},
     .result = results,
     .faults = {Fault::bad_name},
     .handler = promises(start_process_group)},
    {.name = "supervisor.startAllProcesses",
     .doc = "Start all processes that are not up, all at once.",
     .params = {{"wait", "Answer when all have started or failed (default true)"}},
     .result = results,
     .handler = promises(start_all_processes)},

    {.name = "supervisor.stopProcess",
     .doc = "Stop a process and, unless told not to, wait until it has stopped.",
     .params = {{"name", one_or_all_names}, {"wait", wait_stopped}},
     .result = {"result", "Always true unless error; for a group what stopProcessGroup returns"},
     .faults = {Fault::bad_name, Fault::not_running},
     .handler = promises(stop_process)},
    {.name = "supervisor.stopProcessGroup",
     .doc = "Stop those processes of a group that are up, all at once.",
     .params = {{"name", group_name}, {"wait", "Answer when all have stopped (default true)"}},
     .result = results,
     .faults = {Fault::bad_name},
     .handler = promises(stop_process_group)},
    {.name = "supervisor.stopAllProcesses",
     .doc = "Stop all processes that are up, all at once.",
     .params = {{"wait", "Answer when all have stopped (default true)"}},
     .result = results,
     .handler = promises(stop_all_processes)},

    {.name = "supervisor.signalProcess",
     .doc = "Send a signal to a process, not to its process group.  Does not change its state.",
     .params = {{"name", one_or_all_names}, {"signal", signal_doc}},
     .result = {"result", "Always true unless error; for a group what signalProcessGroup returns"},
     .faults = {Fault::bad_name, Fault::bad_signal, Fault::not_running, Fault::failed},
     .handler = promises(signal_process)},
    {.name = "supervisor.signalProcessGroup",
     .doc = "Send a signal to those processes of a group that there are.",
     .params = {{"name", group_name}, {"signal", signal_doc}},
     .result = results,
     .faults = {Fault::bad_name},
     .handler = promises(signal_process_group)},
    {.name = "supervisor.signalAllProcesses",
     .doc = "Send a signal to all processes that there are.  Does so even while supervisord goes down, though "
            "SHUTDOWN_STATE is the answer then.",
     .params = {{"signal", signal_doc}},
     .result = results,
     .handler = always(promises(signal_all_processes))},
    {.name = "supervisor.sendProcessStdin",
     .doc = "Write text to the standard input of a process.",
     .params = {{"name", one_name}, {"chars", "Text; it arrives as UTF-8"}},
     .result = always_true,
     .faults = {Fault::incorrect_parameters, Fault::bad_name, Fault::not_running, Fault::no_file, Fault::failed},
     .handler = answers(send_process_stdin)},

    {.name = "supervisor.readLog",
     .aliases = {"supervisor.readMainLog"},
     .doc = "Read from the activity log.",
     .params = {{"offset", read_offset}, {"length", read_length}},
     .result = log_text,
     .faults = {Fault::bad_arguments, Fault::no_file, Fault::failed},
     .handler = answers(read_log)},
    {.name = "supervisor.clearLog",
     .doc = "Empty the activity log.",
     .result = always_true,
     .faults = {Fault::no_file, Fault::failed},
     .handler = answers(clear_log)},
    {.name = "supervisor.readProcessStdoutLog",
     .aliases = {"supervisor.readProcessLog"},
     .doc = "Read from the stdout log of a process.",
     .params = {{"name", one_name}, {"offset", read_offset}, {"length", read_length}},
     .result = log_text,
     .faults = {Fault::bad_name, Fault::bad_arguments, Fault::no_file, Fault::failed},
     .handler = answers(read_process_stdout_log)},
    {.name = "supervisor.readProcessStderrLog",
     .doc = "Read from the stderr log of a process.",
     .params = {{"name", one_name}, {"offset", read_offset}, {"length", read_length}},
     .result = log_text,
     .faults = {Fault::bad_name, Fault::bad_arguments, Fault::no_file, Fault::failed},
     .handler = answers(read_process_stderr_log)},
    {.name = "supervisor.tailProcessStdoutLog",
     .aliases = {"supervisor.tailProcessLog"},
     .doc = "The end of the stdout log of a process, for clients that ask again and again.",
     .params = {{"name", one_name}, {"offset", tail_offset}, {"length", tail_length}},
     .result = log_tail,
     .faults = {Fault::bad_name},
     .handler = answers(tail_process_stdout_log)},
    {.name = "supervisor.tailProcessStderrLog",
     .doc = "The end of the stderr log of a process, for clients that ask again and again.",
     .params = {{"name", one_name}, {"offset", tail_offset}, {"length", tail_length}},
     .result = log_tail,
     .faults = {Fault::bad_name},
     .handler = answers(tail_process_stderr_log)},
    {.name = "supervisor.clearProcessLogs",
     .aliases = {"supervisor.clearProcessLog"},
     .doc = "Empty the logs of a process.  Files that rotation has put aside stay.",
     .params = {{"name", one_name}},
     .result = always_true,
     .faults = {Fault::bad_name, Fault::failed},
     .handler = answers(clear_process_logs)},
    {.name = "supervisor.clearAllProcessLogs",
     .doc = "Empty the logs of all processes.",
     .result = results,
     .handler = answers(clear_all_process_logs)},

    {.name = "system.listMethods",
     .doc = "Names of all methods.",
     .result = {"names", "Names, sorted"},
     .handler = always(answers(list_methods))},
    {.name = "system.methodHelp",
     .doc = "Documentation of a method.",
     .params = {{"name", "Method, as `supervisor.getState`"}},
     .result = {"text", "This text"},
     .faults = {Fault::signature_unsupported},
     .handler = always(answers(method_help))},
    {.name = "system.methodSignature",
     .doc = "Types of a method's result and of its parameters.",
     .params = {{"name", "Method, as `supervisor.getState`"}},
     .result = {"types", "Type of the result, then of each parameter"},
     .faults = {Fault::signature_unsupported},
     .handler = always(answers(method_signature))},
    {.name = "system.multicall",
     .doc = "Call several methods, one after the other: each begins when the one before it has its answer.",
     .params = {{"calls", "Structures of methodName and params; params may be left out"}},
     .result = {"results", "The result of each call as it is, or a structure of faultCode and faultString"},
     .faults = {Fault::incorrect_parameters},
     .handler = always(promises(multicall))},
};

}  // namespace

std::span<const Method> methods() { return rows; }

const Method* find_method(std::string_view name) {
    for (const Method& row : rows)
        if (row.name == name || std::ranges::find(row.aliases, name) != row.aliases.end()) return &row;
    return nullptr;
}

std::vector<std::string> method_names() {
    std::vector<std::string> names;
    for (const Method& row : rows) {
        names.emplace_back(row.name);
        names.insert(names.end(), row.aliases.begin(), row.aliases.end());
    }
    std::ranges::sort(names);
    return names;
}

std::string help(const Method& method) {
    const auto& types = method.handler.types;
    std::string text = base::concat(method.doc, "\n");
    for (std::size_t i = 0; i < method.params.size(); ++i)
        text += base::concat("\n@param ", types[i + 1], " ", method.params[i].name, " ", method.params[i].doc);
    text += base::concat("\n@return ", types[0], " ", method.result.name, " ", method.result.doc);
    for (const Fault fault : method.faults) text += base::concat("\n@fault ", api::code(fault), " ", api::name(fault));
    return text;
}

}  // namespace rpc
