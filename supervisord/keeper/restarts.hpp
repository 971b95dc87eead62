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
};

inline constexpr int early_limit = 3;    // from here on back-off, and --rebuild: the notes may be what kills it
inline constexpr int quick_limit = 100;  // it works, and dies, and works: not as fast as the machine can

void on_start(Restarts& restarts, base::Time now);
void on_ready(Restarts& restarts);
/// How long to wait before the next.
[[nodiscard]] std::chrono::milliseconds on_death(Restarts& restarts, base::Time now);
[[nodiscard]] inline bool is_looping(const Restarts& restarts) { return restarts.early >= early_limit; }

}  // namespace keeper
