// What children have written that have ended since, and their log does not take just now: a reader of a FIFO who is slow,
// a disk that is full.  Goes on with it, child after child, for as long as the Output is patient; whoever writes next to
// that log waits until it is through.  The keeper holds the pipes for the next controller.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>

#include "common/base/fd.hpp"
#include "supervisord/control/loop.hpp"
#include "supervisord/log/output.hpp"

namespace control {

class Leavings;
class Link;

class Remnants {
public:
    /// Children of one stream; what comes after the oldest one's bytes are dropped for.
    static constexpr std::size_t limit = 4;

    /// report: a line for the activity log (WARN).  over: nothing is left; from the loop.  Begins with what the keeper holds
    /// of this stream, and with a batch that a controller before could not write.  All of them outlive it.
    Remnants(Loop& loop, Link& link, Leavings& leavings, logs::Output& output,
             std::function<void(std::string_view)> report, std::function<void()> over);
    ~Remnants();  // leaves all to the next controller
    Remnants(const Remnants&) = delete;
    Remnants& operator=(const Remnants&) = delete;

    /// left: bytes in the pipe that count; what comes later is none of the child's.
    void take(base::Fd pipe, std::size_t left, pid_t pid);
    /// The pipe of a child that is not done with after all: the end of it was not noted.
    void forget(int pipe);
    /// Drops all, and says how much.
    void give_up();

    [[nodiscard]] bool is_empty() const;
    /// Who wrote what is just being written; 0: not known.
    [[nodiscard]] pid_t pid() const;

    /// Whether the keeper holds something of that name for Remnants.
    [[nodiscard]] static bool is_ours(std::string_view name);
    /// What the keeper holds of streams that nobody has claimed is thrown away.
    static void forget_unclaimed(Link& link, Leavings& leavings, const logs::Journal& journal);

private:
    struct Queue;
    std::shared_ptr<Queue> queue_;
};

}  // namespace control
