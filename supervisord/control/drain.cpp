#include "supervisord/control/drain.hpp"

#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <memory>
#include <utility>

namespace control {

namespace {

constexpr std::chrono::milliseconds pause{10};  // then a flood costs next to nothing, and is slowed by nobody's log

struct Drain : std::enable_shared_from_this<Drain> {
    Drain(Loop& loop, base::Fd fd) : pipe(std::move(fd)), readiness(loop, pipe.get()), timer(loop) {}

    base::Fd pipe;
    Readiness readiness;
    Timer timer;

    void wait() {
        readiness.when_readable([self = shared_from_this()] { self->read(); });
    }

    /// One piece: the pipe is a blocking one, whoever else has it open.
    void read() {
        char bytes[64 * 1024];
        const ssize_t count = ::read(pipe.get(), bytes, sizeof bytes);
        if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) return;
        timer.after(pause, [self = shared_from_this()] { self->wait(); });
    }
};

}  // namespace

std::function<base::Fd()> drain(Loop& loop, base::Fd pipe) {
    auto drain = std::make_shared<Drain>(loop, std::move(pipe));
    drain->wait();
    return [drain] {
        drain->timer.cancel();
        drain->readiness.end();
        return std::move(drain->pipe);
    };
}

}  // namespace control
