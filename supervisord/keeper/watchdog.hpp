// When a controller counts as hanging.  While it starts it must say something now and then.  Later nobody looks, and nothing
// wakes up, until there is a doubt: it was stopped by a signal, or its alarm rang because it has been busy with one thing
// for a third of the limit.  Then it is asked to say something, and has the rest of the limit for it.  Counts its own ticks
// and not the clock: a machine that was suspended, or a keeper that got no time itself, is one tick.  Pure.
#pragma once

#include <chrono>
#include <optional>

#include "common/base/clock.hpp"

namespace keeper {

struct Watchdog {
    std::chrono::milliseconds limit{0};  // 0: off
    bool starting = false;
    int silent = 0;                      // ticks since it was heard last
    std::optional<base::Time> tick_at;   // nothing: there is no doubt

    /// A new controller, which is not ready yet.
    void start(std::chrono::milliseconds the_limit, base::Time now);
    /// It works, and is trusted.
    void ready(std::chrono::milliseconds the_limit);
    /// There is a doubt.  True: it is to be asked.
    [[nodiscard]] bool doubt(base::Time now);
    void stop() { tick_at.reset(); }
    /// A message came.
    void hear(base::Time now);
    /// tick_at has come.  True: it hangs.
    [[nodiscard]] bool tick(base::Time now);
};

}  // namespace keeper
