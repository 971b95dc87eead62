#include "supervisorctl/completion.hpp"

#include <algorithm>

#include "common/api/names.hpp"
#include "common/base/text.hpp"
#include "supervisorctl/commands.hpp"

namespace supervisorctl {

namespace {

using Names = std::vector<std::string>;

Names command_names() {
    Names names;
    for (const Command& command : commands())
        if (!command.help.empty() && command.listed != Listed::of_plugin) names.emplace_back(command.name);
    return names;
}

Names group_names(const std::vector<Process>& processes) {
    Names names;
    for (const Process& process : processes) names.push_back(process.group);
    return names;
}

/// "web", "workers:1", "workers:*"; once a colon is typed also "web:web" and "web:*".
Names process_names(const std::vector<Process>& processes, bool long_form) {
    Names names;
    for (const Process& process : processes) {
        const bool is_short = process.group == process.name && !long_form;
        if (!is_short) names.push_back(process.group + ":*");
        names.push_back(is_short ? process.name : base::concat(process.group, ':', process.name));
    }
    return names;
}

}  // namespace

Completion complete(std::string_view before_cursor, const std::function<std::vector<Process>()>& processes) {
    const auto blank = before_cursor.find_last_of(" \t");
    const auto begin = blank == std::string_view::npos ? 0 : blank + 1;
    Completion completion{std::string(before_cursor.substr(begin)), {}};
    const CommandLine line = parse_command_line(before_cursor.substr(0, begin));
    Names names;
    if (base::strip(before_cursor.substr(0, begin)).empty()) {
        names = command_names();
    } else if (const Command* command = find_command(line.name)) {
        switch (command->completes) {
            case Completes::nothing: break;
            case Completes::commands: names = command_names(); break;
            case Completes::groups: names = group_names(processes()); break;
            case Completes::processes:
                names = process_names(processes(), completion.typed.find(':') != std::string::npos);
                break;
        }
    }
    std::ranges::sort(names);
    names.erase(std::unique(names.begin(), names.end()), names.end());  // clang 14 has no std::ranges::unique
    for (auto& name : names)
        if (name.starts_with(completion.typed)) completion.candidates.push_back(std::move(name));
    return completion;
}

std::string common_beginning(const Names& candidates) {
    if (candidates.empty()) return "";
    std::string common = candidates.front();
    for (const auto& candidate : candidates) {
        const auto end = std::ranges::mismatch(common, candidate).in1;
        common.erase(end, common.end());
    }
    return common;
}

}  // namespace supervisorctl
