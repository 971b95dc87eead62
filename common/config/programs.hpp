// Sections of programs: what one makes as processes, with the rules that hold between their options.
#pragma once

#include <string_view>
#include <vector>

#include "common/config/model.hpp"
#include "common/config/section_reader.hpp"

namespace config {

/// The processes of a [program:x], [fcgi-program:x] or [eventlistener:x] as members of a group, in order of name.
/// What is wrong is noted in the context.
[[nodiscard]] std::vector<Program> read_program(const Context& context, const ini::Section& section,
                                                std::string_view group);

/// What stands behind the colon of a section's name.
[[nodiscard]] std::string_view name_of(const ini::Section& section);

}  // namespace config
