#include "supervisord/keeper/restarts.hpp"

#include <doctest/doctest.h>

using namespace std::chrono_literals;

namespace {

std::chrono::milliseconds death(keeper::Restarts& restarts, base::Time& time, std::chrono::milliseconds life,
                                bool ready, bool crashed = true) {
    keeper::on_start(restarts, time);
    if (ready) keeper::on_ready(restarts);
    time += life;
    return keeper::on_death(restarts, time, crashed);
}

}  // namespace

TEST_CASE("a controller that dies is replaced at once, one that dies early again and again ever later") {
    keeper::Restarts restarts;
    base::Time time{};
    for (const auto wait : {0ms, 0ms, 100ms, 200ms, 400ms, 800ms, 1600ms, 3200ms, 5000ms, 5000ms, 5000ms})
        CHECK(death(restarts, time, 10ms, false) == wait);
    CHECK(keeper::is_looping(restarts));
}

TEST_CASE("notes are put aside for a controller that crashes, not for one that is killed or has ended itself") {
    keeper::Restarts restarts;
    base::Time time{};
    for (int i = 0; i < 10; ++i) (void)death(restarts, time, 10ms, false, false);
    CHECK_FALSE(keeper::must_rebuild(restarts));
    for (int i = 0; i < 3; ++i) (void)death(restarts, time, 10ms, false);
    CHECK(keeper::must_rebuild(restarts));
    (void)death(restarts, time, 10ms, true);
    CHECK_FALSE(keeper::must_rebuild(restarts));
}

TEST_CASE("a second of life, or being ready, ends the series") {
    keeper::Restarts restarts;
    base::Time time{};
    for (int i = 0; i < 5; ++i) (void)death(restarts, time, 10ms, false);
    CHECK(keeper::is_looping(restarts));
    SUBCASE("a second of life") { CHECK(death(restarts, time, 1s, false) == 0ms); }
    SUBCASE("being ready") { CHECK(death(restarts, time, 10ms, true) == 0ms); }
    CHECK_FALSE(keeper::is_looping(restarts));
    CHECK(death(restarts, time, 10ms, false) == 0ms);
}

TEST_CASE("one that becomes ready and dies a hundred times in a row is slowed down") {
    keeper::Restarts restarts;
    base::Time time{};
    for (int i = 1; i < keeper::quick_limit; ++i) REQUIRE(death(restarts, time, 10ms, true) == 0ms);
    CHECK(death(restarts, time, 10ms, true) == 100ms);
    CHECK_FALSE(keeper::is_looping(restarts));
    CHECK(death(restarts, time, 2s, true) == 0ms);
    CHECK(death(restarts, time, 10ms, true) == 0ms);
}
