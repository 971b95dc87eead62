// A version of supervisord that fails in one of its roles.  The file "role" beside it says in which (a word of its
// command line) and how: "hang" or "exit".  In all others, "real" beside it goes on in its place.
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

int main(int count, char** words) {
    const auto folder = std::filesystem::read_symlink("/proc/self/exe").parent_path();
    std::string role, how;
    std::ifstream(folder / "role") >> role >> how;
    bool fails = false;
    for (int at = 1; at < count; ++at) fails = fails || words[at] == role;
    if (fails && how == "hang")
        for (;;) ::pause();
    if (fails) return 3;
    ::execv((folder / "real").c_str(), words);
    return 4;
}
