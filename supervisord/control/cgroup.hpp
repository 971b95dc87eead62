// Cgroup: a leaf of cgroup v2 for what one program starts.  The kernel counts its members, so that nobody gets out of it
// by losing its parent, making a session or clearing its environment; who makes cgroups below it stays a member.  Where
// there is no cgroup v2 that we may write to there is none, and Tree goes by what /proc tells.  Sets no limits.
#pragma once

#include <sys/types.h>

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace control {

/// Where the leaves of this supervisord stand, made when there is none; "" and why: there can be none.
struct CgroupPlace {
    std::string directory;
    std::string problem;
};
[[nodiscard]] CgroupPlace cgroup_place();

/// Removes leaves that are empty, but for those of these names: whoever is to enter them may be on its way.
void remove_empty_leaves(const std::string& place, const std::set<std::string>& in_use);
/// With all leaves that are empty.  One that has emptied just now may need a moment: up to 50 ms.
void remove_place(const std::string& place);
/// That of a supervisord before us which had this table, when nothing is in it and nobody wants one any more.
void remove_old_place();

class Cgroup {
public:
    /// No place: there is none, and nothing happens.
    Cgroup(std::string_view place, std::string_view name);

    /// Of its directory.
    [[nodiscard]] const std::string& name() const { return name_; }
    /// It is made, and so whoever is not in it is no member but by descent.
    [[nodiscard]] bool is_there() const;
    /// The file that its members write to; makes the leaf.  "": it cannot be had.
    [[nodiscard]] std::string entrance();
    /// One of before may stand elsewhere, when supervisord has been started anew in another cgroup: looks for it where
    /// processes are.  What we are in ourselves is none.
    void find();
    /// Those that it has now.
    [[nodiscard]] std::vector<pid_t> members() const;
    /// Asks the kernel: members may change while they are counted.
    [[nodiscard]] bool is_empty() const;
    /// Sends SIGKILL to all, and to those that they make meanwhile.  False: the kernel cannot (before Linux 5.14).
    [[nodiscard]] bool kill_all();
    /// Within moments nobody in it runs (from Linux 5.2 on), so that nobody makes others; SIGKILL ends them all the same.
    void freeze();
    void thaw();
    /// When it is empty.
    void remove();

private:
    bool tell(std::string_view file, std::string_view text) const;

    std::string name_;
    std::string directory_;
    bool is_elsewhere_ = false;  // and so its place goes with the last leaf
};

}  // namespace control
