// Tree: what descends from the child of a program with killmode=tree, as far as it can be found: who is in its cgroup,
// where it has one; who is whose child, by what the kernel tells; and who has lost its parent is known by a variable of its
// environment, or from a look before.  Without a cgroup who clears its environment and loses its parent between two looks
// gets away.  A look reads all of /proc: it is meant for the moment of a stop, not for each second, and when many programs
// are stopped at once they share it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.hpp"
#include "supervisord/control/cgroup.hpp"
#include "supervisord/control/supervisor.hpp"
#include "supervisord/process/family.hpp"

namespace control {

/// By its value a member is known that has lost its parent: each child has another.
inline constexpr std::string_view tree_variable = "SUPERVISOR_TREE";
/// For the next child.
[[nodiscard]] std::uint64_t new_tree_number();

/// Those that run, in their order, each with its descendants behind it.
[[nodiscard]] std::vector<Descendant> trees_of(const std::vector<const Process*>& leaders);

/// All processes there are.
class Processes {
public:
    [[nodiscard]] const process::Census& now();
    /// By a look that began then or later, and not longer ago than five times what it took.
    [[nodiscard]] const process::Census& lately(base::Time since = {});

private:
    std::optional<process::Census> seen_;
    base::Time at_;
    std::chrono::nanoseconds took_{};
};

class Tree {
public:
    /// place: of cgroups, or "".
    Tree(Processes& processes, std::string_view place, std::string_view group, std::string_view process);

    struct Leader {
        pid_t pid = 0;   // 0: it has ended, and of its group nobody is left; another may have its number
        int pidfd = -1;  // without one the number is believed
    };
    /// Of the child with this number, which is about to be made, or lives; nothing is left of the one before.
    void begin(std::uint64_t number);
    /// It was begun by a controller before us, perhaps in another cgroup than we are in.
    void resume() { cgroup_.find(); }
    /// cgroup.procs of its cgroup, which is made, or "".
    [[nodiscard]] std::string entrance() { return cgroup_.entrance(); }
    [[nodiscard]] const std::string& mark() const { return mark_; }
    /// By which members are known that have lost their parent; "": they are in the cgroup.
    [[nodiscard]] std::string mark_of_orphans() const { return cgroup_.is_there() ? "" : mark_; }
    [[nodiscard]] const std::string& cgroup() const { return cgroup_.name(); }
    [[nodiscard]] std::vector<pid_t> cgroup_members() const { return cgroup_.members(); }
    /// Nothing is left.
    void end() { cgroup_.remove(); }
    /// Nobody is a member, by a look since that time: when the leader had ended before it, nobody will be one again.
    [[nodiscard]] bool is_empty(Leader leader, base::Time since);
    /// Sends a signal to all members but the leader and those in its group.  SIGKILL: and to those that they make
    /// meanwhile.  Returns how many refused it (EPERM).
    int signal(Leader leader, int number);

private:
    [[nodiscard]] const std::vector<process::Kin>& look(Leader leader, const process::Census& all);

    Processes& processes_;
    const std::string place_, name_;
    std::string mark_;
    Cgroup cgroup_;
    std::vector<process::Kin> members_;
    bool numbered_ = true;  // group and session of the leader's number are the leader's
};

}  // namespace control
