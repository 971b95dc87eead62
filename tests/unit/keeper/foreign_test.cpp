// Programs that have another parent than their keeper: here a process that waits for them as soon as it can.
#include "supervisord/keeper/foreign.hpp"

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

using keeper::Found;

namespace {

/// A sleeping process with another process that reaps it.
class Fostered {
public:
    Fostered() {
        int ends[2];
        REQUIRE(::pipe(ends) == 0);
        parent_ = ::fork();
        if (parent_ == 0) {
            const pid_t child = ::fork();
            if (child == 0)
                for (;;) ::pause();
            if (::write(ends[1], &child, sizeof child) != sizeof child) ::_exit(1);
            ::waitpid(child, nullptr, 0);
            ::_exit(0);
        }
        const ssize_t size = ::read(ends[0], &slot.pid, sizeof slot.pid);
        ::close(ends[0]);
        ::close(ends[1]);
        REQUIRE(size == sizeof slot.pid);
        REQUIRE(slot.pid > 1);
        slot.born_pid = slot.pid;
        slot.born_ticks = keeper::stat_field(slot.pid, 22);
        slot.pidfd = static_cast<int>(::syscall(SYS_pidfd_open, slot.pid, 0));
        REQUIRE(slot.pidfd >= 0);
    }
    ~Fostered() {
        ::close(slot.pidfd);
        ::waitpid(parent_, nullptr, 0);
    }
    Fostered(const Fostered&) = delete;
    Fostered& operator=(const Fostered&) = delete;

    /// Kills it; returns as soon as the pidfd tells.
    void end(int signal) {
        REQUIRE(::syscall(SYS_pidfd_send_signal, slot.pidfd, signal, nullptr, 0) == 0);
        pollfd readable{.fd = slot.pidfd, .events = POLLIN, .revents = 0};
        REQUIRE(::poll(&readable, 1, 10'000) == 1);
    }

    void wait_until_reaped() {
        ::waitpid(parent_, nullptr, 0);
        parent_ = -1;
    }

    keeper::Slot slot{};

private:
    pid_t parent_ = -1;
};

bool kernel_keeps_a_status() {
    Fostered one;
    one.end(SIGKILL);
    one.wait_until_reaped();
    int wstatus = 0;
    return keeper::look_at_end(one.slot, wstatus) == Found::how;
}

}  // namespace

TEST_CASE("how a program ended is known in whatever moment its parent reaps it") {
    if (!kernel_keeps_a_status()) {
        MESSAGE("skipped: Linux before 6.15 forgets how a process ended once its parent knows");
        return;
    }
    // The moments that matter are a microsecond long: about one in a thousand is hit.
    int unknown = 0;
    for (int round = 0; round < 4000; ++round) {
        Fostered one;
        one.end(round % 2 ? SIGUSR1 : SIGKILL);
        int wstatus = 0;
        Found found{};
        for (int look = 0; (found = keeper::look_at_end(one.slot, wstatus)) == Found::later && look < 1000; ++look)
            ::poll(nullptr, 0, look < 10 ? 0 : 1);
        if (found != Found::how || wstatus != (round % 2 ? SIGUSR1 : SIGKILL)) ++unknown;
    }
    CHECK(unknown == 0);
}
