#include "supervisorctl/patterns.hpp"

#include <algorithm>

#include "common/api/names.hpp"
#include "common/config/wildcards.hpp"
#include "supervisorctl/session.hpp"

namespace supervisorctl {

namespace {

using config::fits;
using config::has_wildcards;

bool is_named(const Process& process, const api::ProcessName& name) {
    return process.group == name.group && process.name == name.process;
}

void add(Arguments& names, std::string name) {
    if (std::ranges::find(names, name) == names.end()) names.push_back(std::move(name));
}

/// What a pattern fits, each once.
Arguments matches(const std::string& text, const std::vector<Process>& processes) {
    const api::ProcessName name = api::parse_name(text);
    Arguments found;
    for (const Process& process : processes) {
        const std::string full = api::full_name(process.group, process.name);
        if (!name.process) {
            if (fits(name.group, process.group)) add(found, process.group + ":*");
        } else if (fits(text, full) || fits(text, base::concat(process.group, ':', process.name))) {
            add(found, full);
        }
    }
    return found;
}

}  // namespace

bool is_pattern(std::string_view text) {
    const api::ProcessName name = api::parse_name(text);
    return has_wildcards(name.group) || (name.process && has_wildcards(*name.process));
}

Arguments expand_patterns(const Arguments& names, const std::vector<Process>& processes) {
    Arguments expanded;
    for (const std::string& text : names) {
        const api::ProcessName name = api::parse_name(text);
        const bool literal = std::ranges::any_of(processes, [&](const Process& process) {
            return name.process ? is_named(process, name) : process.group == name.group;
        });
        Arguments found;
        if (is_pattern(text) && !literal) found = matches(text, processes);
        if (found.empty()) found.push_back(text);
        expanded.insert(expanded.end(), found.begin(), found.end());
    }
    return expanded;
}

Arguments expand_patterns(Session& session, Arguments names) {
    if (std::ranges::none_of(names, is_pattern)) return names;
    return expand_patterns(names, session.remote().processes().value());
}

}  // namespace supervisorctl
