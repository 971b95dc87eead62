#include "supervisord/process/command.hpp"

#include <optional>

#include "common/base/text.hpp"
#include "common/config/command.hpp"

namespace process {

using base::concat;
using base::python_repr;

namespace {

using Why = Unusable::Why;

std::optional<Unusable> objection(const std::string& file, const FileFacts& facts) {
    const std::string shown = python_repr(file);
    if (!facts.exists) return Unusable{Why::not_found, concat("can't find command ", shown)};
    if (facts.is_directory) return Unusable{Why::is_directory, concat("command at ", shown, " is a directory")};
    if ((facts.mode & 0111) == 0) return Unusable{Why::not_executable, concat("command at ", shown, " is not executable")};
    if (!facts.executable) return Unusable{Why::no_permission, concat("no permission to run command ", shown)};
    return std::nullopt;
}

std::string search_path(const config::Program& program, std::string_view path) {
    const auto own = program.environment.find("PATH");
    if (own != program.environment.end()) return own->second;
    return path.empty() ? "/bin:/usr/bin:/usr/local/bin" : std::string(path);
}

}  // namespace

std::variant<Executable, Unusable> find_command(const config::Program& program, std::string_view path,
                                                const Probe& probe) {
    auto words = config::split_command(program.command);
    if (!words)
        return Unusable{Why::malformed, concat("can't parse command ", python_repr(program.command), ": ", words.error())};
    if (words->empty()) return Unusable{Why::empty, "command is empty"};

    // The child is in its directory when it executes, so what is relative is meant from there (Q42).
    const auto look = [&](const std::string& file) {
        const bool elsewhere = !file.starts_with('/') && program.directory;
        return objection(file, probe(elsewhere ? concat(*program.directory, "/", file) : file));
    };
    const std::string& name = words->front();
    if (name.find('/') != std::string::npos) {
        if (auto problem = look(name)) return *std::move(problem);
        return Executable{name, std::move(*words)};
    }
    std::optional<Unusable> first;
    const std::string directories = search_path(program, path);
    for (const auto directory : base::split(directories, ':')) {
        const std::string file = directory.empty() ? name : concat(directory, directory.ends_with('/') ? "" : "/", name);
        auto problem = look(file);
        if (!problem) return Executable{file, std::move(*words)};
        if (!first && problem->why != Why::not_found) first = std::move(problem);
    }
    if (first) return *std::move(first);
    return Unusable{Why::not_found, concat("can't find command ", python_repr(name))};
}

}  // namespace process
