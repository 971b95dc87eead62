#include "supervisord/keeper/watchdog.hpp"

namespace keeper {

namespace {
constexpr int ticks = 5;  // the first after a third of the limit, the others after a sixth each
}

void Watchdog::start(std::chrono::milliseconds the_limit, base::Time now) {
    limit = the_limit;
    silent = 0;
    tick_at.reset();
    if (limit.count() > 0) tick_at = now + limit / 3;
}

void Watchdog::hear(base::Time now) {
    if (silent > 0 && tick_at) start(limit, now);
}

bool Watchdog::tick(base::Time now) {
    tick_at = now + limit / 6;
    if (++silent < ticks) return false;
    start(limit, now);  // for one that hangs for a good reason
    return true;
}

}  // namespace keeper
