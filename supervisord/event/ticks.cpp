#include "supervisord/event/ticks.hpp"

#include <algorithm>

namespace event {

namespace {

constexpr struct {
    config::EventType type;
    std::int64_t seconds;
} periods[] = {{config::EventType::tick_5, 5}, {config::EventType::tick_60, 60}, {config::EventType::tick_3600, 3600}};

}  // namespace

std::vector<Tick> ticks(std::int64_t before, std::int64_t now) {
    std::vector<Tick> out;
    for (const auto& [type, seconds] : periods)
        if (now / seconds != before / seconds) out.push_back({type, now / seconds * seconds});
    return out;
}

std::optional<std::int64_t> next_tick(const config::Subscription& wanted, std::int64_t now) {
    std::optional<std::int64_t> next;
    for (const auto& [type, seconds] : periods) {
        if (!wanted.has(type)) continue;
        const std::int64_t begins = (now / seconds + 1) * seconds;
        next = next ? std::min(*next, begins) : begins;
    }
    return next;
}

}  // namespace event
