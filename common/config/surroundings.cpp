#include "common/config/surroundings.hpp"

#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

#include "common/base/fd.hpp"
#include "common/base/text.hpp"
#include "common/config/wildcards.hpp"

extern char** environ;

namespace config {

namespace {

/// More than any configuration is; a device or a log named by mistake is refused.
constexpr std::size_t longest_file = 16 * 1024 * 1024;

Environment own_environment() {
    Environment variables;
    for (char** entry = environ; entry && *entry; ++entry) {
        const std::string_view text = *entry;
        const auto equals = text.find('=');
        if (equals != std::string_view::npos) variables.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
    return variables;
}

/// Where temporary files go, as Python finds it: the first of these that can be written.
std::string temporary_directory(const Environment& environment, const std::string& cwd) {
    std::vector<std::string> candidates;
    for (const char* variable : {"TMPDIR", "TEMP", "TMP"})
        if (const auto value = environment.find(variable); value != environment.end() && !value->second.empty())
            candidates.push_back(base::absolute_path(value->second, cwd));
    candidates.insert(candidates.end(), {"/tmp", "/var/tmp", "/usr/tmp", cwd});
    for (const auto& path : candidates)
        if (base::is_directory(path) && ::access(path.c_str(), W_OK | X_OK) == 0) return path;
    return cwd;
}

}  // namespace

Surroundings Surroundings::of_this_process() {
    Surroundings machine;
    machine.environment = own_environment();
    ::utsname system{};
    if (::uname(&system) == 0) machine.host_node_name = system.nodename;
    machine.cwd = base::current_directory();
    machine.temporary_directory = config::temporary_directory(machine.environment, machine.cwd);
    machine.uid = ::geteuid();
    machine.exists = [](const std::string& path) {
        struct stat facts{};
        return ::stat(path.c_str(), &facts) == 0;
    };
    machine.is_directory = base::is_directory;
    machine.read_file = [](const std::string& path) { return base::read_file(path, longest_file); };
    machine.glob = find_paths;
    return machine;
}

}  // namespace config
