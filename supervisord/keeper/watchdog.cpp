#include "supervisord/keeper/watchdog.hpp"

namespace keeper {

namespace {
constexpr int ticks = 5;  // the first after a third of the limit, the others after a sixth each
}

void Watchdog::start(std::chrono::milliseconds the_limit, base::Time now) {
    limit = the_limit;
    starting = true;
    silent = 0;
    tick_at.reset();
    if (limit.count() > 0) tick_at = now + limit / 3;
}

void Watchdog::ready(std::chrono::milliseconds the_limit) {
    limit = the_limit;
    starting = false;
    tick_at.reset();
}

bool Watchdog::doubt(base::Time now) {
    if (limit.count() == 0 || tick_at) return false;
    silent = 1;
    tick_at = now + limit / 6;
    return true;
}

void Watchdog::hear(base::Time now) {
    if (!tick_at) return;
    if (!starting) return tick_at.reset();
    if (silent > 0) start(limit, now);
}

bool Watchdog::tick(base::Time now) {
    tick_at = now + limit / 6;
    if (++silent < ticks) return false;
    silent = 0;  // for one that hangs for a good reason
    return true;
}

}  // namespace keeper
