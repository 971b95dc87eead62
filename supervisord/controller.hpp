// The controller: everything that supervisord does but being the parent of its programs.  Started by the keeper, and
// again whenever it ends; beginning and carrying on are one way (design.md, section 1).
#pragma once

namespace control_role {

/// The exit status is for the keeper: before the first READY it becomes that of supervisord.
[[nodiscard]] int run(int argc, char** argv);

}  // namespace control_role
