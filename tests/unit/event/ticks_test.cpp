#include "supervisord/event/ticks.hpp"

#include <doctest/doctest.h>

using config::EventType;
using config::Subscription;
using event::next_tick;
using event::Tick;
using event::ticks;
using Ticks = std::vector<Tick>;

TEST_CASE("a tick comes once for each slice that has begun") {
    CHECK(ticks(7201, 7204).empty());
    CHECK(ticks(7204, 7205) == Ticks{{EventType::tick_5, 7205}});
    CHECK(ticks(7204, 7209) == Ticks{{EventType::tick_5, 7205}});
    CHECK(ticks(7259, 7260) == Ticks{{EventType::tick_5, 7260}, {EventType::tick_60, 7260}});
    CHECK(ticks(7199, 7200) == Ticks{{EventType::tick_5, 7200}, {EventType::tick_60, 7200}, {EventType::tick_3600, 7200}});
}

TEST_CASE("slices that were slept through are left out, a clock set back ticks") {
    CHECK(ticks(7200, 7333) == Ticks{{EventType::tick_5, 7330}, {EventType::tick_60, 7320}});
    CHECK(ticks(7205, 7204) == Ticks{{EventType::tick_5, 7200}});
}

TEST_CASE("nobody wakes up for ticks that nobody wants") {
    CHECK_FALSE(next_tick(Subscription({"PROCESS_STATE"}), 7201).has_value());
    CHECK(next_tick(Subscription({"TICK_5"}), 7201) == 7205);
    CHECK(next_tick(Subscription({"TICK_60"}), 7201) == 7260);
    CHECK(next_tick(Subscription({"TICK_3600"}), 7200) == 10800);
    CHECK(next_tick(Subscription({"TICK_3600", "TICK_60"}), 7201) == 7260);
    CHECK(next_tick(Subscription({"EVENT"}), 7205) == 7210);
}
