#include "supervisorctl/commands.hpp"

#include "common/base/text.hpp"
#include "supervisorctl/exit_status.hpp"
#include "supervisorctl/families.hpp"
#include "supervisorctl/patterns.hpp"
#include "supervisorctl/session.hpp"

namespace supervisorctl {

namespace {

constexpr Switch switch_table[] = {
    {takes::json, "--json", "", "Print JSON on standard output, and everything else on standard error."},
    {takes::timeout, "--timeout", "SECONDS", "Give up when there is no answer after so long; what was begun goes on."},
    {takes::parallel, "--parallel", "", "Do not wait for one process before the next; on a terminal it is always so."},
    {takes::dry_run, "--dry-run", "", "Print what would be done, and do nothing."},
    {takes::watch, "--watch", "", "Show it again and again, on a terminal as a screen with keys; q or Ctrl-C ends it."},
    {takes::interval, "--interval", "SECONDS", "With --watch: how often, 2 if not given; 0.5 is twice a second."},
    {takes::tree, "--tree", "", "Show too what each process has started, and what that has started."},
    {takes::strict, "--strict", "", "Take names of options and sections that mean nothing for errors."},
};

constexpr double shortest_interval = 0.1, longest_interval = 86400;  // seconds

constexpr unsigned asks = takes::timeout;                 // what every command can that talks to the server
constexpr unsigned tells = takes::timeout | takes::json;  // and what those can that print what it says

constexpr Command table[] = {
    {.name = "add",
     .run = add,
     .completes = Completes::groups,
     .switches = asks,
     .help = "add <name> [...]\tActivates any updates in config for process/group\n"},
    {.name = "avail",
     .run = avail,
     .switches = tells,
     .takes_arguments = false,
     .help = "avail\t\t\tDisplay all configured processes\n"},
    {.name = "check",
     .run = check,
     .switches = takes::json | takes::strict,
     .listed = Listed::as_more,
     .local = true,
     .help = "check\t\t\tSay what is wrong with the configuration file, and do nothing\n"
             "check <file>\t\tThe same for another file\n"},
    {.name = "clear",
     .run = clear,
     .completes = Completes::processes,
     .switches = tells,
     .checks_server = true,
     .help = "clear <name>\t\tClear a process' log files.\n"
             "clear <name> <name>\tClear multiple process' log files\n"
             "clear all\t\tClear all process' log files\n"},
    {.name = "EOF", .run = leave, .listed = Listed::nowhere, .help = ""},
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
     .listed = Listed::nowhere,
     .help = "help\t\tPrint a list of available actions\n"
             "help <action>\tPrint help for <action>\n"},
    {.name = "maintail",
     .run = maintail,
     .switches = tells,
     .checks_server = true,
     .help = "maintail -f \tContinuous tail of supervisor main log file (Ctrl-C to exit)\n"
             "maintail -100\tlast 100 *bytes* of supervisord main log file\n"
             "maintail\tlast 1600 *bytes* of supervisor main log file\n"
             "\n"},
    {.name = "mrestart",
     .run = restart,
     .completes = Completes::processes,
     .switches = tells | takes::parallel,
     .checks_server = true,
     .listed = Listed::of_plugin,
     .help = "mrestart <pattern> [...]\tRestart all processes whose names are like it, as restart does\n"},
    {.name = "mstart",
     .run = start,
     .completes = Completes::processes,
     .switches = tells | takes::parallel,
     .checks_server = true,
     .listed = Listed::of_plugin,
     .help = "mstart <pattern> [...]\tStart all processes whose names are like it, as start does\n"},
    {.name = "mstop",
     .run = stop,
     .completes = Completes::processes,
     .switches = tells | takes::parallel,
     .checks_server = true,
     .listed = Listed::of_plugin,
     .help = "mstop <pattern> [...]\tStop all processes whose names are like it, as stop does\n"},
    {.name = "open",
     .run = open,
     .help = "open <url>\tConnect to a remote supervisord process.\n"
             "\t\t(for UNIX domain socket, use unix:///socket/path)\n"},
    {.name = "pid",
     .run = pid,
     .completes = Completes::processes,
     .switches = tells,
     .checks_server = true,
     .help = "pid\t\t\tGet the PID of supervisord.\n"
             "pid <name>\t\tGet the PID of a single child process by name.\n"
             "pid all\t\t\tGet the PID of every child process, one per line.\n"},
    {.name = "quickrestart",
     .run = quick_restart,
     .completes = Completes::processes,
     .switches = tells,
     .checks_server = true,
     .listed = Listed::of_plugin,
     .help = "quickrestart <name> [...]\tStop, and then start without waiting until it runs\n"},
    {.name = "quickstart",
     .run = quick_start,
     .completes = Completes::processes,
     .switches = tells,
     .checks_server = true,
     .listed = Listed::of_plugin,
     .help = "quickstart <name> [...]\tStart without waiting until it runs\n"},
    {.name = "quickstop",
     .run = quick_stop,
     .completes = Completes::processes,
     .switches = tells,
     .checks_server = true,
     .listed = Listed::of_plugin,
     .help = "quickstop <name> [...]\tStop without waiting until it has stopped\n"},
    {.name = "quit", .run = leave, .help = "quit\tExit the supervisor shell.\n"},
    {.name = "reload",
     .run = reload,
     .switches = asks,
     .takes_arguments = false,
     .help = "reload \t\tRestart the remote supervisord.\n"},
    {.name = "remove",
     .run = remove,
     .completes = Completes::groups,
     .switches = asks,
     .help = "remove <name> [...]\tRemoves process/group from active config\n"},
    {.name = "reread",
     .run = reread,
     .switches = tells,
     .takes_arguments = false,
     .help = "reread \t\t\tReload the daemon's configuration files without add/remove\n"},
    {.name = "restart",
     .run = restart,
     .completes = Completes::processes,
     .switches = tells | takes::parallel,
     .checks_server = true,
     .help = "restart <name>\t\tRestart a process\n"
             "restart <gname>:*\tRestart all processes in a group\n"
             "restart <name> <name>\tRestart multiple processes or groups\n"
             "restart all\t\tRestart all processes\n"
             "Note: restart does not reread config files. For that, see reread and update.\n"},
    {.name = "serialrestart",
     .run = serial_restart,
     .completes = Completes::processes,
     .switches = tells,
     .checks_server = true,
     .listed = Listed::of_plugin,
     .help = "serialrestart <name> [...]\tRestart one process after the other, also those of a group or all\n"},
    {.name = "shutdown",
     .run = shutdown,
     .switches = asks,
     .takes_arguments = false,
     .help = "shutdown \tShut the remote supervisord down.\n"},
    {.name = "signal",
     .run = signal,
     .completes = Completes::processes,
     .switches = tells,
     .checks_server = true,
     .help = "signal <signal name> <name>\t\tSignal a process\n"
             "signal <signal name> <gname>:*\t\tSignal all processes in a group\n"
             "signal <signal name> <name> <name>\tSignal multiple processes or groups\n"
             "signal <signal name> all\t\tSignal all processes\n"},
    {.name = "start",
     .run = start,
     .completes = Completes::processes,
     .switches = tells | takes::parallel,
     .checks_server = true,
     .help = "start <name>\t\tStart a process\n"
             "start <gname>:*\t\tStart all processes in a group\n"
             "start <name> <name>\tStart multiple processes or groups\n"
             "start all\t\tStart all processes\n"},
    {.name = "status",
     .run = status,  // checks the server itself: for it every failure is status 4
     .completes = Completes::processes,
     .switches = tells | takes::watch | takes::interval | takes::tree,
     .help = "status <name>\t\tGet status for a single process\n"
             "status <gname>:*\tGet status for all processes in a group\n"
             "status <name> <name>\tGet status for multiple named processes\n"
             "status\t\t\tGet all process status info\n"},
    {.name = "stop",
     .run = stop,
     .completes = Completes::processes,
     .switches = tells | takes::parallel,
     .checks_server = true,
     .help = "stop <name>\t\tStop a process\n"
             "stop <gname>:*\t\tStop all processes in a group\n"
             "stop <name> <name>\tStop multiple processes or groups\n"
             "stop all\t\tStop all processes\n"},
    {.name = "tail",
     .run = tail,
     .completes = Completes::processes,
     .switches = tells,
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
     .switches = takes::timeout | takes::dry_run | takes::json,
     .help = "update\t\t\tReload config and add/remove as necessary, and will restart affected programs\n"
             "update all\t\tReload config and add/remove as necessary, and will restart affected programs\n"
             "update <gname> [...]\tUpdate specific groups\n"},
    {.name = "upgrade",
     .run = upgrade,
     .switches = asks,
     .takes_arguments = false,
     .listed = Listed::as_more,
     .help = "upgrade\t\t\tGo on with the supervisord that is installed now; no process is stopped or restarted\n"},
    {.name = "version",
     .run = version,
     .switches = tells,
     .takes_arguments = false,
     .checks_server = true,
     .help = "version\t\t\tShow the version of the remote supervisord process\n"},
};

bool is_word(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

const Switch* find_switch(const Command& command, std::string_view word) {
    for (const Switch& row : switch_table)
        if ((command.switches & row.bit) != 0 && row.name == word.substr(0, word.find('='))) return &row;
    return nullptr;
}

/// False: it is none.
bool take_value(Manner& manner, const Switch& row, std::string_view value) {
    using std::chrono::seconds, std::chrono::milliseconds;
    if (row.bit == takes::timeout) {
        std::uint32_t number = 0;
        if (!base::parse_digits(value, number) || number == 0) return false;
        manner.timeout = seconds(number);
        return true;
    }
    double number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number, std::chars_format::fixed);
    if (error != std::errc{} || end != value.data() + value.size()) return false;
    if (!(number >= shortest_interval && number <= longest_interval)) return false;
    manner.interval = milliseconds(static_cast<std::int64_t>(number * 1000));
    return true;
}

/// Takes the switches of a command out of its words.  False: what is wrong has been said.
bool take_switches(Session& session, const Command& command, Arguments& words) {
    Manner manner;
    Arguments rest;
    for (std::size_t at = 0; at < words.size(); ++at) {
        const Switch* row = find_switch(command, words[at]);
        const auto equals = words[at].find('=');
        if (!row || (row->argument.empty() && equals != std::string::npos)) {
            rest.push_back(words[at]);
            continue;
        }
        manner.given |= row->bit;
        if (row->argument.empty()) continue;
        const std::string value = equals != std::string::npos ? words[at].substr(equals + 1)
                                  : at + 1 < words.size()     ? words[++at]
                                                              : "";
        if (!take_value(manner, *row, value)) {
            session.say(base::concat("Error: ", row->name, " requires a number of seconds"));
            return session.fail(exit_status::invalid_arguments), false;
        }
    }
    if (const auto both = takes::watch | takes::interval; (manner.given & both) == takes::interval) {
        session.say("Error: --interval goes with --watch");
        return session.fail(exit_status::invalid_arguments), false;
    }
    if (const auto both = takes::watch | takes::tree; (manner.given & both) == both) {
        session.say("Error: --tree does not go with --watch");
        return session.fail(exit_status::invalid_arguments), false;
    }
    words = std::move(rest);
    session.set_manner(manner);
    return true;
}

}  // namespace

std::span<const Command> commands() { return table; }

std::span<const Switch> switches() { return switch_table; }

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
    session.set_manner({});
    const CommandLine parsed = parse_command_line(line);
    const Command* command = find_command(parsed.name);
    if (!command) {
        session.say(base::concat("*** Unknown syntax: ", line));
        return session.fail(exit_status::generic);
    }
    const auto split = base::words(parsed.rest);
    Arguments words(split.begin(), split.end());
    if (!take_switches(session, *command, words)) return;
    if (!command->takes_arguments && !words.empty()) {
        say_with_help(session, base::concat("Error: ", command->name, " accepts no arguments"), command->name);
        return session.fail(exit_status::generic);
    }
    if (command->checks_server && !session.server_answers()) return;
    if (command->checks_server && command->completes == Completes::processes)
        words = expand_patterns(session, std::move(words));
    command->run(session, words);
}

void say_with_help(Session& session, std::string_view message, std::string_view command) {
    session.say(message);
    if (const Command* row = find_command(command)) session.write(row->help);
}

}  // namespace supervisorctl
