#include "common/base/alarm.hpp"

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/timerfd.h>
#include <unistd.h>

using namespace std::chrono_literals;

namespace {

/// Ours is used by the alarm, theirs is the same timer in another process.
struct Clockwork {
    base::Fd theirs;

    explicit Clockwork(std::chrono::seconds rest) {
        base::Fd ours(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
        theirs = base::Fd(::dup(ours.get()));
        base::alarm::use(std::move(ours), rest);
    }
    ~Clockwork() { base::alarm::use({}, 0s); }

    [[nodiscard]] bool is_wound() const {
        itimerspec left{};
        REQUIRE(::timerfd_gettime(theirs.get(), &left) == 0);
        return left.it_value.tv_sec != 0 || left.it_value.tv_nsec != 0;
    }
    [[nodiscard]] bool rings_within(std::chrono::milliseconds time) const {
        pollfd waited{theirs.get(), POLLIN, 0};
        return ::poll(&waited, 1, static_cast<int>(time.count())) == 1;
    }
};

}  // namespace

TEST_CASE("the alarm is wound while something is done, and not while the process sleeps") {
    const Clockwork clockwork(60s);
    CHECK_FALSE(clockwork.is_wound());
    base::alarm::begin();
    CHECK(clockwork.is_wound());
    base::alarm::step();
    CHECK(clockwork.is_wound());
    base::alarm::rest();
    CHECK_FALSE(clockwork.is_wound());
    base::alarm::step();
    CHECK_FALSE(clockwork.is_wound());
}

TEST_CASE("it rings in the other process when one thing takes too long") {
    const Clockwork clockwork(1s);
    base::alarm::begin();
    CHECK(clockwork.rings_within(60s));
}

TEST_CASE("with no time given it never rings") {
    const Clockwork clockwork(0s);
    base::alarm::begin();
    CHECK_FALSE(clockwork.is_wound());
}

TEST_CASE("what a process before this one has wound is stopped") {
    base::Fd timer(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
    itimerspec time{};
    time.it_value.tv_sec = 60;
    REQUIRE(::timerfd_settime(timer.get(), 0, &time, nullptr) == 0);
    const base::Fd theirs(::dup(timer.get()));
    base::alarm::use(std::move(timer), 5s);
    itimerspec left{};
    REQUIRE(::timerfd_gettime(theirs.get(), &left) == 0);
    CHECK(left.it_value.tv_sec == 0);
    base::alarm::use({}, 0s);
}
