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

struct Command {
    std::string_view name;
    void (*run)(Session&, const Arguments&);
    Completes completes = Completes::nothing;
    bool takes_arguments = true;  // if not, any is an error
    bool checks_server = false;   // before it runs: Session::server_answers()
    bool listed = true;           // by `help`
    std::string_view help;        // each line ends in a newline; tabs as Supervisor has them
};

[[nodiscard]] std::span<const Command> commands();
[[nodiscard]] const Command* find_command(std::string_view name);

/// "status web" is {status, web}; "? x" is {help, x}; an empty name is no command's.
struct CommandLine {
    std::string name, rest;
};
[[nodiscard]] CommandLine parse_command_line(std::string_view line);

void dispatch(Session& session, std::string_view line);

/// The help of a command after a message about how it was used.
void say_with_help(Session& session, std::string_view message, std::string_view command);

}  // namespace supervisorctl
