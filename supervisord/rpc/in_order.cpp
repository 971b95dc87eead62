#include "supervisord/rpc/in_order.hpp"

#include <memory>
#include <utility>

namespace rpc {

namespace {

struct Walk {
    std::size_t count;
    Step step;
    std::function<void()> done;
    std::size_t ended = 0;  // steps
    bool walking = false;   // further up on the stack
};

void walk(const std::shared_ptr<Walk>& state) {
    if (state->walking) return;  // the loop below goes on when the step returns
    state->walking = true;
    for (;;) {
        const std::size_t step = state->ended;
        if (step == state->count) {
            state->done();
            return;
        }
        state->step(step, [state] {
            ++state->ended;
            walk(state);
        });
        if (state->ended == step) break;  // it ends later
    }
    state->walking = false;
}

}  // namespace

void in_order(std::size_t count, Step step, std::function<void()> done) {
    walk(std::make_shared<Walk>(Walk{count, std::move(step), std::move(done)}));
}

}  // namespace rpc
