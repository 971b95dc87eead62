// Ctrl-C as a descriptor.  While an Interrupt lives SIGINT does nothing by itself; every wait of supervisorctl looks
// at the descriptor too and throws Interrupted.  So nothing is lost between a look and a wait.
#pragma once

#include <signal.h>

#include <chrono>
#include <optional>

#include "common/base/fd.hpp"

namespace supervisorctl {

struct Interrupted {};

class Interrupt {
public:
    Interrupt();
    ~Interrupt();
    Interrupt(const Interrupt&) = delete;
    Interrupt& operator=(const Interrupt&) = delete;

    [[nodiscard]] int descriptor() const { return signals_.get(); }
    /// Forgets the signals that have come.
    void forget() const;
    /// Waits until the descriptor is ready for events of poll(2).  False: the time is over.  Throws Interrupted.
    [[nodiscard]] bool wait(int fd, short events, std::optional<std::chrono::milliseconds> limit) const;

private:
    sigset_t before_{};
    base::Fd signals_;
};

}  // namespace supervisorctl
