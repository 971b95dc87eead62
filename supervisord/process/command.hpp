// From `command` to something that can be executed: the search for the program (compat/process.md, section 4.1).  Looks
// at no file: the probe that is given does.  Does not execute.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/config/model.hpp"

namespace process {

struct FileFacts {
    bool exists = false;
    bool is_directory = false;
    mode_t mode = 0;          // permission bits
    bool executable = false;  // by supervisord: access(2) with X_OK
};
/// Follows symbolic links.  The path may be relative only if supervisord's own directory is meant.
using Probe = std::function<FileFacts(const std::string& path)>;

struct Executable {
    std::string file;  // for execve(2), in the child, once it is in the program's directory
    std::vector<std::string> arguments;  // the first is the program as the user wrote it
};

struct Unusable {
    enum class Why { malformed, empty, not_found, is_directory, not_executable, no_permission };
    Why why;
    std::string text;  // as spawnerr has it
};

/// PATH is that of the program's environment, else `path`, supervisord's own, else a built-in one.
[[nodiscard]] std::variant<Executable, Unusable> find_command(const config::Program& program, std::string_view path,
                                                              const Probe& probe);

}  // namespace process
