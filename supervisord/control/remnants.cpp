#include "supervisord/control/remnants.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/alarm.hpp"
#include "common/base/clock.hpp"
#include "common/base/crash_point.hpp"
#include "common/base/text.hpp"
#include "supervisord/control/leavings.hpp"
#include "supervisord/control/link.hpp"

namespace control {

namespace {

constexpr std::string_view prefix = "rest:";
constexpr std::chrono::milliseconds shortage_pause{50};
constexpr int batches_at_once = 4;  // before others have their turn

bool is_same(int one, int other) {
    struct stat facts[2]{};
    return ::fstat(one, &facts[0]) == 0 && ::fstat(other, &facts[1]) == 0 && facts[0].st_dev == facts[1].st_dev &&
           facts[0].st_ino == facts[1].st_ino;
}

}  // namespace

struct Remnants::Queue : std::enable_shared_from_this<Queue> {
    /// As the keeper has it: "rest:" row of the stream, order, pid of the child.
    struct Name {
        std::uint64_t row = 0, order = 0, pid = 0;

        [[nodiscard]] std::string text() const { return base::concat(prefix, row, ":", order, ":", pid); }
        static Name of(std::string_view text) {
            Name name;
            const auto parts = base::split(text.substr(prefix.size()), ':');
            std::uint64_t* const numbers[] = {&name.row, &name.order, &name.pid};
            for (std::size_t at = 0; at < std::min(parts.size(), std::size(numbers)); ++at)
                std::from_chars(parts[at].data(), parts[at].data() + parts[at].size(), *numbers[at]);
            return name;
        }
    };

    struct Remnant {
        base::Fd pipe;         // none: only the batch that is parked counts, its child may live on
        std::size_t left = 0;  // bytes in it
        Name name = {};
    };

    Queue(Loop& loop, Link& its_link, Leavings& its_leavings, logs::Output& its_output)
        : timer(loop), link(its_link), leavings(its_leavings), output(its_output) {}

    Timer timer;
    Link& link;
    Leavings& leavings;
    logs::Output& output;
    std::function<void(std::string_view)> report;
    std::function<void()> over;
    std::list<Remnant> remnants;

    void add(Remnant remnant) {
        remnants.push_back(std::move(remnant));
        if (remnants.size() == 1) go_on_after(std::chrono::milliseconds(0));
    }

    void go_on_after(std::chrono::milliseconds delay) {
        timer.after(delay, [self = shared_from_this()] { self->go_on(); });
    }

    void go_on() {
        base::alarm::begin();
        for (int count = 0; count < batches_at_once; ++count) {
            if (remnants.empty()) return over();
            if (const auto pause = take_batch()) return go_on_after(*pause);
        }
        go_on_after(std::chrono::milliseconds(0));
    }

    /// Of the first.  How long to wait before the next one, when this one could not be taken.
    std::optional<std::chrono::milliseconds> take_batch() {
        Remnant& first = remnants.front();
        if (!first.pipe && !output.is_waiting()) {
            done_with_first();
            return std::nullopt;
        }
        const bool from_pipe = first.left > 0;
        const auto pumped = from_pipe ? output.pump(first.pipe.get(), base::now()) : output.finish(base::now());
        if (!pumped.report.empty()) report(pumped.report);
        first.left -= std::min(first.left, pumped.bytes);  // also of a batch that waits now: the output has it
        switch (pumped.state) {
            case logs::Pumped::State::wait: return pumped.retry_after;
            case logs::Pumped::State::more: break;
            case logs::Pumped::State::error:
                if (pumped.error == ENOMEM || pumped.error == ENOSPC || pumped.error == EINTR) return shortage_pause;
                drop(first);
                break;
            case logs::Pumped::State::empty:
            case logs::Pumped::State::end_of_file:
                if (from_pipe)
                    first.left = 0;  // the end of the stream is next
                else
                    done_with_first();
                break;
        }
        return std::nullopt;
    }

    /// For one more.  What is in so few pipes is soon taken; it is lost only when the log takes nothing, and not because we
    /// are behind.
    void make_room() {
        while (remnants.size() >= limit) {
            output.break_line();
            if (take_batch()) drop_first();
        }
    }

    void done_with_first() {
        Remnant first = std::move(remnants.front());
        remnants.pop_front();
        leavings.take(std::move(first.pipe));
        base::crash_point("remnants.done");
        if (first.name.order > 0) link.let_go(first.name.text());
    }

    void drop(Remnant& remnant) {
        const std::size_t left = std::exchange(remnant.left, 0);
        const auto& stream = output.stream();
        if (left > 0)
            report(base::concat(stream.process, ": ", left, " bytes of ", logs::name(stream.channel),
                                " lost: it ended while its log took no bytes"));
    }

    void drop_first() {
        drop(remnants.front());
        if (const auto lost = output.cut(); !lost.empty()) report(lost);
        done_with_first();
    }
};

Remnants::Remnants(Loop& loop, Link& link, Leavings& leavings, logs::Output& output,
                   std::function<void(std::string_view)> report, std::function<void()> over)
    : queue_(std::make_shared<Queue>(loop, link, leavings, output)) {
    queue_->report = std::move(report);
    queue_->over = std::move(over);
    std::vector<Queue::Remnant> held;
    if (const auto row = output.row())
        for (const auto& [name, fd] : link.held())
            if (is_ours(name) && Queue::Name::of(name).row == *row)
                held.push_back({base::Fd(::fcntl(fd.get(), F_DUPFD_CLOEXEC, 0)), base::bytes_in(fd.get()).value_or(0), Queue::Name::of(name)});
    std::ranges::sort(held, {}, [](const Queue::Remnant& remnant) { return remnant.name.order; });
    for (auto& remnant : held) queue_->add(std::move(remnant));
    if (held.empty() && output.is_waiting()) queue_->add({});
}

Remnants::~Remnants() { queue_->timer.cancel(); }

void Remnants::take(base::Fd pipe, std::size_t left, pid_t pid) {
    queue_->make_room();
    Queue::Remnant remnant{std::move(pipe), left, {}};
    const auto row = queue_->output.row();
    if (row && remnant.pipe) {
        const std::uint64_t order = queue_->remnants.empty() ? 1 : queue_->remnants.back().name.order + 1;
        remnant.name = {*row, order, static_cast<std::uint64_t>(pid)};
        queue_->link.hold_if_room(remnant.name.text(), remnant.pipe.get());
    }
    queue_->add(std::move(remnant));
}

void Remnants::forget(int pipe) {
    std::erase_if(queue_->remnants, [&](const Queue::Remnant& remnant) {
        if (!remnant.pipe || !is_same(remnant.pipe.get(), pipe)) return false;
        if (remnant.name.order > 0) queue_->link.let_go(remnant.name.text());
        return true;
    });
}

void Remnants::give_up() {
    while (!queue_->remnants.empty()) queue_->drop_first();
}

bool Remnants::is_empty() const { return queue_->remnants.empty(); }

pid_t Remnants::pid() const { return is_empty() ? 0 : static_cast<pid_t>(queue_->remnants.front().name.pid); }

bool Remnants::is_ours(std::string_view name) { return name.starts_with(prefix); }

void Remnants::forget_unclaimed(Link& link, Leavings& leavings, const logs::Journal& journal) {
    std::vector<std::string> names;
    for (const auto& [name, fd] : link.held()) {
        if (!is_ours(name) || journal.is_claimed(static_cast<logs::Journal::Row>(Queue::Name::of(name).row))) continue;
        leavings.take(base::Fd(::fcntl(fd.get(), F_DUPFD_CLOEXEC, 0)));
        names.push_back(name);
    }
    for (const auto& name : names) link.let_go(name);
}

}  // namespace control
