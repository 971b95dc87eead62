#include "supervisorctl/interrupt.hpp"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>

#include "common/base/clock.hpp"

namespace supervisorctl {

Interrupt::Interrupt() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    ::pthread_sigmask(SIG_BLOCK, &set, &before_);
    signals_ = base::Fd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
}

Interrupt::~Interrupt() {
    forget();
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void Interrupt::forget() const {
    signalfd_siginfo one;
    while (::read(signals_.get(), &one, sizeof one) > 0) {
    }
}

bool Interrupt::wait(int fd, short events, std::optional<std::chrono::milliseconds> limit) const {
    using std::chrono::milliseconds;
    const base::Time deadline = base::now() + limit.value_or(milliseconds(0));
    for (;;) {
        pollfd both[] = {{fd, events, 0}, {signals_.get(), POLLIN, 0}};
        int timeout = -1;
        if (limit) {
            const auto left = std::chrono::ceil<milliseconds>(deadline - base::now());
            timeout = static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, INT_MAX));
        }
        const int ready = ::poll(both, 2, timeout);
        if (ready < 0 && errno == EINTR) continue;
        if (both[1].revents != 0) {
            forget();
            throw Interrupted{};
        }
        if (both[0].revents != 0) return true;
        if (ready == 0) return false;
    }
}

}  // namespace supervisorctl
