// From sections to groups in start order (compat/config.md, section 8).
#pragma once

#include <vector>

#include "common/config/model.hpp"
#include "common/config/section_reader.hpp"

namespace config {

/// What is wrong is noted in the context; a group of which something is wrong is left out.
[[nodiscard]] std::vector<Group> read_groups(const Context& context);

}  // namespace config
