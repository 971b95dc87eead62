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

[[nodiscard]] bool same(const Group& active, const Group& fresh);

}  // namespace config
