// What `update` is going to do, in which order (compat/cli.md, section 2).  Pure: the deed walks the plan.
#pragma once

#include <string>
#include <vector>

#include "supervisorctl/remote.hpp"

namespace supervisorctl {

struct UpdateStep {
    enum class Kind { remove, replace, add };
    Kind kind;
    std::string group;

    bool operator==(const UpdateStep&) const = default;
};

struct UpdatePlan {
    std::vector<std::string> unknown;  // names that are neither active nor configured, as they were given
    std::vector<UpdateStep> steps;
};

/// names: those given to `update`; none, or "all" among them, means every group.
[[nodiscard]] UpdatePlan plan_update(const Changes& changes, const std::vector<std::string>& active,
                                     const std::vector<std::string>& names);

/// The changes that previews are about.
[[nodiscard]] Changes changes_of(const std::vector<Preview>& previews);
/// The lines of `update --dry-run` for one group, without newlines.
[[nodiscard]] std::vector<std::string> describe(const Preview& preview);

/// The lines of `reread`, by group name; without newlines.
[[nodiscard]] std::vector<std::string> describe_changes(const Changes& changes);

}  // namespace supervisorctl
