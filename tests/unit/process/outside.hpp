// The outside of a machine, as far as it can be seen: a keeper that carries out orders in their order, a child that
// lives and dies, users.  Chooses at random among what could really happen next, and watches that what the machine
// orders makes sense.  Knows nothing of how the machine decides.
#pragma once

#include <deque>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "supervisord/process/machine.hpp"
#include "transcript.hpp"

namespace outside {

struct Broken {
    std::string what;
};

using Arrow = std::pair<process::State, process::State>;

class World {
public:
    World(std::mt19937_64& random, const config::Program& program);

    /// One thing happens.  Throws Broken.
    void live();
    /// From now on nothing unforeseen happens: orders are carried out, news arrive, SIGKILL kills, time passes.  Ends
    /// when nothing is due any more.  Throws Broken when that is never.
    void settle();

    void tell(const process::Event& event);
    void end_child();
    void let_signals_through();

    [[nodiscard]] const process::Machine& machine() const { return machine_; }
    [[nodiscard]] std::size_t steps() const { return history_.size(); }
    [[nodiscard]] const std::set<Arrow>& arrows() const { return arrows_; }
    /// All that happened, as a transcript.
    [[nodiscard]] std::string history() const;
    /// Ends of children that were reported, and lines of the log that told of one.
    [[nodiscard]] std::pair<int, int> ends_and_lines() const { return {ends_, end_lines_}; }

private:
    using Order = std::variant<process::Spawn, process::Signal>;

    bool chance(int percent) { return static_cast<int>(random_() % 100) < percent; }
    void pass_time(base::Time::duration time) { now_ += time; }
    void carry_out_order();
    void deliver_report();
    void die(int code, bool whole_group);
    void check(const process::Machine& before, const process::Event& event, const process::Step& step);
    void check_patience(const process::Step& step);
    void check_state(const process::Machine& machine) const;
    void check_announce(const process::Machine& before, const process::Event& event, const process::Announce& news,
                        bool logged_gave_up);
    [[nodiscard]] bool answer_is_due() const { return !orders_.empty() || !reports_.empty(); }

    std::mt19937_64& random_;
    const config::Program& program_;
    process::Machine machine_;
    base::Time now_{std::chrono::hours(1)};
    base::Time told_{now_};  // when the last event was

    // The truth, as the keeper knows it.
    bool leader_ = false;
    bool group_ = false;         // others than the leader
    bool group_reported_ = false;  // the controller has been told, and waits to be told that they are gone
    bool untouchable_ = false;   // another user's: signals fail
    std::deque<Order> orders_;
    std::deque<process::Event> reports_;

    // What has been seen.
    std::vector<transcript::Happening> history_;
    std::set<Arrow> arrows_;
    bool stop_stands_ = false;  // an explicit stop, and no start since
    int failures_ = 0;
    int ends_ = 0, end_lines_ = 0;
    int soon_restarts_ = 0;              // in a row
    base::Time spawned_, stopping_;      // when that was ordered, or entered, last
    std::optional<base::Time> killed_;  // in this STOPPING
    std::optional<base::Time> rest_killed_;  // of a group whose leader is gone
};

}  // namespace outside
