#include "supervisord/control/tap.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <chrono>
#include <utility>

#include "common/base/alarm.hpp"
#include "common/base/clock.hpp"
#include "common/base/text.hpp"

namespace control {

namespace {

using std::chrono::microseconds;

/// Between two looks into a pipe: as long as it is not half full by then.
constexpr microseconds first_pause{1000}, longest_pause{4000}, shortest_pause{50};
constexpr std::chrono::milliseconds shortage_pause{50};

/// Pauses end at multiples of their length: those who look at the same time share a wake-up.
base::Time end_of(microseconds pause) {
    const auto since_ever = std::chrono::duration_cast<microseconds>(base::now().time_since_epoch());
    return base::Time((since_ever / pause + 1) * pause);
}

}  // namespace

struct Tap::Watch : std::enable_shared_from_this<Watch> {
    Watch(boost::asio::io_context& loop, logs::Output& target, base::Fd fd, Report tell)
        : output(target), pipe(std::move(fd)), readable(loop), timer(loop), report(std::move(tell)) {
        const int capacity = ::fcntl(pipe.get(), F_GETPIPE_SZ);
        if (capacity > 0) full = std::min(static_cast<std::size_t>(capacity), logs::batch_limit) / 2;
    }

    logs::Output& output;
    base::Fd pipe;
    /// Holds the pipe as long as it is waited for, and no longer: a descriptor that Asio knows wakes the loop at every write.
    boost::asio::posix::stream_descriptor readable;
    boost::asio::steady_timer timer;
    Report report;
    microseconds pause = first_pause;
    std::size_t full = logs::batch_limit / 2;  // bytes: a pipe can be full with no more, when each write has a page of its own

    void wait() {
        pause = first_pause;
        boost::system::error_code error;
        readable.assign(pipe.get(), error);
        if (error) return look_again(base::now() + shortage_pause);
        readable.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                            [self = shared_from_this()](const boost::system::error_code& failed) {
                                if (failed || !self->pipe) return;
                                self->let_go();
                                self->pump();
                            });
    }

    void let_go() {
        if (readable.is_open()) readable.release();
    }

    void look_again(base::Time when) {
        timer.expires_at(when);
        timer.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
            if (!error && self->pipe) self->pump();
        });
    }

    /// Larger batches cost less a byte, and a pipe that is full costs the child its time.
    void look_again_after(std::size_t bytes) {
        if (bytes >= full) pause = std::max(pause / 2, shortest_pause);
        else if (bytes < full / 2) pause = std::min(pause * 2, longest_pause);
        look_again(end_of(pause));
    }

    void pump() {
        base::alarm::begin();
        const auto pumped = output.pump(pipe.get(), base::now());
        if (!pumped.report.empty()) report(pumped.report);
        switch (pumped.state) {
            case logs::Pumped::State::more: return look_again_after(pumped.bytes);
            case logs::Pumped::State::empty: return wait();
            case logs::Pumped::State::wait: return look_again(base::now() + pumped.retry_after);
            case logs::Pumped::State::end_of_file: return close();
            case logs::Pumped::State::error:
                if (pumped.error == ENOMEM || pumped.error == ENOSPC || pumped.error == EINTR)
                    return look_again(base::now() + shortage_pause);  // memory for the journal: it may come back
                report(base::concat("cannot read ", logs::name(output.stream().channel), " of ", output.stream().process,
                                    ": ", base::errno_text(pumped.error)));
                return close();
        }
    }

    void close() {
        timer.cancel();
        let_go();
        pipe.reset();
    }
};

Tap::Tap(boost::asio::io_context& loop, logs::Output& output, base::Fd pipe, Report report)
    : watch_(std::make_shared<Watch>(loop, output, std::move(pipe), std::move(report))) {
    watch_->wait();
}

Tap::~Tap() { watch_->close(); }

base::Fd Tap::finish() {
    if (watch_->pipe) {
        int left = 0;
        if (::ioctl(watch_->pipe.get(), FIONREAD, &left) != 0) left = 0;
        while (left > 0) {
            const auto pumped = watch_->output.pump(watch_->pipe.get(), base::now());
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
    watch_->let_go();
    return std::move(watch_->pipe);
}

int Tap::descriptor() const { return watch_->pipe.get(); }

}  // namespace control
