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
    base::Time end() {
        for (int ticks = 0; !tick(); ++ticks) REQUIRE(ticks < 10);
        return time;
    }
};

}  // namespace

TEST_CASE("a controller that is silent while it starts hangs when the limit is over") {
    CHECK(Watched(30s).end() == base::Time(30s));
}

TEST_CASE("what it says while it starts gives it the whole limit again, from the first tick on") {
    Watched watched(30s);
    watched.dog.hear(base::Time(9s));
    CHECK(*watched.dog.tick_at == base::Time(10s));
    CHECK_FALSE(watched.tick());
    watched.dog.hear(base::Time(11s));
    CHECK(watched.end() == base::Time(41s));
}

TEST_CASE("one that works is not looked at, and nothing wakes up") {
    Watched watched(30s);
    watched.dog.ready(30s);
    CHECK_FALSE(watched.dog.tick_at);
    watched.dog.hear(base::Time(5s));
    CHECK_FALSE(watched.dog.tick_at);
}

TEST_CASE("in doubt it is asked once, and hangs when it has not answered after two thirds of the limit") {
    Watched watched(30s);
    watched.dog.ready(30s);
    CHECK(watched.dog.doubt(base::Time(100s)));
    CHECK_FALSE(watched.dog.doubt(base::Time(101s)));
    CHECK(watched.end() == base::Time(120s));
}

TEST_CASE("an answer ends the doubt") {
    Watched watched(30s);
    watched.dog.ready(30s);
    CHECK(watched.dog.doubt(base::Time(100s)));
    CHECK_FALSE(watched.tick());
    watched.dog.hear(watched.time);
    CHECK_FALSE(watched.dog.tick_at);
    CHECK(watched.dog.doubt(base::Time(200s)));
    CHECK(watched.end() == base::Time(220s));
}

TEST_CASE("a pause of the whole machine is one tick, however long it was") {
    Watched watched(30s);
    watched.dog.ready(30s);
    CHECK(watched.dog.doubt(base::Time(0s)));
    CHECK_FALSE(watched.dog.tick(base::Time(1000h)));
    watched.dog.hear(base::Time(1000h));
    CHECK_FALSE(watched.dog.tick_at);
}

TEST_CASE("without a limit nobody is watched") {
    Watched watched(0s);
    CHECK_FALSE(watched.dog.tick_at);
    watched.dog.ready(0s);
    CHECK_FALSE(watched.dog.doubt(base::Time(5s)));
    CHECK_FALSE(watched.dog.tick_at);
}
