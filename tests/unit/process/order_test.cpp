#include "supervisord/process/order.hpp"

#include <doctest/doctest.h>

using process::Rank;
using process::Standing;
using Order = std::vector<std::size_t>;

TEST_CASE("groups start by priority and then by name, processes of a group by priority and then as configured") {
    const std::vector<Rank> ranks = {
        {999, "web", 999, 0}, {999, "web", 5, 1}, {999, "web", 999, 2},  // Q34: 1 before 0
        {999, "api", 999, 0}, {-1, "listener", 999, 0}, {1000, "a", 1, 0},
    };
    CHECK(process::start_order(ranks) == Order{4, 3, 1, 0, 2, 5});
}

TEST_CASE("stopping is the mirror image of starting (Q36)") {
    const std::vector<Rank> ranks = {{1, "a", 10, 0}, {1, "a", 20, 1}, {2, "b", 5, 0}, {1, "a", 10, 2}};
    CHECK(process::start_order(ranks) == Order{0, 3, 1, 2});
    CHECK(process::stop_order(ranks) == Order{2, 1, 3, 0});
    CHECK(process::stop_order({}).empty());
}

TEST_CASE("shutdown takes groups of equal priority together, the highest number first, and waits between (Q37)") {
    std::vector<Standing> standings = {
        {{999, "web", 1, 0}, false}, {{999, "web", 2, 1}, false}, {{999, "api", 999, 0}, false},
        {{1000, "idle", 999, 0}, true},  // nothing to stop there: no stage of its own
        {{-1, "listener", 999, 0}, false}, {{5, "database", 999, 0}, false},
    };
    CHECK(process::shutdown_stage(standings) == Order{1, 0, 2});
    standings[0].stopped = standings[1].stopped = true;
    CHECK(process::shutdown_stage(standings) == Order{2});
    standings[2].stopped = true;
    CHECK(process::shutdown_stage(standings) == Order{5});
    standings[5].stopped = true;
    CHECK(process::shutdown_stage(standings) == Order{4});
    standings[4].stopped = true;
    CHECK(process::shutdown_stage(standings).empty());
}
