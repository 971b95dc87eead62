// From a program to what the keeper needs to start it: the command found, the environment merged, the pipes made.  The checks and their texts are those of compat/process.md, section 4.1.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/base/fd.hpp"
#include "common/config/model.hpp"
#include "supervisord/keeper/message.hpp"
#include "supervisord/keeper/spec.hpp"
#include "supervisord/process/command.hpp"

namespace control {

struct World;

/// Looks at the file system as this process may.
[[nodiscard]] std::variant<process::Executable, process::Unusable> find_command(const config::Program& program,
                                                                                const World& world);

struct Launch {
    keeper::Message message;  // but for seq and inc
    std::vector<base::Fd> descriptors;
    base::Fd input, output, error;  // our ends; no error with redirect_stderr, no input with a socket
    std::vector<std::string> warnings;  // for the activity log: what is not as it should be, and no reason not to start
};

/// With killmode=tree, else both "".
struct Containment {
    std::string cgroup;  // as Spec has it
    std::string mark;    // the value of tree_variable
};

/// Everything but opening the logs.  socket: what the child gets as standard input in place of a pipe; -1: nothing.
/// user: whom the child becomes, or why it cannot, which is its to say (compat/process.md, section 5).  The text is spawnerr.
[[nodiscard]] std::variant<Launch, std::string> prepare(const config::Program& program, std::string_view group,
                                                        const process::Executable& executable, int socket, const Containment& containment,
                                                        std::optional<keeper::Spec::User> user, const World& world);

}  // namespace control
