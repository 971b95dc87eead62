#include "supervisord/control/leavings.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <utility>

#include "common/base/text.hpp"
#include "supervisord/control/link.hpp"

namespace control {

namespace {
constexpr std::string_view prefix = "left:";
constexpr std::chrono::milliseconds pause{20};  // nobody waits for what is thrown away

bool has_writer(int pipe) {
    pollfd entry{pipe, POLLIN, 0};
    return ::poll(&entry, 1, 0) >= 0 && (entry.revents & (POLLHUP | POLLERR)) == 0;
}
}  // namespace

struct Leavings::Pipe : std::enable_shared_from_this<Pipe> {
    Pipe(Loop& loop, base::Fd fd, Link& its_link, std::string its_name)
        : pipe(std::move(fd)), readiness(loop, pipe.get()), timer(loop), link(its_link), name(std::move(its_name)) {
        base::set_nonblocking(pipe.get());
    }

    const base::Fd pipe;
    Readiness readiness;
    Timer timer;
    Link& link;
    const std::string name;

    void wait() {
        readiness.when_readable([self = shared_from_this()] { self->read(); });
    }

    void read() {
        static char bytes[65536];
        const ssize_t size = ::read(pipe.get(), bytes, sizeof bytes);
        if (size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR)) return link.let_go(name);
        timer.after(pause, [self = shared_from_this()] { self->wait(); });
    }
};

void Leavings::take(base::Fd pipe) {
    struct stat facts{};
    if (!pipe || !has_writer(pipe.get()) || ::fstat(pipe.get(), &facts) != 0) return;
    std::string name = base::concat(prefix, facts.st_ino);
    link_.hold_if_room(name, pipe.get());
    read(std::move(pipe), std::move(name));
}

bool Leavings::resume(std::string_view name, int fd) {
    if (!name.starts_with(prefix)) return false;
    read(base::Fd(fd), std::string(name));
    return true;
}

void Leavings::read(base::Fd pipe, std::string name) {
    std::make_shared<Pipe>(loop_, std::move(pipe), link_, std::move(name))->wait();
}

}  // namespace control
