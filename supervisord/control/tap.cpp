#include "supervisord/control/tap.hpp"

#include <fcntl.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <utility>

#include "common/base/alarm.hpp"
#include "common/base/clock.hpp"
#include "common/base/text.hpp"

namespace control {

namespace {

using std::chrono::microseconds;

/// Between two looks into a pipe; one that fills in less is looked at again as soon as others had their turn.
constexpr microseconds first_pause{1000}, longest_pause{4096}, shortest_pause{50};
constexpr std::chrono::milliseconds shortage_pause{50};

/// Bytes that Linux gives a pipe.
constexpr int usual_room = 64 * 1024;

/// Pauses end at common times, so that many streams share a wake-up.
base::Time end_of(microseconds pause) {
    const auto end = static_cast<std::uint64_t>(std::chrono::duration_cast<microseconds>(base::now().time_since_epoch() + pause).count());
    const std::uint64_t grain = std::bit_floor(static_cast<std::uint64_t>(pause.count())) / 4;
    return base::Time(microseconds(end / grain * grain));
}

}  // namespace

struct Tap::Watch : std::enable_shared_from_this<Watch> {
    Watch(Loop& its_loop, logs::Output& target, base::Fd fd, Report tell, LargerPipes* its_larger)
        : loop(its_loop), output(target), pipe(std::move(fd)), readiness(loop), timer(loop), report(std::move(tell)), larger(its_larger) {
        const int capacity = ::fcntl(pipe.get(), F_GETPIPE_SZ);
        if (capacity > 0) room = std::min(static_cast<std::size_t>(capacity), logs::batch_limit);
        if (larger && capacity > usual_room) count_as_larger();  // by a controller before this one
    }

    Loop& loop;
    logs::Output& output;
    base::Fd pipe;
    Readiness readiness;  // watches it as long as it is waited for, and no longer
    Timer timer;
    Report report;
    LargerPipes* larger;
    bool is_larger = false;
    microseconds pause = first_pause;
    std::size_t room = logs::batch_limit;  // bytes: what a look can find
    std::size_t last = 0;                  // bytes: what the last one found

    void wait() {
        if (!readiness.begin(pipe.get())) return look_again(base::now() + shortage_pause);
        readiness.when_readable([self = shared_from_this()] {
            self->readiness.end();
            self->pump();
        });
    }

    void look_again(base::Time when) {
        timer.at(when, [self = shared_from_this()] { self->pump(); });
    }

    /// Large batches cost less a byte, and a full pipe costs the child its time: about half full is what is wanted.  A pipe
    /// in which each write has a page of its own is full at little more than half of its room; that it gives the same
    /// twice tells it.
    void look_again_after(std::size_t bytes) {
        const std::size_t difference = bytes > last ? bytes - last : last - bytes;
        const bool full = bytes >= room / 8 * 7 || (bytes >= room / 2 && difference <= bytes / 32);
        last = bytes;
        if (full) enlarge();
        if (pause < shortest_pause && bytes >= room / 16) return look_again_at_once();
        const microseconds fitting = full ? pause / 2 : pause * static_cast<std::int64_t>(room / 8 * 5) / static_cast<std::int64_t>(bytes);
        pause = std::min(std::clamp(fitting, pause / 2, pause * 2), longest_pause);
        if (pause >= shortest_pause) return look_again(end_of(pause));
        pause = shortest_pause / 2;
        look_again_at_once();
    }

    void enlarge() {
        if (!larger || is_larger || larger->left <= 0) return;
        const int capacity = ::fcntl(pipe.get(), F_SETPIPE_SZ, static_cast<int>(logs::batch_limit));
        if (capacity <= 0) {
            larger = nullptr;  // not asked for again: this one stays as it is
            return;
        }
        room = std::min(static_cast<std::size_t>(capacity), logs::batch_limit);
        count_as_larger();
    }

    void count_as_larger() {
        is_larger = true;
        --larger->left;
    }

    /// When others had their turn.
    void look_again_at_once() {
        post(loop, [self = shared_from_this()] {
            if (self->pipe) self->pump();
        });
    }

    void pump() {
        base::alarm::begin();
        // As much as a full pipe holds, in whatever parts it comes: then it is the turn of others.
        const base::Time now = base::now();
        auto pumped = output.pump(pipe.get(), now);
        for (std::size_t taken = pumped.bytes; pumped.state == logs::Pumped::State::more && pumped.report.empty() &&
                                               pause < shortest_pause && pumped.bytes >= room / 16 && taken < room;
             taken += pumped.bytes)
            pumped = output.pump(pipe.get(), now);
        if (!pumped.report.empty()) report(pumped.report);
        switch (pumped.state) {
            case logs::Pumped::State::more: return look_again_after(std::max<std::size_t>(pumped.bytes, 1));
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
        readiness.end();
        pipe.reset();
        if (std::exchange(is_larger, false)) ++larger->left;
    }
};

Tap::Tap(Loop& loop, logs::Output& output, base::Fd pipe, Report report, LargerPipes* larger)
    : watch_(std::make_shared<Watch>(loop, output, std::move(pipe), std::move(report), larger)) {
    watch_->wait();
}

Tap::~Tap() { watch_->close(); }

Tap::Rest Tap::finish() {
    Rest rest;
    logs::Output& output = watch_->output;
    if (watch_->pipe) {
        rest.left = base::bytes_in(watch_->pipe.get()).value_or(0);
        while (rest.left > 0) {
            const auto pumped = output.pump(watch_->pipe.get(), base::now());
            if (!pumped.report.empty()) watch_->report(pumped.report);
            rest.left -= std::min(rest.left, pumped.bytes);
            if (pumped.state == logs::Pumped::State::empty || pumped.state == logs::Pumped::State::end_of_file) rest.left = 0;
            if (pumped.state != logs::Pumped::State::more) break;
        }
    }
    rest.waits = rest.left > 0;
    if (!rest.waits) {
        logs::Pumped last;
        do {
            last = output.finish(base::now());
            if (!last.report.empty()) watch_->report(last.report);
        } while (last.state == logs::Pumped::State::more);
        rest.waits = last.state == logs::Pumped::State::wait;
    }
    if (const auto lost = output.remaining_report(); !lost.empty()) watch_->report(lost);
    watch_->timer.cancel();
    watch_->readiness.end();
    rest.pipe = std::move(watch_->pipe);
    return rest;
}

int Tap::descriptor() const { return watch_->pipe.get(); }

}  // namespace control
