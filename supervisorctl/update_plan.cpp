#include "supervisorctl/update_plan.hpp"

#include <algorithm>

#include "common/base/text.hpp"

namespace supervisorctl {

using base::concat;

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

Changes changes_of(const std::vector<Preview>& previews) {
    Changes changes;
    for (const Preview& preview : previews)
        (preview.change == "added"     ? changes.added
         : preview.change == "changed" ? changes.changed
                                       : changes.removed)
            .push_back(preview.group);
    return changes;
}

std::vector<std::string> describe(const Preview& preview) {
    const std::string_view done = preview.change == "changed" ? "updated" : std::string_view(preview.change);
    std::vector<std::string> lines = {concat(preview.group, ": would be ", done)};
    const auto value = [](const std::string& text) { return text.empty() ? "(none)" : text; };
    const auto same = [](const Preview::Option& a, const Preview::Option& b) {
        return a.option == b.option && a.old == b.old && a.fresh == b.fresh;
    };
    for (auto one = preview.options.begin(); one != preview.options.end(); ++one) {
        const auto like = [&](const auto& other) { return same(other, *one); };
        if (std::any_of(preview.options.begin(), one, like)) continue;  // told already
        std::vector<std::string> of;
        for (const auto& other : preview.options)
            if (like(other) && !other.process.empty()) of.push_back(other.process);
        const bool all = of.empty() || of.size() == preview.processes.size();
        lines.push_back(concat("  ", one->option, all ? "" : concat(" of ", base::join(of, ", ")), ": ", value(one->old),
                               " -> ", value(one->fresh)));
    }
    for (const std::string_view effect : {"stop", "restart", "start"}) {
        std::vector<std::string> names;
        for (const auto& process : preview.processes)
            if (process.effect == effect) names.push_back(process.process);
        if (!names.empty()) lines.push_back(concat("  would ", effect, ": ", base::join(names, ", ")));
    }
    return lines;
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
