#include "supervisord/control/loop.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <cstdint>
#include <utility>

namespace control {

using Error = boost::system::error_code;
using Descriptor = boost::asio::posix::stream_descriptor;

void post(Loop& loop, std::function<void()> call) { boost::asio::post(loop, std::move(call)); }

void post_after(Loop& loop, std::chrono::nanoseconds delay, std::function<void()> call) {
    auto timer = std::make_shared<boost::asio::steady_timer>(loop, delay);
    timer->async_wait([timer, call = std::move(call)](const Error& error) {
        if (!error) call();
    });
}

// A call that is on its way when it is taken back comes without an error: its number tells that it is an old one.

struct Timer::State {
    explicit State(Loop& loop) : timer(loop) {}
    boost::asio::steady_timer timer;
    std::uint64_t number = 0;
};

Timer::Timer(Loop& loop) : state_(std::make_shared<State>(loop)) {}
Timer::~Timer() { cancel(); }

void Timer::at(base::Time when, std::function<void()> call) {
    state_->timer.expires_at(when);
    state_->timer.async_wait([state = state_, number = ++state_->number, call = std::move(call)](const Error& error) {
        if (!error && number == state->number) call();
    });
}

void Timer::after(std::chrono::nanoseconds delay, std::function<void()> call) { at(base::now() + delay, std::move(call)); }

void Timer::cancel() {
    ++state_->number;
    state_->timer.cancel();
}

struct Readiness::State {
    explicit State(Loop& loop) : descriptor(loop) {}
    Descriptor descriptor;
    std::uint64_t number = 0;

    static void wait(const std::shared_ptr<State>& state, Descriptor::wait_type what, std::function<void()> call) {
        state->descriptor.async_wait(what, [state, number = state->number, call = std::move(call)](const Error& error) {
            if (!error && number == state->number) call();
        });
    }
};

Readiness::Readiness(Loop& loop) : state_(std::make_shared<State>(loop)) {}
Readiness::Readiness(Loop& loop, int fd) : Readiness(loop) { state_->descriptor.assign(fd); }
Readiness::~Readiness() { end(); }

bool Readiness::begin(int fd) {
    Error error;
    state_->descriptor.assign(fd, error);
    errno = error.value();
    return !error;
}

void Readiness::end() {
    ++state_->number;
    if (state_->descriptor.is_open()) state_->descriptor.release();
}

void Readiness::when_readable(std::function<void()> call) { State::wait(state_, Descriptor::wait_read, std::move(call)); }
void Readiness::when_writable(std::function<void()> call) { State::wait(state_, Descriptor::wait_write, std::move(call)); }

}  // namespace control
