#include "supervisord/control/feed.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

#include "common/base/crash_point.hpp"
#include "supervisord/log/staging.hpp"

namespace control {

struct Feed::Pipe : std::enable_shared_from_this<Pipe> {
    Pipe(Loop& its_loop, logs::Staging& its_staging, base::Fd its_end)
        : loop(its_loop), staging(its_staging), end(std::move(its_end)), readiness(loop, end.get()) {
        base::set_nonblocking(end.get());
    }

    Loop& loop;
    logs::Staging& staging;
    base::Fd end;  // none when it is closed
    Readiness readiness;
    std::string waiting;
    std::size_t done = 0;  // of them are written
    std::size_t before_event = 0, of_event = 0;  // of what is left: what does not belong to an event may stand on both sides
    bool watching = false;
    bool some_sent = false;  // of the present event
    bool takes_staged = true;
    Witness witness;

    [[nodiscard]] std::size_t left() const { return waiting.size() - done; }

    void add(std::string_view bytes) {
        if (done == waiting.size() || done > waiting.size() / 2) waiting.erase(0, std::exchange(done, 0));
        waiting += bytes;
    }

    /// What is written next, of one kind.
    [[nodiscard]] std::string_view next() const {
        const std::string_view rest = std::string_view(waiting).substr(done);
        return before_event > 0 ? rest.substr(0, before_event) : of_event > 0 ? rest.substr(0, of_event) : rest;
    }

    void written(std::size_t count) {
        done += count;
        if (before_event > 0) {
            before_event -= count;
        } else if (of_event > 0) {
            of_event -= count;
            some_sent = true;
        }
    }

    /// False: the child has closed its end.
    bool pump() {
        while (left() > 0) {
            const std::string_view rest = next();
            const bool is_event = before_event == 0 && of_event > 0 && witness.before;
            const std::size_t staged = is_event && takes_staged ? staging.put(rest) : 0;
            base::crash_point("feed.staged");
            if (is_event) witness.before(staged);
            base::crash_point("feed.before");
            const ssize_t count = staged > 0 ? staging.move_to(end.get()) : ::write(end.get(), rest.data(), rest.size());
            const int error = count < 0 ? errno : 0;
            base::crash_point("feed.written");
            if (is_event) witness.after(count > 0 ? static_cast<std::size_t>(count) : 0);
            if (staged > 0 && error == EINVAL) takes_staged = false;  // a kernel that cannot: then without
            if (error == EINTR || (staged > 0 && error == EINVAL)) continue;
            if (error == EAGAIN || count == 0) {
                watch();
                return true;
            }
            if (error != 0) {
                lose();
                return false;
            }
            written(static_cast<std::size_t>(count));
        }
        waiting.clear();
        waiting.shrink_to_fit();
        done = 0;
        return true;
    }

    void lose() {
        waiting.clear();
        done = before_event = of_event = 0;
        if (!witness.closed) return;
        post(loop, [self = shared_from_this(), closed = std::exchange(witness.closed, {})] {
            if (self->end) closed(self->some_sent);
        });
    }

    void watch() {
        if (watching) return;
        watching = true;
        readiness.when_writable([self = shared_from_this()] {
            self->watching = false;
            self->pump();
        });
    }

    [[nodiscard]] bool is_closed() {
        pollfd entry{end.get(), 0, 0};
        return ::poll(&entry, 1, 0) > 0 && (entry.revents & POLLERR) != 0;
    }
};

Feed::Feed(Loop& loop, logs::Staging& staging, base::Fd pipe) : pipe_(std::make_shared<Pipe>(loop, staging, std::move(pipe))) {}

Feed::~Feed() {
    pipe_->witness = {};
    pipe_->readiness.end();
    pipe_->end.reset();
}

Feed::Taken Feed::write(std::string_view bytes) {
    if (pipe_->is_closed()) return Taken::closed;
    if (pipe_->left() + bytes.size() > limit) return Taken::full;
    pipe_->add(bytes);
    return pipe_->pump() ? Taken::yes : Taken::closed;
}

void Feed::deliver(std::string_view message, Witness witness) {
    pipe_->witness = std::move(witness);
    pipe_->some_sent = false;
    pipe_->before_event = pipe_->left();
    pipe_->of_event = message.size();
    pipe_->add(message);
    pipe_->pump();
}

bool Feed::has_sent_event() const { return pipe_->of_event == 0; }

int Feed::descriptor() const { return pipe_->end.get(); }

}  // namespace control
