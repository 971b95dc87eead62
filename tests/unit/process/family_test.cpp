#include "supervisord/process/family.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using process::Kin;

namespace {

// We are 20, a child of the keeper 10, a child of 1.
const std::vector<Kin> machine = {
    {1, 0, 1, 1, 1}, {10, 1, 10, 10, 5}, {20, 10, 10, 10, 6},
    {100, 10, 100, 10, 50},  // the leader
    {101, 100, 100, 10, 51}, {102, 101, 102, 102, 52},   // its child, and a child of that in a session of its own
    {110, 10, 110, 110, 60}, {111, 110, 111, 111, 61},   // an orphan of it, and a child of that
    {120, 10, 100, 10, 62},                              // an orphan that has stayed in its group
    {200, 10, 200, 10, 70}, {201, 200, 200, 10, 71},     // another program
    {300, 1, 300, 300, 80},                              // another's daemon
};

std::vector<pid_t> pids(const std::vector<Kin>& found) {
    std::vector<pid_t> out;
    for (const auto& one : found) out.push_back(one.pid);
    std::ranges::sort(out);
    return out;
}

std::vector<pid_t> family_of(const std::vector<Kin>& all, pid_t leader, const std::vector<Kin>& before, const std::vector<pid_t>& marked) {
    const process::Census census(all);
    const auto fosters = census.ancestors(20);
    std::vector<pid_t> asked;
    auto found = pids(census.family(leader, before, fosters, [&](const Kin& one) {
        asked.push_back(one.pid);
        return std::ranges::count(marked, one.pid) > 0;
    }));
    for (const pid_t pid : asked) CHECK(std::ranges::count_if(all, [&](const Kin& one) { return one.pid == pid && one.parent <= 20; }) == 1);
    return found;
}

}  // namespace

TEST_CASE("a family is who descends from the leader, or is known to have") {
    using Pids = std::vector<pid_t>;
    CHECK(process::Census(machine).ancestors(20) == Pids{20, 10, 1});
    CHECK(family_of(machine, 100, {}, {}) == Pids{101, 102, 120});
    CHECK(family_of(machine, 100, {}, {110}) == Pids{101, 102, 110, 111, 120});
    CHECK(family_of(machine, 100, {{110, 1, 1, 1, 60}}, {}) == Pids{101, 102, 110, 111, 120});

    // The pid is by now another's.
    CHECK(family_of(machine, 100, {{110, 1, 1, 1, 59}}, {}) == Pids{101, 102, 120});
    CHECK(family_of(machine, 0, {}, {}) == Pids{});
    CHECK(family_of(machine, 0, {{102, 101, 102, 102, 52}}, {110}) == Pids{102, 110, 111});

    // Who says that it is, and is its keeper's, its controller's or their parent's: nobody ends those.
    CHECK(family_of(machine, 100, {{10, 1, 10, 10, 5}, {20, 10, 10, 10, 6}, {1, 0, 1, 1, 1}}, {10, 20}) == Pids{101, 102, 120});
    CHECK(family_of(machine, 10, {}, {}) == Pids{100, 101, 102, 110, 111, 120, 200, 201});

    auto dying = machine;
    dying[4].dead = true;  // 101: its child has not been given to another yet
    CHECK(family_of(dying, 100, {}, {}) == Pids{102, 120});
}

TEST_CASE("circles of parents, as a look that takes time can show, end") {
    const process::Census census({{5, 6}, {6, 5}, {7, 7}});
    CHECK(census.ancestors(5) == std::vector<pid_t>{5, 6});
    CHECK(pids(census.family(6, {}, {}, nullptr)) == std::vector<pid_t>{5});
}

TEST_CASE("/proc/PID/stat is read whatever the name is") {
    const std::string rest = " 3 4 5 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 987654 8192 ...";
    for (const auto* name : {"sleep", "a b", "x) S 1 1 1", "(", ")"}) {
        const auto found = process::parse_stat("12 (" + std::string(name) + ") S" + rest);
        REQUIRE(found);
        CHECK(found->pid == 12);
        CHECK(found->parent == 3);
        CHECK(found->group == 4);
        CHECK(found->session == 5);
        CHECK(found->start == 987654);
        CHECK_FALSE(found->dead);
    }
    CHECK(process::parse_stat("12 (x) Z" + rest)->dead);
    CHECK_FALSE(process::parse_stat("12 (x) Z 3 4 5 0 -1 0 1 2 3 4 5 6 7 8 20 0 2 0 9")->dead);  // its first thread has ended, not itself
    for (const auto* text : {"", "12", "12 (x)", "12 (x) S 1 2", "x (x) S 3 4 5 0 -1 0 1 2 3 4 5 6 7 8 20 0 1 0 9", ") (", "12 (x) "})
        CHECK_FALSE(process::parse_stat(text));
}
