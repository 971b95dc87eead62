// A tap: moves what a child writes into a pipe to the Output of that stream, for as long as anybody can write there.
// Batches by looking again a millisecond after a small one, which costs a third of the CPU of looking at once
// (feasibility.md, section 5); sleeps when nothing comes.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "common/base/fd.hpp"
#include "supervisord/log/output.hpp"

namespace boost::asio {
class io_context;
}

namespace control {

class Tap {
public:
    /// report: a line for the activity log (WARN).
    using Report = std::function<void(std::string_view)>;

    /// Output and loop outlive it.
    Tap(boost::asio::io_context& loop, logs::Output& output, base::Fd pipe, Report report);
    ~Tap();
    Tap(const Tap&) = delete;
    Tap& operator=(const Tap&) = delete;

    /// The child is gone: moves what is in the pipe now, and no more, for a process that it left may go on writing for
    /// ever.  The tap is closed afterwards; answers its pipe, if nobody has seen the end of it.
    [[nodiscard]] base::Fd finish();

    /// -1 when it is closed.
    [[nodiscard]] int descriptor() const;

private:
    struct Watch;
    std::shared_ptr<Watch> watch_;
};

}  // namespace control
