// A machine for tests: files that exist only here.
#pragma once

#include <map>
#include <set>
#include <string>

#include "common/base/fd.hpp"
#include "common/config/reader.hpp"

struct Machine {
    std::map<std::string, std::string> files;
    std::set<std::string> directories = {"/", "/etc", "/tmp", "/var/log"};
    std::string cwd = "/etc";
    config::Environment environment = {{"HOME", "/home/me"}, {"WHO", "you"}};

    [[nodiscard]] config::Surroundings surroundings() const {
        config::Surroundings machine;
        machine.environment = environment;
        machine.host_node_name = "node";
        machine.cwd = cwd;
        machine.temporary_directory = "/tmp";
        machine.exists = [this](const std::string& path) { return files.contains(path); };
        machine.is_directory = [this](const std::string& path) {
            return directories.contains(base::absolute_path(path, cwd));
        };
        machine.read_file = [this](const std::string& path) -> base::Result<std::string> {
            const auto file = files.find(path);
            if (file == files.end()) return base::Error{"cannot open " + path + ": Permission denied"};
            return file->second;
        };
        machine.glob = [this](const std::string& pattern) {  // only "*" before the last dot
            std::vector<std::string> found;
            const auto star = pattern.find('*');
            for (const auto& [path, text] : files)
                if (path == pattern || (star != std::string::npos && path.starts_with(pattern.substr(0, star)) &&
                                        path.ends_with(pattern.substr(star + 1))))
                    found.push_back(path);
            return found;
        };
        return machine;
    }

    /// /etc/s.conf with this text.
    [[nodiscard]] config::Reading read(const std::string& text) {
        files["/etc/s.conf"] = text;
        return config::read("/etc/s.conf", surroundings());
    }
};

/// A configuration around a section.
inline std::string with(const std::string& text) { return "[supervisord]\n" + text; }

/// The message of the first error; "" when there is none.
inline std::string error_of(const config::Reading& reading) {
    const auto* error = reading.first_error();
    return error ? error->message : "";
}

inline bool warns(const config::Reading& reading, const std::string& message) {
    for (const auto& diagnostic : reading.diagnostics)
        if (diagnostic.severity == config::Severity::warning && diagnostic.message == message) return true;
    return false;
}
