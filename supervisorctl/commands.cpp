#include "supervisorctl/commands.hpp"

#include "common/base/text.hpp"
#include "supervisorctl/exit_status.hpp"
#include "supervisorctl/families.hpp"
#include "supervisorctl/session.hpp"

namespace supervisorctl {

namespace {

constexpr Command table[] = {
    {.name = "add",
     .run = add,
     .completes = Completes::groups,
     .help = "add <name> [...]\tActivates any updates in config for process/group\n"},
    {.name = "avail", .run = avail, .takes_arguments = false, .help = "avail\t\t\tDisplay all configured processes\n"},
    {.name = "clear",
     .run = clear,
     .completes = Completes::processes,
     .checks_server = true,
     .help = "clear <name>\t\tClear a process' log files.\n"
             "clear <name> <name>\tClear multiple process' log files\n"
             "clear all\t\tClear all process' log files\n"},
    {.name = "EOF", .run = leave, .listed = false, .help = ""},
    {.name = "exit", .run = leave, .help = "exit\tExit the supervisor shell.\n"},
    {.name = "fg",
     .run = fg,
     .completes = Completes::processes,
     .checks_server = true,
     .help = "fg <process>\tConnect to a process in foreground mode\n"
             "\t\tCtrl-C to exit\n"},
    {.name = "help",
     .run = help,
     .completes = Completes::commands,
     .listed = false,
     .help = "help\t\tPrint a list of available actions\n"
             "help <action>\tPrint help for <action>\n"},
    {.name = "maintail",
     .run = maintail,
     .checks_server = true,
     .help = "maintail -f \tContinuous tail of supervisor main log file (Ctrl-C to exit)\n"
             "maintail -100\tlast 100 *bytes* of supervisord main log file\n"
             "maintail\tlast 1600 *bytes* of supervisor main log file\n"
             "\n"},
    {.name = "open",
     .run = open,
     .help = "open <url>\tConnect to a remote supervisord process.\n"
             "\t\t(for UNIX domain socket, use unix:///socket/path)\n"},
    {.name = "pid",
     .run = pid,
     .completes = Completes::processes,
     .checks_server = true,
     .help = "pid\t\t\tGet the PID of supervisord.\n"
             "pid <name>\t\tGet the PID of a single child process by name.\n"
             "pid all\t\t\tGet the PID of every child process, one per line.\n"},
    {.name = "quit", .run = leave, .help = "quit\tExit the supervisor shell.\n"},
    {.name = "reload", .run = reload, .takes_arguments = false, .help = "reload \t\tRestart the remote supervisord.\n"},
    {.name = "remove",
     .run = remove,
     .completes = Completes::groups,
     .help = "remove <name> [...]\tRemoves process/group from active config\n"},
    {.name = "reread",
     .run = reread,
     .takes_arguments = false,
     .help = "reread \t\t\tReload the daemon's configuration files without add/remove\n"},
    {.name = "restart",
     .run = restart,
     .completes = Completes::processes,
     .checks_server = true,
     .help = "restart <name>\t\tRestart a process\n"
             "restart <gname>:*\tRestart all processes in a group\n"
             "restart <name> <name>\tRestart multiple processes or groups\n"
             "restart all\t\tRestart all processes\n"
             "Note: restart does not reread config files. For that, see reread and update.\n"},
    {.name = "shutdown",
     .run = shutdown,
     .takes_arguments = false,
     .help = "shutdown \tShut the remote supervisord down.\n"},
    {.name = "signal",
     .run = signal,
     .completes = Completes::processes,
     .checks_server = true,
     .help = "signal <signal name> <name>\t\tSignal a process\n"
             "signal <signal name> <gname>:*\t\tSignal all processes in a group\n"
             "signal <signal name> <name> <name>\tSignal multiple processes or groups\n"
             "signal <signal name> all\t\tSignal all processes\n"},
    {.name = "start",
     .run = start,
     .completes = Completes::processes,
     .checks_server = true,
     .help = "start <name>\t\tStart a process\n"
             "start <gname>:*\t\tStart all processes in a group\n"
             "start <name> <name>\tStart multiple processes or groups\n"
             "start all\t\tStart all processes\n"},
    {.name = "status",
     .run = status,  // checks the server itself: for it every failure is status 4
     .completes = Completes::processes,
     .help = "status <name>\t\tGet status for a single process\n"
             "status <gname>:*\tGet status for all processes in a group\n"
             "status <name> <name>\tGet status for multiple named processes\n"
             "status\t\t\tGet all process status info\n"},
    {.name = "stop",
     .run = stop,
     .completes = Completes::processes,
     .checks_server = true,
     .help = "stop <name>\t\tStop a process\n"
             "stop <gname>:*\t\tStop all processes in a group\n"
             "stop <name> <name>\tStop multiple processes or groups\n"
             "stop all\t\tStop all processes\n"},
    {.name = "tail",
     .run = tail,
     .completes = Completes::processes,
     .checks_server = true,
     .help = "tail [-f] <name> [stdout|stderr] (default stdout)\n"
             "Ex:\n"
             "tail -f <name>\t\tContinuous tail of named process stdout\n"
             "\t\t\tCtrl-C to exit.\n"
             "tail -100 <name>\tlast 100 *bytes* of process stdout\n"
             "tail <name> stderr\tlast 1600 *bytes* of process stderr\n"},
    {.name = "update",
     .run = update,
     .completes = Completes::groups,
     .help = "update\t\t\tReload config and add/remove as necessary, and will restart affected programs\n"
             "update all\t\tReload config and add/remove as necessary, and will restart affected programs\n"
             "update <gname> [...]\tUpdate specific groups\n"},
    {.name = "version",
     .run = version,
     .takes_arguments = false,
     .checks_server = true,
     .help = "version\t\t\tShow the version of the remote supervisord process\n"},
};

bool is_word(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

}  // namespace

std::span<const Command> commands() { return table; }

const Command* find_command(std::string_view name) {
    for (const Command& command : table)
        if (command.name == name) return &command;
    return nullptr;
}

CommandLine parse_command_line(std::string_view line) {
    line = base::strip(line);
    if (line.starts_with('?')) return {"help", std::string(base::strip(line.substr(1)))};
    std::size_t end = 0;
    while (end < line.size() && is_word(line[end])) ++end;
    return {std::string(line.substr(0, end)), std::string(base::strip(line.substr(end)))};
}

void dispatch(Session& session, std::string_view line) {
    line = base::strip(line);
    if (line.empty()) return;
    const CommandLine parsed = parse_command_line(line);
    const Command* command = find_command(parsed.name);
    if (!command) {
        session.say(base::concat("*** Unknown syntax: ", line));
        return session.fail(exit_status::generic);
    }
    if (!command->takes_arguments && !parsed.rest.empty()) {
        say_with_help(session, base::concat("Error: ", command->name, " accepts no arguments"), command->name);
        return session.fail(exit_status::generic);
    }
    if (command->checks_server && !session.server_answers()) return;
    const auto words = base::words(parsed.rest);
    command->run(session, Arguments(words.begin(), words.end()));
}

void say_with_help(Session& session, std::string_view message, std::string_view command) {
    session.say(message);
    if (const Command* row = find_command(command)) session.terminal().write(row->help);
}

}  // namespace supervisorctl
