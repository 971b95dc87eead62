// A pipe in which what is to be written to another one, or to a terminal, stands until the kernel moves it there, in one
// step: when whoever does that dies in the middle, what is left in it tells how much was moved.  For that somebody who
// lives on must hold it.  Does not note what was put into it: that is for who puts it, before and after the move.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <optional>
#include <string_view>

#include "common/base/fd.hpp"

namespace logs {

class Staging {
public:
    static constexpr std::string_view held_name = "staging";
    static constexpr std::size_t most = 1 << 16;  // bytes at once

    /// before: of a controller before.  hold: is given the pipe that is made when there was none.
    Staging(base::Fd before, std::function<void(int)> hold);

    /// What that controller has left in it, until the first put(); nothing: it had none.
    [[nodiscard]] std::optional<std::size_t> left() const;

    /// How much of the bytes stands in it; 0 when there is no such pipe to be had.  What stood in it is gone.
    [[nodiscard]] std::size_t put(std::string_view bytes);
    /// As write(2), of what stands in it.
    [[nodiscard]] ssize_t move_to(int target);

private:
    void open();
    void empty();

    std::function<void(int)> hold_;
    base::Fd pipe_;  // for both directions
    std::size_t size_ = 0;
    bool tried_ = false;
};

}  // namespace logs
