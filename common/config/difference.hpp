// What a reread would change: compared are configured values (Q70), so the path that an AUTO log got when its group
// was activated is no change, and neither is anything that the file does not say.
#pragma once

#include <string>
#include <vector>

#include "common/config/model.hpp"

namespace config {

struct Difference {
    std::vector<std::string> added, changed;  // in start order of the fresh groups
    std::vector<std::string> removed;         // in the order of the active groups (that of their activation)
};

[[nodiscard]] Difference difference(const std::vector<Group>& active, const std::vector<Group>& fresh);

/// An option that is another for a process, or for the group itself, as it would be written in the file.
struct OptionChange {
    std::string process;  // empty: the group
    std::string option;
    std::string old, fresh;

    bool operator==(const OptionChange&) const = default;
};
/// Never empty when the two are not the same: the reason why a group is changed.
[[nodiscard]] std::vector<OptionChange> option_changes(const Group& active, const Group& fresh);

[[nodiscard]] bool same(const Group& active, const Group& fresh);

/// What is in force after a reload of the fresh ones: of that which only a start puts in force, the active ones.
[[nodiscard]] Settings after_reload(const Settings& active, Settings fresh);

}  // namespace config
