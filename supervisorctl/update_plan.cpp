#include "supervisorctl/update_plan.hpp"

#include <algorithm>

#include "common/base/text.hpp"

namespace supervisorctl {

namespace {

bool contains(const std::vector<std::string>& list, const std::string& name) {
    return std::ranges::find(list, name) != list.end();
}

}  // namespace

UpdatePlan plan_update(const Changes& changes, const std::vector<std::string>& active,
                       const std::vector<std::string>& names) {
    UpdatePlan plan;
    const bool everything = names.empty() || contains(names, "all");
    if (!everything)
        for (const auto& name : names) {
            const bool known = contains(active, name) || contains(changes.added, name) ||
                               contains(changes.changed, name) || contains(changes.removed, name);
            if (!known) plan.unknown.push_back(name);
        }
    const auto walk = [&](const std::vector<std::string>& groups, UpdateStep::Kind kind) {
        for (const auto& group : groups)
            if (everything || contains(names, group)) plan.steps.push_back({kind, group});
    };
    walk(changes.removed, UpdateStep::Kind::remove);
    walk(changes.changed, UpdateStep::Kind::replace);
    walk(changes.added, UpdateStep::Kind::add);
    return plan;
}

std::vector<std::string> describe_changes(const Changes& changes) {
    std::vector<std::pair<std::string, std::string_view>> news;
    for (const auto& group : changes.added) news.emplace_back(group, "available");
    for (const auto& group : changes.changed) news.emplace_back(group, "changed");
    for (const auto& group : changes.removed) news.emplace_back(group, "disappeared");
    std::ranges::sort(news);
    std::vector<std::string> lines;
    for (const auto& [group, what] : news) lines.push_back(base::concat(group, ": ", what));
    return lines;
}

}  // namespace supervisorctl
