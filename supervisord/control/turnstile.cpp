#include "supervisord/control/turnstile.hpp"


namespace control {

struct Turnstile::State : std::enable_shared_from_this<State> {
    explicit State(Loop& its_loop) : loop(its_loop) {}

    Loop& loop;
    std::size_t inside = 0;
    std::deque<std::function<void(Pass)>> waiting;

    [[nodiscard]] Pass pass() {
        ++inside;
        return Pass(static_cast<void*>(this), [self = shared_from_this()](void*) { self->leave(); });
    }

    void leave() {
        --inside;
        if (waiting.empty()) return;
        post(loop, [self = shared_from_this()] {
            if (self->waiting.empty() || self->inside >= limit) return;
            const auto go = std::move(self->waiting.front());
            self->waiting.pop_front();
            go(self->pass());
        });
    }
};

Turnstile::Turnstile(Loop& loop) : state_(std::make_shared<State>(loop)) {}

void Turnstile::enter(std::function<void(Pass)> go) {
    if (state_->inside >= limit || !state_->waiting.empty())
        state_->waiting.push_back(std::move(go));
    else
        go(state_->pass());
}

std::size_t Turnstile::inside() const { return state_->inside; }

}  // namespace control
