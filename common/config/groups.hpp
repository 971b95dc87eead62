// From sections to groups in start order (compat/config.md, section 8).
#pragma once

#include <string_view>
#include <vector>

#include "common/config/model.hpp"
#include "common/config/section_reader.hpp"

namespace config {

/// What is wrong is noted in the context; a group of which something is wrong is left out.
/// left_out: those whose name another one has.
[[nodiscard]] std::vector<Group> read_groups(const Context& context, std::vector<LeftOut>& left_out);

/// Whether GROUP, PROCESS or GROUP:PROCESS means this process.
[[nodiscard]] bool is_named(std::string_view wanted, std::string_view group, std::string_view process);

/// The words of exit_on that are no names.
inline constexpr std::string_view exit_on_fatal = "fatal", exit_on_all = "all-exited";
/// What stands in exit_on and is neither of them, nor the name of a process or a group: no container waits for that.
void check_exit_on(SectionReader& reader, const Settings& settings, const std::vector<Group>& groups);

}  // namespace config
