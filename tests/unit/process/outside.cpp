#include "outside.hpp"

#include <algorithm>
#include <csignal>

#include "common/base/text.hpp"

namespace outside {

using namespace process;
using std::chrono::milliseconds;

namespace {
[[noreturn]] void broken(std::string what) { throw Broken{std::move(what)}; }

template <class T>
bool is(const Event& event) { return std::holds_alternative<T>(event); }

bool acts(State state) { return api::is_stopped(state) || state == State::backoff; }
}  // namespace

World::World(std::mt19937_64& random, const config::Program& program) : random_(random), program_(program) {}

void World::live() {
    const auto dice = random_() % 100;
    if (dice < 8) return tell(Start{});
    if (dice < 15) return tell(Stop{});
    if (dice < 16 && chance(30)) return tell(Hold{});
    if (dice < 45 && !orders_.empty()) return carry_out_order();
    if (dice < 75 && !reports_.empty()) return deliver_report();
    if (dice < 82 && leader_) return die(chance(20) ? -1 : static_cast<int>(random_() % 4), chance(30));
    if (dice < 88 && group_reported_ && group_) {
        group_ = group_reported_ = false;
        reports_.emplace_back(GroupGone{});
        return;
    }
    if (dice < 89 && leader_ && chance(20)) {  // it changed its user, and a user of ours wants to signal it
        untouchable_ = true;
        reports_.emplace_back(SignalFailed{});
        return;
    }
    if (dice < 95) {
        pass_time(milliseconds(random_() % (chance(50) ? 300 : 4000)));
    } else if (machine_.deadline && *machine_.deadline > now_) {  // to the deadline, or almost
        pass_time(*machine_.deadline - now_);
        if (chance(30)) pass_time(milliseconds(-1));
    }
    now_ = std::max(now_, told_);
    if (chance(80)) tell(TimePassed{});
}

void World::settle() {
    for (int round = 0; round < 200; ++round) {
        if (!orders_.empty()) {
            carry_out_order();
        } else if (!reports_.empty()) {
            deliver_report();
        } else if (machine_.deadline) {
            pass_time(std::max(*machine_.deadline - now_, base::Time::duration(0)));
            tell(TimePassed{});
        } else {
            return;
        }
    }
    broken("it goes on for ever");
}

void World::end_child() {
    if (leader_) die(-1, true);
}

void World::let_signals_through() { untouchable_ = false; }

void World::carry_out_order() {
    const Order order = orders_.front();
    orders_.pop_front();
    if (std::holds_alternative<Spawn>(order)) {
        if (leader_) broken("two live children");
        if (chance(15)) {
            reports_.emplace_back(SpawnFailed{});
            return;
        }
        leader_ = true;
        untouchable_ = chance(3);
        group_reported_ = false;
        group_ = program_.killasgroup && chance(60);
        reports_.emplace_back(Spawned{});
        return;
    }
    const auto signal = std::get<Signal>(order);
    if (untouchable_ && (leader_ || group_)) {
        reports_.emplace_back(SignalFailed{});
    } else if (leader_ && (signal.number == SIGKILL || chance(60))) {
        die(signal.number == SIGKILL ? -1 : static_cast<int>(random_() % 3), signal.group && signal.number == SIGKILL);
    } else if (!leader_ && group_ && signal.group && signal.number == SIGKILL) {
        group_ = false;
        if (std::exchange(group_reported_, false)) reports_.emplace_back(GroupGone{});
    }
}

/// The report says what is left at that moment; those who got SIGKILL, too, may take a little longer.
void World::die(int code, bool whole_group) {
    leader_ = false;
    if (group_ && whole_group && chance(50)) group_ = false;
    reports_.emplace_back(Exited{code, group_});
    group_reported_ = group_;
    if (group_ && whole_group) {
        group_ = group_reported_ = false;
        reports_.emplace_back(GroupGone{});
    }
}

void World::deliver_report() {
    const Event report = reports_.front();
    reports_.pop_front();
    tell(report);
}

void World::tell(const Event& event) {
    const auto delay = std::chrono::duration_cast<milliseconds>(now_ - told_);
    told_ = now_;
    history_.push_back({delay, event});
    const Machine before = machine_;
    const Step step = process::step(before, program_, event, now_);
    machine_ = step.next;
    check_patience(step);
    check(before, event, step);
    if (is<SignalFailed>(event) && !before.child) group_reported_ = false;  // given up: not waited for
    for (const auto& action : step.actions) {
        if (const auto* spawn = std::get_if<Spawn>(&action)) orders_.emplace_back(*spawn);
        if (const auto* signal = std::get_if<Signal>(&action)) orders_.emplace_back(*signal);
    }
    check_state(step.next);
}

/// What is left of a group is waited for until it has had its SIGKILL and has not gone: then it is waited for no longer.
void World::check_patience(const Step& step) {
    for (const auto& action : step.actions) {
        const auto* signal = std::get_if<Signal>(&action);
        const auto* say = std::get_if<Say>(&action);
        if (signal && signal->number == SIGKILL && signal->group && step.next.remains) rest_killed_ = now_;
        if (!say || say->line != Line::leaving_remains) continue;
        if (!rest_killed_ || now_ - *rest_killed_ < std::chrono::seconds(1)) broken("the rest of a group was left too early");
        group_reported_ = false;
    }
    if (!step.next.remains) rest_killed_.reset();
}

void World::check(const Machine& before, const Event& event, const Step& step) {
    const Machine& next = step.next;
    if (is<Stop>(event)) stop_stands_ = true;
    if (is<Start>(event) && acts(before.state)) stop_stands_ = false;
    if (is<Exited>(event)) ++ends_;

    const bool early = before.deadline && now_ < *before.deadline;
    if (is<TimePassed>(event) && (early || !before.deadline) && !(next == before && step.actions.empty()))
        broken("an early wake-up changed something");
    if (is<TimePassed>(event) && next.deadline && *next.deadline <= now_) broken("the deadline did not move on");
    if (is<Stop>(event) && before.state == State::stopping && !(next == before && step.actions.empty()))
        broken("a repeated stop changed something");
    if (before.holding && !next.holding) broken("holding was forgotten");

    State state = before.state;
    bool child = before.child;
    const auto logs = [&](Line line) {
        return std::ranges::any_of(step.actions, [&](const Action& action) {
            const auto* say = std::get_if<Say>(&action);
            return say && say->line == line;
        });
    };
    if (is<Exited>(event) || is<SpawnFailed>(event)) child = false;
    for (const auto& action : step.actions) {
        if (const auto* news = std::get_if<Announce>(&action)) {
            if (news->from != state || news->to == state) broken("the announcements are no chain");
            state = news->to;
            check_announce(before, event, *news, logs(Line::gave_up));
        } else if (std::holds_alternative<Spawn>(action)) {
            if (child) broken("a second child is asked for");
            if (next.holding) broken("a spawn while holding");
            if (stop_stands_) broken("a spawn after an explicit stop");
            if (group_reported_ && !is<SignalFailed>(event)) broken("a spawn while others of the group live");
            const bool by_itself = !is<Start>(event) && before.state != State::backoff;
            soon_restarts_ = by_itself && now_ - spawned_ < std::chrono::milliseconds(200) ? soon_restarts_ + 1 : 0;
            if (soon_restarts_ > 10) broken("too many restarts in too short a time");
            child = true;
            spawned_ = now_;
        } else if (const auto* signal = std::get_if<Signal>(&action)) {
            if (!child && !next.remains) broken("a signal to nobody");
            if (signal->group && !program_.stopasgroup && !program_.killasgroup) broken("a signal to a group");
        } else {
            const Line line = std::get<Say>(action).line;
            if (line == Line::exited_expected || line == Line::exited_unexpected || line == Line::stopped) ++end_lines_;
            if (line == Line::killing) {
                if (killed_ && now_ - *killed_ < std::chrono::seconds(1)) broken("SIGKILL more than once a second");
                killed_ = now_;
                if (now_ < stopping_ + std::chrono::seconds(program_.stopwaitsecs)) broken("SIGKILL too early");
            }
        }
    }
    if (state != next.state) broken("the state changed without a word");
    if (next.child != child) broken("the child is miscounted");
}

void World::check_announce(const Machine& before, const Event& event, const Announce& news, bool logged_gave_up) {
    arrows_.emplace(news.from, news.to);
    if (news.to == State::starting && news.tries != failures_) broken("tries of STARTING is wrong");
    if (news.from == State::backoff && news.to == State::fatal) {
        const auto allowed = std::max<std::int64_t>(program_.startretries, 0);
        if (logged_gave_up ? failures_ != allowed + 1 : !before.holding) broken("FATAL too early or too late");
    }
    if (news.to == State::backoff && news.tries != ++failures_) broken("tries of BACKOFF is wrong");
    if (news.to == State::running || api::is_stopped(news.to)) failures_ = news.to == State::unknown ? failures_ : 0;
    if (news.to == State::stopping) {
        killed_.reset();
        stopping_ = now_;
    }
    const bool up_long_enough = now_ >= spawned_ + std::chrono::seconds(program_.startsecs);
    if (news.to == State::running && !up_long_enough) broken("RUNNING too early");
    if (news.to == State::backoff && is<Exited>(event) && up_long_enough) broken("not an exit that was too quick");
    if (news.to == State::exited) {
        const int code = std::get<Exited>(event).code;
        const bool expected = code >= 0 && std::ranges::count(program_.exitcodes, code) > 0;
        const bool restart = program_.autorestart == config::Autorestart::always ||
                             (program_.autorestart == config::Autorestart::unexpected && !expected);
        if (news.expected != expected) broken("an exit was judged wrongly");
        if ((machine_.state == State::starting) != (restart && !before.holding)) broken("autorestart was not obeyed");
    }
}

void World::check_state(const Machine& m) const {
    const bool has_child =
        m.state == State::starting || m.state == State::running || m.state == State::stopping || m.state == State::unknown;
    if (m.child && !has_child) broken("a child in a state without one");
    if (m.child && m.remains) broken("what remains of a group that has its leader");
    if ((m.state == State::running || m.state == State::unknown) && !m.child) broken("RUNNING or UNKNOWN without a child");
    if (m.spawn_wanted && (m.state != State::starting || m.child)) broken("a spawn is wanted for no reason");
    if (m.state == State::starting && !m.deadline && !answer_is_due()) broken("STARTING without an end");
    if (m.state == State::starting && !m.child && !m.spawn_wanted) broken("STARTING nothing");
    if (m.state == State::backoff && !m.deadline && !m.holding) broken("BACKOFF without an end");
    if (m.state == State::backoff && m.failures > program_.startretries && !m.holding) broken("BACKOFF after the last attempt");
    if (m.state == State::stopping && !m.deadline) broken("STOPPING without an end");
    if (m.state == State::stopping && !m.child && !m.remains) broken("STOPPING nothing");
    if ((m.state == State::running || m.state == State::unknown) && m.deadline) broken("a deadline for nothing");
}

std::string World::history() const {
    std::string out = base::concat("given ", transcript::show_given(program_), "\n\n");
    Machine machine;
    base::Time now{std::chrono::hours(1)};
    for (const auto& happening : history_) {
        now += happening.delay;
        const Step step = process::step(machine, program_, happening.event, now);
        out += transcript::line(transcript::show(happening), transcript::show(machine, step, now)) + "\n";
        machine = step.next;
    }
    return out;
}

}  // namespace outside
