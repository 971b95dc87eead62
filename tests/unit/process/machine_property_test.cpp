// What holds for a machine after any order of events that the outside can produce.  PROPERTY_SEED repeats a run.
#include <doctest/doctest.h>

#include <cstdlib>
#include <random>
#include <set>

#include "common/base/text.hpp"
#include "outside.hpp"

namespace {

using process::State;

/// compat/process.md, section 1.1, and what the decisions of compat/quirks.md add.
const std::set<outside::Arrow> allowed = {
    {State::stopped, State::starting},
    {State::exited, State::starting},
    {State::fatal, State::starting},
    {State::backoff, State::starting},
    {State::starting, State::backoff},
    {State::starting, State::running},
    {State::backoff, State::fatal},
    {State::backoff, State::stopped},
    {State::running, State::exited},
    {State::starting, State::stopping},
    {State::running, State::stopping},
    {State::stopping, State::stopped},
    {State::starting, State::unknown},
    {State::running, State::unknown},
    {State::stopping, State::unknown},
    {State::unknown, State::exited},   // Q33: Supervisor dies here
    {State::unknown, State::stopped},  // Q33, where a stop had been asked for
};

config::Program any_program(std::mt19937_64& random) {
    const auto one_of = [&](std::initializer_list<std::int64_t> values) { return *(values.begin() + random() % values.size()); };
    config::Program program;
    program.startsecs = one_of({0, 1, 1, 3});
    program.startretries = one_of({0, 1, 3, 3});
    program.stopwaitsecs = one_of({0, 1, 2, 10});
    program.killasgroup = random() % 2 == 0;
    program.stopasgroup = program.killasgroup && random() % 2 == 0;
    program.autorestart = static_cast<config::Autorestart>(random() % 3);
    program.exitcodes = random() % 2 == 0 ? std::vector<int>{0} : std::vector<int>{0, 2};
    program.stopsignal = random() % 2 == 0 ? 15 : 2;
    return program;
}

std::string show(const outside::Arrow& arrow) { return base::concat(api::name(arrow.first), ">", api::name(arrow.second)); }

void expect(bool holds, std::string what) {
    if (!holds) throw outside::Broken{std::move(what)};
}

/// Whatever has happened: no state is a dead end.
void ways_out(outside::World& world) {
    const auto& machine = world.machine();
    world.settle();
    expect(machine.state != State::stopping, "STOPPING does not end");
    expect(machine.state != State::starting, "STARTING does not end");
    expect(machine.state != State::backoff || machine.holding, "BACKOFF does not end");

    world.tell(process::Stop{});
    world.settle();
    if (machine.state == State::unknown) world.end_child();
    world.settle();
    expect(api::is_stopped(machine.state) && machine.state != State::unknown, "a stop does not end it");
    expect(!machine.child && !machine.remains, "something lives on after a stop");
    const auto [ends, lines] = world.ends_and_lines();
    expect(ends == lines, "an end was told twice or not at all");

    world.let_signals_through();
    world.tell(process::Start{});
    world.settle();
    expect(machine.holding ? api::is_stopped(machine.state) : machine.state != State::stopped, "a start does nothing");
}

}  // namespace

TEST_CASE("whatever happens, a machine keeps its promises") {
    constexpr std::size_t wanted = 3'000'000;
    const char* given = std::getenv("PROPERTY_SEED");
    const std::uint64_t seed = given ? std::strtoull(given, nullptr, 10) : std::random_device{}();
    MESSAGE("PROPERTY_SEED=", seed);
    std::mt19937_64 random(seed);

    std::size_t steps = 0;
    std::set<outside::Arrow> walked;
    while (steps < wanted) {
        const config::Program program = any_program(random);
        outside::World world(random, program);
        std::string broken;
        try {
            const auto length = 5 + random() % 400;
            for (std::size_t i = 0; i < length; ++i) world.live();
            ways_out(world);
        } catch (const outside::Broken& reason) {
            broken = reason.what;
        }
        if (!broken.empty()) FAIL("PROPERTY_SEED=", seed, ": ", broken, "\n\n# ", broken, "\n", world.history());
        walked.insert(world.arrows().begin(), world.arrows().end());
        steps += world.steps();
    }

    for (const auto& arrow : walked) CHECK_MESSAGE(allowed.count(arrow) == 1, "not allowed: ", show(arrow));
    for (const auto& arrow : allowed) CHECK_MESSAGE(walked.count(arrow) == 1, "never seen: ", show(arrow));
}
