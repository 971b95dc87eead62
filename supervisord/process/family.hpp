// Which processes belong to a program: those that descend from it, whatever group or session they have made.  Pure: from
// one look at all processes there are.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace process {

/// A process, as /proc/PID/stat tells of it.
struct Kin {
    pid_t pid = 0, parent = 0, group = 0, session = 0;
    std::uint64_t start = 0;  // in ticks since the machine's start: with it a pid is a process
    bool dead = false;        // a zombie, all of it

    [[nodiscard]] bool is(const Kin& other) const { return pid == other.pid && start == other.start; }
};

/// The text of /proc/PID/stat; nothing: it is none.
[[nodiscard]] std::optional<Kin> parse_stat(std::string_view text);

/// All processes there are, as one look has found them.
class Census {
public:
    explicit Census(std::vector<Kin> all);

    [[nodiscard]] const Kin* find(pid_t pid) const;
    /// A process, its parent, that one's parent, to the first.
    [[nodiscard]] std::vector<pid_t> ancestors(pid_t of) const;

    /// Living members of the family of `leader`, itself not among them; in the order in which they were found: who is in
    /// its group or session or a child of it, who was a member before (the same pid and start), who says so itself, and
    /// the children of all of them.  A leader of 0 is none: its number is perhaps another's by now.
    /// `fosters`, who take orphans in, are never members; `says_so` is asked only of processes that are their children.
    [[nodiscard]] std::vector<Kin> family(pid_t leader, std::span<const Kin> before, std::span<const pid_t> fosters,
                                          const std::function<bool(const Kin&)>& says_so) const;

private:
    std::vector<Kin> all_;
    std::unordered_multimap<pid_t, std::size_t> children_;  // of a pid: where they are
};

}  // namespace process
