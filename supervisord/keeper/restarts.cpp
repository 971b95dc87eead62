#include "supervisord/keeper/restarts.hpp"

#include <algorithm>

namespace keeper {

using namespace std::chrono_literals;

void on_start(Restarts& restarts, base::Time now) {
    restarts.started = now;
    restarts.ready = false;
}

void on_ready(Restarts& restarts) {
    restarts.ready = true;
    restarts.early = restarts.faulty = 0;
}

std::chrono::milliseconds on_death(Restarts& restarts, base::Time now, bool crashed) {
    if (now - restarts.started >= 1s) {
        restarts.early = restarts.quick = restarts.faulty = 0;
        return 0ms;
    }
    ++restarts.quick;
    if (!restarts.ready) ++restarts.early;
    if (!restarts.ready && crashed) ++restarts.faulty;
    if (is_looping(restarts)) return std::min<std::chrono::milliseconds>(5s, 100ms * (1 << std::min(restarts.early - early_limit, 6)));
    return restarts.quick >= quick_limit ? 100ms : 0ms;
}

}  // namespace keeper
