// How a controller becomes the keeper when the keeper was killed: it has all that the keeper had, writes under which
// numbers into the table itself, and executes this program anew in the keeper's role.  A death in the middle is a death
// of both, and the table is then as good as it was.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "supervisord/keeper/table.hpp"

namespace keeper {

/// What a controller has of a program: descriptors, -1 where it has none.
struct Ends {
    std::string name;
    std::uint64_t inc = 0;
    int pidfd = -1;
    int input = -1, output = -1, error = -1;
};
/// As a controller is born with them.
[[nodiscard]] Ends ends_of(const Slot& slot);
struct Holding {
    std::string name;
    int fd = -1;
};

/// Waits until the keeper, our parent, is gone for certain; false when it is still there after seconds.
[[nodiscard]] bool keeper_is_gone(pid_t keeper);

/// Executes a program in place of this process: comes back with an errno, or not.
using Execute = std::function<int(const char* program, char* const* arguments)>;

/// Does not come back, or with an errno.  `upgrade` is what has become of the last one; `arguments` are those of the
/// controller, without its role.
[[nodiscard]] int become_keeper(std::span<const Ends> programs, std::span<const Holding> held, Upgrade upgrade,
                                std::span<char* const> arguments, const Execute& execute);

}  // namespace keeper
