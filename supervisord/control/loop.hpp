// What the controller wants of its loop: calls that come later.  They all come from the loop, one after the other, and
// never from within the function that asks for them.  Asio's own headers take seconds to compile: they are in loop.cpp.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "common/base/clock.hpp"

namespace boost::asio {
class io_context;
}

namespace control {

using Loop = boost::asio::io_context;

/// As soon as others had their turn.
void post(Loop& loop, std::function<void()> call);
/// Once; nothing takes it back but the end of the loop.
void post_after(Loop& loop, std::chrono::nanoseconds delay, std::function<void()> call);

/// One call at a time: what is pending is taken back by the next, and by the destruction.
class Timer {
public:
    explicit Timer(Loop& loop);
    ~Timer();
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;

    void at(base::Time when, std::function<void()> call);
    void after(std::chrono::nanoseconds delay, std::function<void()> call);
    void cancel();

private:
    struct State;
    std::shared_ptr<State> state_;
};

/// Whether a descriptor can be read or written, or its other end is closed.  The descriptor stays the caller's, who ends
/// the watch before closing it.  While it is watched each write wakes the loop, whether or not a call is pending.
class Readiness {
public:
    explicit Readiness(Loop& loop);
    /// Throws std::system_error when the kernel cannot watch it (ENOMEM, ENOSPC).
    Readiness(Loop& loop, int fd);
    ~Readiness();
    Readiness(const Readiness&) = delete;
    Readiness& operator=(const Readiness&) = delete;

    /// False: errno stands.
    [[nodiscard]] bool begin(int fd);
    /// Takes back what is pending.
    void end();

    /// Once.
    void when_readable(std::function<void()> call);
    void when_writable(std::function<void()> call);

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace control
