#include "supervisord/process/machine.hpp"

#include <doctest/doctest.h>

#include <limits>

using namespace process;

namespace {

constexpr base::Time noon{std::chrono::hours(12)};

const Event events[] = {Start{},  Stop{},      Hold{},          Spawned{},      SpawnFailed{}, Exited{0},
                        Exited{-1}, Exited{0, true}, GroupGone{}, SignalFailed{}, TimePassed{}};

}  // namespace

TEST_CASE("any event in any state is answered, with a chain of announcements that ends in the new state") {
    const config::Program program;
    for (const State state : api::states) {
        for (int bits = 0; bits < 64; ++bits) {
            for (const auto& event : events) {
                Machine machine;
                machine.state = state;
                machine.child = bits & 1;
                machine.remains = bits & 2;
                machine.spawn_wanted = bits & 4;
                machine.stop_requested = bits & 8;
                machine.holding = bits & 16;
                machine.started = noon;
                if (bits & 32) machine.deadline = noon;
                const Step step = process::step(machine, program, event, noon + std::chrono::milliseconds(500));
                State last = state;
                for (const auto& action : step.actions) {
                    const auto* news = std::get_if<Announce>(&action);
                    if (!news) continue;
                    REQUIRE(news->from == last);
                    REQUIRE(news->to != last);
                    last = news->to;
                }
                REQUIRE(last == step.next.state);
            }
        }
    }
}

TEST_CASE("times beyond all measure, or below nothing, do no harm") {
    for (const auto value : {std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min()}) {
        config::Program program;
        program.startsecs = program.startretries = program.stopwaitsecs = value;
        const bool long_ones = value > 0;
        Machine machine = step({}, program, Start{}, noon).next;
        machine = step(machine, program, Spawned{}, noon).next;
        CHECK(machine.state == (long_ones ? State::starting : State::running));
        const Machine stopping = step(machine, program, Stop{}, noon).next;
        REQUIRE(stopping.deadline.has_value());
        CHECK((*stopping.deadline > noon) == long_ones);
        const Machine killed = step(stopping, program, TimePassed{}, *stopping.deadline).next;
        CHECK(*killed.deadline > *stopping.deadline);
        machine = step({}, program, Start{}, noon).next;
        CHECK(step(machine, program, SpawnFailed{}, noon).next.state == (long_ones ? State::backoff : State::fatal));
    }
}

TEST_CASE("the exit status is that of the last end, and forgotten at the next start") {
    config::Program program;
    program.autorestart = config::Autorestart::never;
    Machine machine;
    const auto happens = [&](const Event& event, int seconds) {
        machine = step(machine, program, event, noon + std::chrono::seconds(seconds)).next;
    };
    happens(Start{}, 0);
    happens(Spawned{}, 0);
    happens(TimePassed{}, 1);
    happens(Exited{7}, 2);
    CHECK(machine.exitstatus == 7);
    happens(Start{}, 3);
    CHECK(machine.exitstatus == 0);
    happens(Spawned{}, 3);
    happens(Stop{}, 4);
    happens(Exited{-1}, 5);
    CHECK(machine.exitstatus == -1);
    happens(Start{}, 6);
    happens(Exited{3}, 6);
    CHECK(machine.state == State::backoff);
    CHECK(machine.exitstatus == 0);  // as Supervisor reports a start that failed
}

TEST_CASE("a death by a signal is not expected even if exitcodes lists -1") {
    config::Program program;
    program.exitcodes = {-1};
    Machine machine = step(step({}, program, Start{}, noon).next, program, Spawned{}, noon).next;
    machine = step(machine, program, Exited{-1}, noon + std::chrono::seconds(2)).next;
    CHECK(machine.state == State::starting);  // restarted
}

TEST_CASE("a machine remembers whether it was ever started") {
    const config::Program program;
    CHECK_FALSE(Machine{}.ever_started);
    const Machine machine = step({}, program, Start{}, noon).next;
    CHECK(machine.ever_started);
    CHECK(machine.started == noon);
    CHECK_FALSE(step(step({}, program, Hold{}, noon).next, program, Start{}, noon).next.ever_started);
}
