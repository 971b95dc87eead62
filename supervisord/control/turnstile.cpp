#include "supervisord/control/turnstile.hpp"

#include <algorithm>
#include <deque>
#include <utility>

namespace control {

struct Turnstile::State : std::enable_shared_from_this<State> {
    explicit State(Loop& its_loop) : loop(its_loop), patience(its_loop) {}

    struct Place {
        Go go;
        bool is_ready = true;
        bool lets_pass = false;
        base::Time until = {};  // then it does
    };

    Loop& loop;
    Timer patience;
    std::size_t inside = 0;
    std::deque<std::shared_ptr<Place>> waiting;

    [[nodiscard]] Pass pass() {
        ++inside;
        return Pass(static_cast<void*>(this), [self = shared_from_this()](void*) { self->leave(); });
    }

    void leave() {
        --inside;
        if (!waiting.empty()) post(loop, [self = shared_from_this()] { self->admit(); });
    }

    void admit() {
        while (inside < limit) {
            const auto next = std::ranges::find_if(waiting, [](const auto& place) { return place->is_ready || !place->lets_pass; });
            if (next == waiting.end()) return patience.cancel();
            const auto place = *next;
            if (!place->is_ready)
                return patience.at(place->until, [this, place] {
                    place->lets_pass = true;
                    admit();
                });
            waiting.erase(next);
            place->go(pass());
        }
    }
};

Turnstile::Turnstile(Loop& loop) : state_(std::make_shared<State>(loop)) {}

void Turnstile::enter(Go go) {
    if (state_->inside < limit && state_->waiting.empty()) return go(state_->pass());
    state_->waiting.push_back(std::make_shared<State::Place>(State::Place{std::move(go)}));
    state_->admit();
}

std::function<void()> Turnstile::take_place(Go go) {
    auto place = std::make_shared<State::Place>(State::Place{std::move(go), false, false, base::now() + longest_wait});
    state_->waiting.push_back(place);
    state_->admit();
    return [state = state_, place] {
        place->is_ready = true;
        state->admit();
    };
}

std::size_t Turnstile::inside() const { return state_->inside; }

}  // namespace control
