#include "supervisord/process/machine.hpp"

#include <algorithm>
#include <cassert>
#include <csignal>

namespace process {

namespace {

using std::chrono::seconds;

/// How long what remains of a group has to go after SIGKILL, before it gets another one.
constexpr std::int64_t remains_patience = 5;

/// Of what is started again by itself: with startsecs=0 nothing else keeps a program that ends at once from taking all of
/// the processor and the log.  Some restarts are free, for what is killed again and again is no such program; then it is
/// about as often as with Supervisor, whose loop comes round that often (Q32).
constexpr std::chrono::milliseconds between_restarts{200};
constexpr int free_restarts = 10;

/// Nobody waits longer than a hundred years; what is configured beyond that would overflow the clock.
Time after(Time begin, std::int64_t wait) { return begin + seconds(std::clamp<std::int64_t>(wait, 0, 3'155'760'000)); }

bool is_expected(const config::Program& program, int code) {
    return code >= 0 && std::ranges::count(program.exitcodes, code) > 0;
}

bool restarts(const config::Program& program, int code) {
    switch (program.autorestart) {
        case config::Autorestart::never: return false;
        case config::Autorestart::unexpected: return !is_expected(program, code);
        case config::Autorestart::always: return true;
    }
    return false;
}

/// One step of one machine.
class Life {
public:
    Life(Machine machine, const config::Program& program, Time now)
        : m_(std::move(machine)), program_(program), now_(now) {}

    void on(const Start&);
    void on(const Stop&);
    void on(const Hold&);
    void on(const Spawned&);
    void on(const SpawnFailed&);
    void on(const Exited&);
    void on(const GroupGone&);
    void on(const SignalFailed&);
    void on(const TimePassed&);

    [[nodiscard]] Step result() && { return {std::move(m_), std::move(actions_)}; }

private:
    void enter(State state, bool expected = true);
    void start(bool by_itself = false);
    void spawn();
    [[nodiscard]] bool is_soon() const;
    void spawn_in_time();
    void run();
    void fail(std::optional<Line> line);
    void exit_from_running(int code);
    void stop_child();
    void stop_waiting_to_spawn();
    void stopped();
    void kill_remains();
    void lose_patience_with_remains();

    void say(Line line) { actions_.emplace_back(Say{line}); }
    void stay_at_most(std::int64_t wait) { m_.deadline = after(now_, wait); }
    [[nodiscard]] bool is_due() const { return m_.deadline && now_ >= *m_.deadline; }

    Machine m_;
    const config::Program& program_;
    Time now_;
    std::vector<Action> actions_;
};

/// A deadline belongs to its state, and the count of failures to one row of attempts; both end here.
void Life::enter(State state, bool expected) {
    assert(state != m_.state);
    const bool attempt_goes_on = state == State::starting || state == State::backoff || state == State::stopping ||
                                 state == State::unknown;
    if (!attempt_goes_on) m_.failures = 0;
    actions_.emplace_back(Announce{m_.state, state, expected, m_.failures});
    m_.state = state;
    m_.deadline.reset();
}

void Life::start(bool by_itself) {
    if (m_.holding) return;
    enter(State::starting);
    m_.ever_started = true;
    m_.stop_requested = false;
    m_.exitstatus = 0;
    m_.soon_restarts = by_itself && is_soon() ? std::min(m_.soon_restarts + 1, free_restarts + 1) : 0;
    if (!m_.remains) return spawn_in_time();
    m_.spawn_wanted = true;  // what remains may hold the port, the lock or the socket that the new one wants
    kill_remains();
}

/// After the start before.
bool Life::is_soon() const { return m_.started && now_ >= *m_.started && now_ < *m_.started + between_restarts; }

/// Now, or when the start before is long enough ago.
void Life::spawn_in_time() {
    if (m_.soon_restarts <= free_restarts || !is_soon()) return spawn();
    m_.spawn_wanted = true;
    m_.deadline = *m_.started + between_restarts;
}

void Life::spawn() {
    m_.spawn_wanted = false;
    m_.deadline.reset();
    m_.child = true;
    m_.started = now_;
    actions_.emplace_back(Spawn{});
}

void Life::run() {
    enter(State::running);
    say(Line::entered_running);
}

/// A start that came to nothing.
void Life::fail(std::optional<Line> line) {
    m_.child = false;
    ++m_.failures;
    const int failures = m_.failures;
    enter(State::backoff);
    if (line) say(*line);
    if (failures > program_.startretries) {
        enter(State::fatal);
        say(Line::gave_up);
    } else if (!m_.holding) {  // while holding, the order of shutdown ends BACKOFF
        stay_at_most(failures);
    }
    if (m_.remains) kill_remains();
}

void Life::exit_from_running(int code) {
    const bool expected = is_expected(program_, code);
    m_.exitstatus = code;
    enter(State::exited, expected);
    say(expected ? Line::exited_expected : Line::exited_unexpected);
    if (restarts(program_, code) && !m_.holding)
        start(true);
    else if (m_.remains)
        kill_remains();
}

void Life::stop_child() {
    enter(State::stopping);
    m_.stop_requested = true;
    actions_.emplace_back(Signal{program_.stopsignal, program_.stopasgroup});
    stay_at_most(program_.stopwaitsecs);
}

/// There is no child yet, and there will be none; what remains has had its signal.
void Life::stop_waiting_to_spawn() {
    m_.spawn_wanted = false;
    const auto next_kill = m_.deadline;
    enter(State::stopping);
    if (!m_.remains) return stopped();
    m_.deadline = next_kill;
}

void Life::stopped() {
    enter(State::stopped);
    if (m_.stop_requested) say(Line::stopped);  // else the child's end has been told, and only its group was waited for
    m_.stop_requested = false;
}

/// In BACKOFF the deadline is that of the next attempt, which comes soon enough to look after the rest.
void Life::kill_remains() {
    m_.remains_killed = true;
    say(Line::killing_remains);
    actions_.emplace_back(Signal{SIGKILL, true});
    if (m_.state != State::backoff) stay_at_most(remains_patience);
}

/// Nobody can end a zombie whose parent does not look, or a process that hangs in the kernel; to wait for it for ever
/// would be worse than what it may still hold.
void Life::lose_patience_with_remains() {
    if (!m_.remains_killed) return kill_remains();
    say(Line::leaving_remains);
    on(GroupGone{});
}

void Life::on(const Start&) {
    switch (m_.state) {
        case State::stopped:
        case State::exited:
        case State::fatal:
        case State::backoff:
            start();
            return;
        case State::starting:
        case State::running:
        case State::stopping:
        case State::unknown:  // the child that could not be signalled is still there
            return;
    }
}

void Life::on(const Stop&) {
    switch (m_.state) {
        case State::starting:
            if (m_.spawn_wanted)
                stop_waiting_to_spawn();
            else
                stop_child();
            return;
        case State::running:
            stop_child();
            return;
        case State::backoff:
            enter(m_.holding ? State::fatal : State::stopped);
            if (m_.remains) kill_remains();
            return;
        case State::unknown:  // it cannot be told, but when it ends it was our wish
            m_.stop_requested = true;
            return;
        case State::stopping:  // once is enough: the deadline stands
        case State::stopped:
        case State::exited:
        case State::fatal:
            return;
    }
}

void Life::on(const Hold&) {
    m_.holding = true;
    switch (m_.state) {
        case State::starting:  // nothing will be spawned any more, so there is nothing to wait for but the rest
            if (m_.spawn_wanted) stop_waiting_to_spawn();
            return;
        case State::backoff:  // until the order of shutdown comes to it
            m_.deadline.reset();
            return;
        case State::running:
        case State::stopping:
        case State::stopped:
        case State::exited:
        case State::fatal:
        case State::unknown:
            return;
    }
}

void Life::on(const Spawned& spawned) {
    switch (m_.state) {
        case State::starting:
            if (!m_.child) return;
            if (spawned.at) m_.started = spawned.at;  // it may have waited for its turn
            m_.deadline = after(*m_.started, program_.startsecs);
            if (is_due()) run();
            return;
        case State::stopping:  // the signal was on its way before this was known
        case State::running:
        case State::backoff:
        case State::stopped:
        case State::exited:
        case State::fatal:
        case State::unknown:
            return;
    }
}

void Life::on(const SpawnFailed&) {
    if (!m_.child) return;
    switch (m_.state) {
        case State::starting:
            fail(std::nullopt);  // the runner tells the reason: spawnerr: ...
            return;
        case State::stopping:
        case State::unknown:
            m_.child = false;
            m_.stop_requested = false;  // there is no end to tell of
            stopped();
            return;
        case State::running:
        case State::backoff:
        case State::stopped:
        case State::exited:
        case State::fatal:
            return;
    }
}

void Life::on(const Exited& exited) {
    if (!m_.child) return;
    m_.child = false;
    m_.remains = exited.group_left;
    switch (m_.state) {
        case State::starting:
            if (exited.at.value_or(now_) < after(*m_.started, program_.startsecs)) {
                fail(Line::exited_unexpected);  // even with an expected code (Q31)
            } else {
                enter(State::running);  // without its line, as nobody had seen it run
                exit_from_running(exited.code);
            }
            return;
        case State::running:
            exit_from_running(exited.code);
            return;
        case State::stopping:  // with others left, the stop is done when they are gone too (Q125)
            m_.exitstatus = exited.code;
            if (!m_.remains) stopped();
            return;
        case State::unknown:  // Q33
            if (!m_.stop_requested) return exit_from_running(exited.code);
            m_.exitstatus = exited.code;
            stopped();
            if (m_.remains) kill_remains();
            return;
        case State::backoff:
        case State::stopped:
        case State::exited:
        case State::fatal:
            return;
    }
}

void Life::on(const GroupGone&) {
    if (!m_.remains) return;
    m_.remains = m_.remains_killed = false;
    switch (m_.state) {
        case State::starting:
            spawn_in_time();
            return;
        case State::stopping:
            stopped();
            return;
        case State::stopped:
        case State::exited:
        case State::fatal:
            m_.deadline.reset();
            return;
        case State::running:
        case State::backoff:
        case State::unknown:
            return;
    }
}

void Life::on(const SignalFailed&) {
    if (!m_.child) return on(GroupGone{});  // what cannot be ended is not waited for either
    switch (m_.state) {
        case State::starting:
        case State::running:
        case State::stopping:
            enter(State::unknown);
            return;
        case State::stopped:
        case State::exited:
        case State::fatal:
        case State::backoff:
        case State::unknown:
            return;
    }
}

void Life::on(const TimePassed&) {
    if (!is_due()) return;
    m_.deadline.reset();
    switch (m_.state) {
        case State::starting:
            if (!m_.spawn_wanted)
                run();
            else if (m_.remains)
                lose_patience_with_remains();
            else
                spawn();
            return;
        case State::backoff:
            start();
            return;
        case State::stopping:
            if (!m_.stop_requested || m_.remains_killed) return lose_patience_with_remains();
            m_.remains_killed = m_.remains;
            say(Line::killing);
            actions_.emplace_back(Signal{SIGKILL, m_.remains || program_.killasgroup});
            stay_at_most(std::max<std::int64_t>(program_.stopwaitsecs, 1));  // Q120
            return;
        case State::stopped:
        case State::exited:
        case State::fatal:
            if (m_.remains) lose_patience_with_remains();
            return;
        case State::running:
        case State::unknown:
            return;
    }
}

}  // namespace

Step step(Machine machine, const config::Program& program, const Event& event, Time now) {
    Life life(std::move(machine), program, now);
    std::visit([&](const auto& what) { life.on(what); }, event);
    return std::move(life).result();
}

}  // namespace process
