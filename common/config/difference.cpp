#include "common/config/difference.hpp"

#include <algorithm>
#include <map>
#include <string_view>

#include "common/base/text.hpp"
#include "common/config/options.hpp"

namespace config {

namespace {

/// What stands in the file, without what activation has filled in.
void forget_path(LogFile& log) {
    if (log.kind == LogFile::Kind::automatic) log.path.clear();
}

Group as_configured(Group group) {
    for (auto& process : group.processes) {
        forget_path(process.out.logfile);
        forget_path(process.err.logfile);
    }
    return group;
}

using ByName = std::map<std::string_view, const Group*>;

ByName by_name(const std::vector<Group>& groups) {
    ByName names;
    for (const auto& group : groups) names.emplace(group.name, &group);
    return names;
}

/// Every row in which two structs differ.
template <class Target>
void compare(const Target& old, const Target& fresh, const std::string& process, std::vector<OptionChange>& changes) {
    for (const auto& row : options_of<Target>()) {
        std::string before = row.field.get(old), after = row.field.get(fresh);
        if (before != after) changes.push_back({process, std::string(row.name), std::move(before), std::move(after)});
    }
}

FcgiSection section_of(const std::optional<FcgiSocket>& socket) {
    if (!socket) return {};
    return {.socket = socket->url, .socket_owner = socket->owner, .socket_mode = socket->mode, .socket_backlog = socket->backlog};
}

ListenerSection section_of(const Group& group) {
    return {.events = group.events, .buffer_size = group.buffer_size, .result_handler = group.result_handler,
            .busy_timeout = group.busy_timeout, .event_len = group.event_len, .priority = group.priority};
}

std::string names_of(const std::vector<Program>& processes) {
    std::vector<std::string> names;
    for (const auto& process : processes) names.push_back(process.name);
    return base::join(names, ", ");
}

}  // namespace

std::vector<OptionChange> option_changes(const Group& active, const Group& fresh) {
    std::vector<OptionChange> changes;
    const auto text = [&](std::string option, std::string old, std::string now) {
        if (old != now) changes.push_back({"", std::move(option), std::move(old), std::move(now)});
    };
    text("type", std::string(name(active.kind)), std::string(name(fresh.kind)));
    compare(section_of(active), section_of(fresh), "", changes);
    text("processes", names_of(active.processes), names_of(fresh.processes));
    for (const auto& process : fresh.processes) {
        const auto before = std::ranges::find(active.processes, process.name, &Program::name);
        if (before == active.processes.end()) continue;
        if (before->section != process.section)
            changes.push_back({process.name, "section", before->section, process.section});
        compare(*before, process, process.name, changes);
        compare(section_of(before->socket), section_of(process.socket), process.name, changes);
    }
    return changes;
}

bool same(const Group& active, const Group& fresh) { return as_configured(active) == as_configured(fresh); }

Settings after_reload(const Settings& active, Settings fresh) {
    for (const auto& row : options_of<Settings>())
        if (row.reload == Reload::start) row.field.copy(active, fresh);
    fresh.user = active.user;  // what became of user_name
    return fresh;
}

Difference difference(const std::vector<Group>& active, const std::vector<Group>& fresh) {
    const ByName old = by_name(active), wanted = by_name(fresh);
    Difference found;
    for (const auto& group : fresh) {
        const auto before = old.find(group.name);
        if (before == old.end())
            found.added.push_back(group.name);
        else if (!same(*before->second, group))
            found.changed.push_back(group.name);
    }
    for (const auto& group : active)
        if (!wanted.contains(group.name)) found.removed.push_back(group.name);
    return found;
}

}  // namespace config
