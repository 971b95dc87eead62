// When a controller that says nothing counts as hanging.  A third of the limit goes by in peace, then it is asked to say
// something, and has the rest of the limit for it.  Counts its own ticks and not the clock: a machine that was suspended,
// or a keeper that got no time itself, is one tick.  Pure.
#pragma once

#include <chrono>
#include <optional>

#include "common/base/clock.hpp"

namespace keeper {

struct Watchdog {
    std::chrono::milliseconds limit{0};  // 0: off
    int silent = 0;                      // ticks since it was heard last
    std::optional<base::Time> tick_at;   // nothing: nobody is watched

    void start(std::chrono::milliseconds the_limit, base::Time now);
    void stop() { tick_at.reset(); }
    /// A message came.
    void hear(base::Time now);
    /// tick_at has come.  True: it hangs.
    [[nodiscard]] bool tick(base::Time now);
    /// Whether the last tick is one to ask it at.
    [[nodiscard]] bool asks() const { return silent == 1; }
};

}  // namespace keeper
