// What the reading of a configuration takes from the machine: one object, so that a test can be another machine.
// Everything here only looks; nothing is created, opened for writing or changed.
#pragma once

#include <sys/types.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "common/base/result.hpp"
#include "common/config/model.hpp"

namespace config {

struct Surroundings {
    Environment environment;          // %(ENV_x)s, and HOME for "~"
    std::string host_node_name;       // as `uname -n`
    std::string cwd;                  // absolute
    std::string temporary_directory;  // where AUTO logs go when childlogdir is not set
    uid_t uid = 0;                    // effective, of this process

    /// Options of [supervisord] from the command line, name to text ("nodaemon" to "true"); each wins over the file.
    std::map<std::string, std::string> command_line;

    bool strict = false;  // names of options and sections that mean nothing are errors

    std::function<bool(const std::string& path)> exists;
    std::function<bool(const std::string& path)> is_directory;
    /// A whole file; the error says why not.
    std::function<base::Result<std::string>(const std::string& path)> read_file;
    /// The existing paths that a shell pattern matches, sorted by their bytes (compat/config.md, section 4.5).
    std::function<std::vector<std::string>(const std::string& pattern)> glob;

    /// The machine as it is, seen by this process; no command line.
    [[nodiscard]] static Surroundings of_this_process();
};

}  // namespace config
