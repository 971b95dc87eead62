// The command line of supervisorctl, and the [supervisorctl] section under it (compat/cli.md, section 1).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "common/config/command_line.hpp"
#include "common/config/surroundings.hpp"
#include "supervisorctl/session.hpp"

namespace supervisorctl {

/// The options in front of the action.
[[nodiscard]] std::span<const config::Flag> flags();

struct Invocation {
    Settings settings;
    std::string command_line;  // the words joined by blanks, as one line of the shell
    bool has_command = false;  // if not: the shell
};
struct HelpWanted {};
struct UsageError {
    std::string message;  // "option -x not recognized"
};

/// program: the path with which it was executed; the file is looked for near it too.
[[nodiscard]] std::variant<Invocation, HelpWanted, UsageError> read_arguments(std::span<const std::string> arguments,
                                                                             const std::string& program,
                                                                             const config::Surroundings& surroundings);
/// The text of --help, with its empty last line.
[[nodiscard]] std::string help_text(std::string_view program);

}  // namespace supervisorctl
