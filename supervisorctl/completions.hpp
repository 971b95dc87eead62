// What Tab offers in bash, zsh and fish: scripts made from the table of commands when the program is built.  They ask
// supervisorctl itself for the names of processes, with the options that have been typed.
#pragma once

#include <string>
#include <string_view>

namespace supervisorctl {

[[nodiscard]] std::string bash_completion();
[[nodiscard]] std::string zsh_completion();
[[nodiscard]] std::string fish_completion();

}  // namespace supervisorctl
