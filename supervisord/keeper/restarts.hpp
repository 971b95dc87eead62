// When to start the next controller: at once, unless the last ones died so quickly that it makes no sense.  Pure.
#pragma once

#include <chrono>

#include "common/base/clock.hpp"

namespace keeper {

struct Restarts {
    base::Time started;
    bool ready = false;
    int early = 0;  // deaths in a row within a second of the start, before ready
    int quick = 0;  // the same, ready or not
    int faulty = 0;  // the early ones that crashed: neither killed from outside, nor ended by itself, for it wanted something
};

inline constexpr int early_limit = 3;    // from here on back-off
inline constexpr int faulty_limit = 3;   // from here on --rebuild: the notes may be what it dies of
inline constexpr int quick_limit = 100;  // it works, and dies, and works: not as fast as the machine can

void on_start(Restarts& restarts, base::Time now);
void on_ready(Restarts& restarts);
/// How long to wait before the next.
[[nodiscard]] std::chrono::milliseconds on_death(Restarts& restarts, base::Time now, bool crashed);
[[nodiscard]] inline bool is_looping(const Restarts& restarts) { return restarts.early >= early_limit; }
/// Without the notes a stop in progress is forgotten, and that a user has stopped a program: not for an OOM killer.
[[nodiscard]] inline bool must_rebuild(const Restarts& restarts) { return restarts.faulty >= faulty_limit; }

}  // namespace keeper
