// From `command` to something that can be executed: the words of the shell, and the search for the program
// (compat/process.md, section 4.1).  Looks at no file: the probe that is given does.  Does not execute.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/base/result.hpp"
#include "common/config/model.hpp"

namespace process {

/// The words of a command line by the rules of POSIX shells for quotes and backslashes, and no others: nothing is
/// expanded, nothing is a comment.  The error is "No closing quotation" or "No escaped character".
[[nodiscard]] base::Result<std::vector<std::string>> split_command(std::string_view command);

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
