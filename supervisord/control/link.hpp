// The link to the keeper: requests go out, news come in.  Keeps the order, never waits: what does not fit into the
// socket stays here.  Does not know processes; an answer finds its way back through the number of its request.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/base/fd.hpp"
#include "supervisord/control/loop.hpp"
#include "supervisord/keeper/wire.hpp"

namespace control {

class Link {
public:
    /// For what is no answer: exited, group_gone, orphan, signals, note.
    using News = std::function<void(const keeper::Message&)>;
    /// spawned (with the descriptor of the child, if there is one) or reply.
    using Answered = std::function<void(const keeper::Message&, base::Fd)>;

    Link(Loop& loop, base::Fd socket);
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;

    /// Says hello and waits, seconds at most, for the welcome; before anything else.  False: there is no keeper, or
    /// one of another version.
    [[nodiscard]] bool greet(keeper::Message& welcome);
    /// From now on news are told, and the end of the keeper.
    void listen(News news, std::function<void()> lost);

    /// Descriptors are closed here once they are sent.
    void send(keeper::Message message, std::vector<base::Fd> descriptors = {}, Answered answered = {});
    /// The keeper is to hold a copy of a descriptor for later controllers, in place of one of the same name.  Another
    /// copy stays here, for the day when the keeper is gone.
    void hold(const std::string& name, int descriptor);
    /// The same for what there may be any number of: it leaves places_kept of the keeper's places to others.
    void hold_if_room(const std::string& name, int descriptor);
    static constexpr std::size_t places_kept = 64;
    /// Whoever is told what the keeper does not hold, and why (errno): it goes with this controller.
    void when_unheld(std::function<void(const std::string& name, int error)> told) { unheld_ = std::move(told); }
    /// It holds it already, for a controller before, and we have it under this number.
    void holds(const std::string& name, int descriptor);
    void let_go(const std::string& name);
    [[nodiscard]] const std::map<std::string, base::Fd>& held() const { return held_; }

    /// Takes what has come, without waiting for its turn in the loop.
    void catch_up();
    /// Sends what waits, as long as it takes but seconds at most; for the last words of a controller.
    void flush();

private:
    void send_copy(keeper::Message message, int descriptor, Answered answered);
    void not_held(const std::string& name, int error);

    struct Outgoing {
        keeper::Message message;
        std::vector<base::Fd> descriptors;
    };
    void pump_out();
    void pump_in();
    void take(keeper::Incoming& incoming);

    const base::Fd socket_;
    Readiness readiness_;
    bool wants_to_write_ = false;
    std::deque<Outgoing> waiting_;
    std::unordered_map<std::uint64_t, Answered> asked_;
    std::uint64_t last_request_ = 0;
    bool is_lost_ = false;
    std::map<std::string, base::Fd> held_;
    News news_;
    std::function<void()> lost_;
    std::function<void(const std::string&, int)> unheld_;
};

}  // namespace control
