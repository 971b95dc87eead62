// What is to be written to the stdin of a child: a queue with a bound, written as the child reads.  Of an event that is
// written it can be told how far it came, so that another controller can go on from there.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>

#include "common/base/fd.hpp"
#include "supervisord/control/loop.hpp"

namespace logs {
class Staging;
}

namespace control {

class Feed {
public:
    static constexpr std::size_t limit = 1 << 20;  // bytes that may wait

    Feed(Loop& loop, logs::Staging& staging, base::Fd pipe);
    ~Feed();
    Feed(const Feed&) = delete;
    Feed& operator=(const Feed&) = delete;

    enum class Taken { yes, closed, full };
    /// All of it or nothing.  closed: the child has closed its stdin.
    [[nodiscard]] Taken write(std::string_view bytes);

    /// Called around each write of an event.
    struct Witness {
        std::function<void(std::size_t staged)> before;  // of so many bytes, which stand in the staging; 0: of all, from memory
        std::function<void(std::size_t written)> after;
        std::function<void(bool some_sent)> closed;  // from the loop: the child has closed its stdin
    };
    /// An event, of any size; the one before was written to its end, or the child is another.
    void deliver(std::string_view message, Witness witness);

    [[nodiscard]] bool has_sent_event() const;

    /// -1 when it is closed.
    [[nodiscard]] int descriptor() const;

private:
    struct Pipe;
    std::shared_ptr<Pipe> pipe_;
};

}  // namespace control
