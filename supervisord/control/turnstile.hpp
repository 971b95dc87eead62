// A turnstile: at most so many launches are on their way to the keeper at a time, for each holds a dozen descriptors
// until it is answered, and a thousand programs may want to start at once.  First come, first served.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>

#include "supervisord/control/loop.hpp"

namespace control {

class Turnstile {
public:
    static constexpr std::size_t limit = 64;

    explicit Turnstile(Loop& loop);

    /// Another may enter when the last copy is gone.
    using Pass = std::shared_ptr<void>;
    /// Calls at once when there is room, else later from the loop.
    void enter(std::function<void(Pass)> go);
    /// Launches on their way.
    [[nodiscard]] std::size_t inside() const;

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace control
