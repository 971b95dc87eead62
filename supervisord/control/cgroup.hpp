// Cgroup: a leaf of cgroup v2 for what one program starts.  The kernel counts its members, so that nobody gets out of it
// by losing its parent, making a session or clearing its environment.  Where there is no cgroup v2 that we may write to
// there is none, and Tree goes by what /proc tells.  Sets no limits.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

namespace control {

/// Where the leaves of this supervisord stand, made when there is none, and without leaves of before that are empty; "" and
/// why: there can be none.
struct CgroupPlace {
    std::string directory;
    std::string problem;
};
[[nodiscard]] CgroupPlace cgroup_place();

/// With all leaves that are empty.  One that has emptied just now may need a moment: up to 50 ms.
void remove_place(const std::string& place);

class Cgroup {
public:
    /// No place: there is none, and nothing happens.
    Cgroup(std::string_view place, std::string_view name);

    /// The file that its members write to; makes the leaf.  "": it cannot be had.
    [[nodiscard]] std::string entrance();
    /// Those that it has now.
    [[nodiscard]] std::vector<pid_t> members() const;
    /// Sends SIGKILL to all, and to those that they make meanwhile.  Before Linux 5.14: nothing.
    void kill_all();
    /// When it is empty.
    void remove();

private:
    std::string directory_;
};

}  // namespace control
