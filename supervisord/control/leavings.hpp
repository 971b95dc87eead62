// Pipes that a program has left to a process of its own, which may go on writing for ever: read, and thrown away.  Its
// ends are open for both directions, so that nobody but a reader can keep such a process from standing still.  The keeper
// holds these pipes for the next controller.
#pragma once

#include <memory>
#include <string_view>

#include "common/base/fd.hpp"
#include "supervisord/control/loop.hpp"

namespace control {

class Link;

class Leavings {
public:
    Leavings(Loop& loop, Link& link) : loop_(loop), link_(link) {}

    /// Until nobody can write there any more; closed at once when nobody can.
    void take(base::Fd pipe);
    /// What the keeper held under a name for a controller before.  False: the name is none of ours.
    [[nodiscard]] bool resume(std::string_view name, int fd);

private:
    struct Pipe;
    void read(base::Fd pipe, std::string name);

    Loop& loop_;
    Link& link_;
};

}  // namespace control
