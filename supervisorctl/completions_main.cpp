// supervisorctl_completions SHELL: prints the completion for bash, zsh or fish.  Used while building.
#include <cstdio>
#include <string_view>

#include "supervisorctl/completions.hpp"

int main(int argc, char** argv) {
    using namespace supervisorctl;
    const std::string_view shell = argc == 2 ? argv[1] : "";
    const std::string text = shell == "bash"   ? bash_completion()
                             : shell == "zsh"  ? zsh_completion()
                             : shell == "fish" ? fish_completion()
                                               : "";
    return !text.empty() && std::fputs(text.c_str(), stdout) >= 0 && std::fflush(stdout) == 0 ? 0 : 1;
}
