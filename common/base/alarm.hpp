// A timer that rings in another process when this one has been busy with one thing for too long.  It is wound when
// something begins and stopped before this process sleeps: an idle process wakes nobody up, now or later.  One for the
// process, as there is one loop.
#pragma once

#include <chrono>

#include "common/base/fd.hpp"

namespace base::alarm {

/// timer: a timerfd of CLOCK_MONOTONIC that somebody else waits for.  A rest of 0: it never rings.
void use(Fd timer, std::chrono::seconds rest);
/// Something begins.  Cheap when it has been wound already; to be called first in whatever an event starts.
void begin();
/// One thing is done, and there are more: the time begins again.
void step();
/// This process is about to sleep.
void rest();

}  // namespace base::alarm
