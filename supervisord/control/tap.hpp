// A tap: moves what a child writes into a pipe to the Output of that stream, for as long as anybody can write there.
// Batches: after each look it waits for a while, without being woken by what is written meanwhile; the sooner the pipe
// fills, the shorter, from four milliseconds down to none.  Sleeps when nothing comes.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "common/base/fd.hpp"
#include "supervisord/control/loop.hpp"
#include "supervisord/log/output.hpp"

namespace control {

/// Pipes that were found full, so that a program had to wait, are made larger: else half of our CPU time goes into waking
/// each other.  No more than so many at a time, for what the pipes of a user may hold together is limited
/// (/proc/sys/fs/pipe-user-pages-soft, 64 MiB), and beyond it all new pipes of that user are tiny.
struct LargerPipes {
    int left = 64;
};

class Tap {
public:
    /// report: a line for the activity log (WARN).
    using Report = std::function<void(std::string_view)>;

    /// Output, loop and larger pipes outlive it; without these the pipe stays as it is.
    Tap(Loop& loop, logs::Output& output, base::Fd pipe, Report report, LargerPipes* larger);
    ~Tap();
    Tap(const Tap&) = delete;
    Tap& operator=(const Tap&) = delete;

    /// What is still to be done for a child that is gone.
    struct Rest {
        base::Fd pipe;         // none when its end was seen
        std::size_t left = 0;  // bytes in it that are the child's
        bool waits = false;    // the log does not take them now, or not the end of what was in the pipe
    };
    /// The child is gone: moves what is in the pipe now, and no more, for a process that it left may go on writing for
    /// ever.  The tap is closed afterwards.
    [[nodiscard]] Rest finish();

    /// -1 when it is closed.
    [[nodiscard]] int descriptor() const;

private:
    struct Watch;
    std::shared_ptr<Watch> watch_;
};

}  // namespace control
