// THE table of commands: help, dispatch, the list of commands, completion and the check of the manual page come from
// it.  To add a command, add its row, and its function to the family that it belongs to (families.hpp).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace supervisorctl {

class Session;

/// The words after the command.
using Arguments = std::vector<std::string>;

/// What Tab offers after the command.
enum class Completes { nothing, commands, groups, processes };

/// Words that begin with two dashes and may stand anywhere behind the command, which has the bit.  A word that is none
/// of its own stays an argument, as Supervisor has it.
namespace takes {
inline constexpr unsigned json = 1, timeout = 2, dry_run = 4, strict = 8, parallel = 16, watch = 32, interval = 64, tree = 128;
}
struct Switch {
    unsigned bit;
    std::string_view name;      // "--timeout"
    std::string_view argument;  // "SECONDS", after a blank or "="; empty: takes none
    std::string_view doc;       // one sentence
};

/// Where `help` has it: among those that Supervisor has too, whose list scripts compare, behind them, or nowhere.
/// What only plugins of Supervisor have is not offered at Tab either: most people have no use for it.
enum class Listed { as_default, as_more, nowhere, of_plugin };

struct Command {
    std::string_view name;
    void (*run)(Session&, const Arguments&);
    Completes completes = Completes::nothing;
    unsigned switches = 0;        // bits of takes
    bool takes_arguments = true;  // if not, any is an error
    bool checks_server = false;   // before it runs: Session::server_answers()
    Listed listed = Listed::as_default;
    bool local = false;           // needs no server, and no settings of the file either
    std::string_view help;        // each line ends in a newline; tabs as Supervisor has them
};

[[nodiscard]] std::span<const Command> commands();
[[nodiscard]] const Command* find_command(std::string_view name);
[[nodiscard]] std::span<const Switch> switches();

/// "status web" is {status, web}; "? x" is {help, x}; an empty name is no command's.
struct CommandLine {
    std::string name, rest;
};
[[nodiscard]] CommandLine parse_command_line(std::string_view line);

void dispatch(Session& session, std::string_view line);

/// The help of a command after a message about how it was used.
void say_with_help(Session& session, std::string_view message, std::string_view command);

}  // namespace supervisorctl
