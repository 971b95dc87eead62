#include "supervisord/control/loop.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <cerrno>
#include <chrono>
#include <memory>
#include <string>

#include "common/base/fd.hpp"

using namespace std::chrono_literals;
using control::Readiness;
using control::Timer;

namespace {

struct Pipe {
    base::Pipe ends;
    Pipe() { REQUIRE(base::make_pipe(ends)); }
    void write() const { REQUIRE(::write(ends.write.get(), "x", 1) == 1); }
    [[nodiscard]] int fd() const { return ends.read.get(); }
};

}  // namespace

TEST_CASE("of a timer the last call counts, and none when it is gone") {
    control::Loop loop;
    std::string called;
    Timer timer(loop);
    timer.after(0ms, [&] { called += 'a'; });
    timer.after(0ms, [&] { called += 'b'; });
    auto other = std::make_unique<Timer>(loop);
    other->after(0ms, [&] { called += 'c'; });
    other.reset();
    CHECK(called.empty());  // never from within
    loop.run_for(60s);
    CHECK(called == "b");
}

TEST_CASE("a call that is on its way is taken back too") {
    control::Loop loop;
    std::string called;
    Timer first(loop), second(loop);
    const auto now = base::now();
    const auto take = [&](Timer& other, char name) {
        called += name;
        other.cancel();
    };
    first.at(now, [&] { take(second, 'a'); });  // both are due, and in the same turn
    second.at(now, [&] { take(first, 'b'); });
    loop.run_for(60s);
    CHECK(called.size() == 1);
}

TEST_CASE("what a call does to its own timer or watch is done, also when it destroys it") {
    control::Loop loop;
    Pipe pipe;
    pipe.write();
    int calls = 0;
    auto timer = std::make_unique<Timer>(loop);
    auto readiness = std::make_unique<Readiness>(loop, pipe.fd());
    const auto owned = std::make_shared<int>(7);
    timer->after(0ms, [&, owned] {
        timer->after(0ms, [&, owned] {
            timer.reset();
            calls += *owned;  // what the call has is there until it ends
        });
    });
    readiness->when_readable([&, owned] {
        readiness.reset();
        calls += *owned;
    });
    loop.run_for(60s);
    CHECK(calls == 14);
    CHECK(owned.use_count() == 1);
}

TEST_CASE("a watch that has ended calls nobody, also when its number is watched by another") {
    control::Loop loop;
    Pipe pipe;
    std::string called;
    Readiness one(loop), other(loop);
    REQUIRE(one.begin(pipe.fd()));
    one.when_readable([&] { called += "one"; });
    pipe.write();
    one.end();
    one.end();
    REQUIRE(other.begin(pipe.fd()));
    other.when_readable([&] { called += "other"; });
    loop.run_for(60s);
    CHECK(called == "other");
    REQUIRE(::fcntl(pipe.fd(), F_GETFD) >= 0);  // it stays the caller's
}

TEST_CASE("a watch is told of the end of the other side, and of what is there already") {
    control::Loop loop;
    Pipe readable, broken;
    readable.write();
    readable.ends.write.reset();
    broken.ends.read.reset();
    int calls = 0;
    Readiness reads(loop, readable.fd()), writes(loop, broken.ends.write.get());
    reads.when_readable([&] { ++calls; });
    writes.when_writable([&] { ++calls; });
    loop.run_for(60s);
    CHECK(calls == 2);
}

TEST_CASE("what cannot be watched is said") {
    control::Loop loop;
    Readiness readiness(loop);
    CHECK_FALSE(readiness.begin(-1));
    CHECK(errno == EBADF);
}

TEST_CASE("calls of a loop that has ended are not made, and what they have is let go") {
    const auto owned = std::make_shared<int>();
    int calls = 0;
    {
        control::Loop loop;
        Timer timer(loop);
        const auto call = [&calls, owned] { ++calls; };
        timer.after(0ms, call);
        control::post(loop, call);
        control::post_after(loop, 1h, call);
    }
    CHECK(calls == 0);
    CHECK(owned.use_count() == 1);
}
