// A turnstile: at most so many launches are on their way to the keeper at a time, for each holds a dozen descriptors
// until it is answered, and a thousand programs may want to start at once.  First come, first served: what waits for an answer
// before it can go keeps its place, and those behind it wait too, for programs start in the order of their priorities; but
// not for long.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

#include "supervisord/control/loop.hpp"

namespace control {

class Turnstile {
public:
    static constexpr std::size_t limit = 64;
    static constexpr std::chrono::milliseconds longest_wait{1200};  // for the one in front; then others pass it

    explicit Turnstile(Loop& loop);

    /// Another may enter when the last copy is gone.
    using Pass = std::shared_ptr<void>;
    using Go = std::function<void(Pass)>;
    /// Calls at once when there is room and nobody waits who does not let others pass, else later from the loop.
    void enter(Go go);
    /// Takes a place for what cannot go yet; it can when what is returned is called, which has to be done.
    [[nodiscard]] std::function<void()> take_place(Go go);
    /// Launches on their way.
    [[nodiscard]] std::size_t inside() const;

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace control
