// A pipe in which what is to be written to another one stands until the kernel moves it there, in one step: when whoever
// does that dies in the middle, what is left in it tells how much was moved.  The keeper holds it for the next controller.
#pragma once

#include <sys/types.h>

#include <string_view>

#include "common/base/fd.hpp"

namespace control {

class Link;
class Notes;

class Staging {
public:
    static constexpr std::string_view held_name = "staging";

    explicit Staging(Link& link) : link_(link) {}

    /// At the beginning, before anything is written: with the pipe of the controller before it becomes known how far it came;
    /// without (none) that stays unknown.
    void take_over(base::Fd before, Notes& notes);

    /// How much of the bytes stands in it; 0 when there is no such pipe to be had.  What stood in it is gone.
    [[nodiscard]] std::size_t put(std::string_view bytes);
    /// As write(2), of what stands in it.
    [[nodiscard]] ssize_t move_to(int pipe);

private:
    void open();
    void empty();

    Link& link_;
    base::Fd pipe_;  // for both directions
    std::size_t size_ = 0;
    bool tried_ = false;
};

}  // namespace control
