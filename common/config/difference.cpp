#include "common/config/difference.hpp"

#include <map>
#include <string_view>

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

}  // namespace

bool same(const Group& active, const Group& fresh) { return as_configured(active) == as_configured(fresh); }

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
