#include "supervisord/control/tap.hpp"

#include <sys/ioctl.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>

#include "common/base/alarm.hpp"
#include "common/base/clock.hpp"
#include "common/base/text.hpp"

namespace control {

namespace {
constexpr std::chrono::milliseconds pause{1};
constexpr std::chrono::milliseconds shortage_pause{50};
constexpr std::size_t small_batch = 32 * 1024;  // bytes
}  // namespace

struct Tap::Watch : std::enable_shared_from_this<Watch> {
    Watch(boost::asio::io_context& loop, logs::Output& target, base::Fd fd, Report tell)
        : output(target), pipe(loop, fd.release()), timer(loop), report(std::move(tell)) {}

    logs::Output& output;
    boost::asio::posix::stream_descriptor pipe;
    boost::asio::steady_timer timer;
    Report report;

    void wait() {
        pipe.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                        [self = shared_from_this()](const boost::system::error_code& error) {
                            if (!error && self->pipe.is_open()) self->pump();
                        });
    }

    void look_again(std::chrono::milliseconds delay, void (Watch::*next)()) {
        timer.expires_after(delay);
        timer.async_wait([self = shared_from_this(), next](const boost::system::error_code& error) {
            if (!error && self->pipe.is_open()) (self.get()->*next)();
        });
    }

    void pump() {
        base::alarm::begin();
        const auto pumped = output.pump(pipe.native_handle(), base::now());
        if (!pumped.report.empty()) report(pumped.report);
        switch (pumped.state) {
            case logs::Pumped::State::more:
                return pumped.bytes < small_batch ? look_again(pause, &Watch::wait) : wait();
            case logs::Pumped::State::empty: return wait();
            case logs::Pumped::State::wait: return look_again(pumped.retry_after, &Watch::pump);
            case logs::Pumped::State::end_of_file: return close();
            case logs::Pumped::State::error:
                if (pumped.error == ENOMEM || pumped.error == ENOSPC || pumped.error == EINTR)
                    return look_again(shortage_pause, &Watch::pump);  // memory for the journal: it may come back
                report(base::concat("cannot read ", logs::name(output.stream().channel), " of ", output.stream().process,
                                    ": ", base::errno_text(pumped.error)));
                return close();
        }
    }

    void close() {
        boost::system::error_code ignored;
        timer.cancel();
        pipe.close(ignored);
    }
};

Tap::Tap(boost::asio::io_context& loop, logs::Output& output, base::Fd pipe, Report report)
    : watch_(std::make_shared<Watch>(loop, output, std::move(pipe), std::move(report))) {
    watch_->wait();
}

Tap::~Tap() { watch_->close(); }

base::Fd Tap::finish() {
    if (watch_->pipe.is_open()) {
        int left = 0;
        if (::ioctl(watch_->pipe.native_handle(), FIONREAD, &left) != 0) left = 0;
        while (left > 0) {
            const auto pumped = watch_->output.pump(watch_->pipe.native_handle(), base::now());
            if (!pumped.report.empty()) watch_->report(pumped.report);
            if (pumped.state != logs::Pumped::State::more) break;
            left -= static_cast<int>(pumped.bytes);
        }
        if (left > 0) {
            const auto& stream = watch_->output.stream();
            watch_->report(base::concat(stream.process, ": ", left, " bytes of ", logs::name(stream.channel),
                                        " lost: it ended while its log took no bytes"));
        }
    }
    const auto last = watch_->output.finish(base::now());
    if (!last.report.empty()) watch_->report(last.report);
    if (const auto lost = watch_->output.remaining_report(); !lost.empty()) watch_->report(lost);
    watch_->timer.cancel();
    return watch_->pipe.is_open() ? base::Fd(watch_->pipe.release()) : base::Fd();
}

int Tap::descriptor() const { return watch_->pipe.is_open() ? watch_->pipe.native_handle() : -1; }

}  // namespace control
