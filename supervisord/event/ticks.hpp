// When there is a TICK_5, TICK_60 or TICK_3600: once for each slice of time that has begun since one looked last,
// never for those that were slept through, and when the clock was set back too (compat/events.md, section 1).
// Times are seconds since the epoch.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "common/config/event_types.hpp"

namespace event {

struct Tick {
    config::EventType type;
    std::int64_t begins;  // its slice

    bool operator==(const Tick&) const = default;
};

[[nodiscard]] std::vector<Tick> ticks(std::int64_t before, std::int64_t now);

/// When the next slice begins that somebody wants to know of; nothing when nobody does, so that nobody wakes up.
[[nodiscard]] std::optional<std::int64_t> next_tick(const config::Subscription& wanted, std::int64_t now);

}  // namespace event
