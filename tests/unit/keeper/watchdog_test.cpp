#include "supervisord/keeper/watchdog.hpp"

#include <doctest/doctest.h>

using namespace std::chrono_literals;

namespace {

struct Watched {
    keeper::Watchdog dog;
    base::Time time{};

    explicit Watched(std::chrono::milliseconds limit) { dog.start(limit, time); }
    bool tick() {
        time = *dog.tick_at;
        return dog.tick(time);
    }
};

}  // namespace

TEST_CASE("a controller that is silent hangs when the limit is over, and is asked once before") {
    Watched watched(30s);
    CHECK_FALSE(watched.tick());
    CHECK(watched.time == base::Time(10s));
    CHECK(watched.dog.asks());
    int ticks = 1;
    while (!watched.tick()) {
        CHECK_FALSE(watched.dog.asks());
        REQUIRE(++ticks < 10);
    }
    CHECK(watched.time == base::Time(30s));
}

TEST_CASE("one that answers never does, and costs two ticks a limit at most beside its answers") {
    Watched watched(30s);
    for (int i = 0; i < 100; ++i) {
        CHECK_FALSE(watched.tick());
        CHECK(watched.dog.asks());
        watched.dog.hear(watched.time);
        CHECK(*watched.dog.tick_at == watched.time + 10s);
    }
}

TEST_CASE("what it says unasked does not move the time at which it is asked") {
    Watched watched(30s);
    watched.dog.hear(base::Time(9s));
    CHECK(*watched.dog.tick_at == base::Time(10s));
}

TEST_CASE("a pause of the whole machine is one tick, however long it was") {
    Watched watched(30s);
    CHECK_FALSE(watched.tick());
    CHECK_FALSE(watched.dog.tick(base::Time(1000h)));
    watched.dog.hear(base::Time(1000h));
    CHECK(*watched.dog.tick_at == base::Time(1000h) + 10s);
}

TEST_CASE("without a limit nobody is watched, and nothing wakes up") {
    Watched watched(0s);
    CHECK_FALSE(watched.dog.tick_at);
    watched.dog.hear(base::Time(5s));
    CHECK_FALSE(watched.dog.tick_at);
}
