// The launch of a program: fork, the spawn gate, everything that its spec says, exec.  Does not wait for the exec: what
// fails in the child is written to the program's stderr in Supervisor's words, and is seen as an exit with 127.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <span>

#include "supervisord/keeper/table.hpp"

namespace keeper {

/// What every program gets back that the keeper has changed for itself.
struct Original {
    rlimit nofile{};
    std::optional<int> oom_score_adj;  // nothing: not changed
};
/// For a forked child.
void restore_oom_score(const Original& original);

struct Launch {
    Slot& slot;                           // its gate at spawning
    int spec = -1;
    std::span<const base::Fd> ends;       // of pipes, for the child
    std::span<const std::uint8_t> targets;  // the numbers they get
    const Original& original;
};
/// The pid, or a negative errno.
[[nodiscard]] pid_t launch(const Launch& launch);

}  // namespace keeper
