#include "supervisord/process/exit_on.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "supervisord/process/description.hpp"

using api::State;
using process::Fate;

namespace {

constexpr int exited_with(int code) { return code << 8; }

/// "CODE: WHY", or "" when it is not time.
std::string verdict(const std::vector<std::string>& wanted, const std::vector<Fate>& fates) {
    const auto ending = process::time_to_end(wanted, fates);
    return ending ? std::to_string(ending->code) + ": " + ending->why : "";
}

constexpr Fate web(State state, int status = 0) { return {"web", "web", state, status}; }
constexpr Fate worker(State state, int status = 0) { return {"worker", "worker", state, status}; }
constexpr Fate pair(std::string_view name, State state, int status = 0) { return {"pair", name, state, status}; }
constexpr Fate listener(State state) { return {"mail", "mail", state, 0, true}; }
constexpr Fate never_started{"spare", "spare", State::stopped, 0, false, false};

}  // namespace

TEST_CASE("nothing is wanted: supervisord stays, whatever ends") {
    CHECK(verdict({}, {web(State::exited), worker(State::fatal)}) == "");
}

TEST_CASE("a name: its program has ended, with its code") {
    CHECK(verdict({"web"}, {web(State::running), worker(State::exited)}) == "");
    CHECK(verdict({"web"}, {web(State::exited, exited_with(3)), worker(State::running)}) == "3: web ended (exit status 3)");
    CHECK(verdict({"web"}, {web(State::exited)}) == "0: web ended (exit status 0)");
    CHECK(verdict({"web"}, {web(State::exited, 9)}) == "137: web ended (terminated by SIGKILL)");
    CHECK(verdict({"web"}, {web(State::exited, process::unknown_status)}) == "1: web ended (status unknown)");
    CHECK(verdict({"web"}, {web(State::fatal)}) == "1: web ended (FATAL)");
    CHECK(verdict({"web"}, {web(State::fatal, exited_with(4))}) == "4: web ended (FATAL)");
}

TEST_CASE("a stop, and what comes again, is no end") {
    for (const auto state : {State::stopped, State::starting, State::backoff, State::stopping, State::unknown})
        CHECK(verdict({"web"}, {web(state, exited_with(1))}) == "");
}

TEST_CASE("the name of a group: all of it has ended, the first failure counts") {
    CHECK(verdict({"pair"}, {pair("a", State::exited), pair("b", State::running)}) == "");
    CHECK(verdict({"pair"}, {pair("a", State::exited), pair("b", State::exited, exited_with(2))}) == "2: pair:b ended (exit status 2)");
    CHECK(verdict({"pair:a"}, {pair("a", State::exited), pair("b", State::running)}) == "0: pair:a ended (exit status 0)");
    CHECK(verdict({"b"}, {pair("a", State::running), pair("b", State::exited)}) == "0: pair:b ended (exit status 0)");
}

TEST_CASE("fatal: any, a listener too") {
    CHECK(verdict({"fatal"}, {web(State::exited, exited_with(1)), worker(State::backoff)}) == "");
    CHECK(verdict({"fatal"}, {web(State::running), worker(State::fatal, exited_with(7))}) == "7: worker ended (FATAL)");
    CHECK(verdict({"fatal"}, {web(State::running), listener(State::fatal)}) == "1: mail ended (FATAL)");
}

TEST_CASE("all-exited: all have ended by themselves but those that were never started; listeners do not count") {
    CHECK(verdict({"all-exited"}, {}) == "");
    CHECK(verdict({"all-exited"}, {listener(State::running)}) == "");
    CHECK(verdict({"all-exited"}, {web(State::stopped), worker(State::stopped)}) == "");
    CHECK(verdict({"all-exited"}, {web(State::exited), worker(State::running)}) == "");
    CHECK(verdict({"all-exited"}, {web(State::exited), worker(State::backoff)}) == "");
    CHECK(verdict({"all-exited"}, {web(State::exited), never_started, listener(State::running)}) == "0: web ended (exit status 0)");
    CHECK(verdict({"all-exited"}, {never_started}) == "");
    CHECK(verdict({"all-exited"}, {web(State::exited), worker(State::exited, exited_with(5))}) == "5: worker ended (exit status 5)");
    CHECK(verdict({"all-exited"}, {web(State::exited, exited_with(6)), worker(State::fatal)}) == "6: web ended (exit status 6)");
}

TEST_CASE("all-exited: somebody has stopped one, and may be about to start it") {
    CHECK(verdict({"all-exited"}, {web(State::exited), worker(State::stopped)}) == "");
    CHECK(verdict({"all-exited"}, {web(State::exited), worker(State::stopped), never_started}) == "");
}

TEST_CASE("of several words the first that fits counts") {
    CHECK(verdict({"fatal", "web"}, {web(State::exited, exited_with(3)), worker(State::fatal, exited_with(7))}) == "7: worker ended (FATAL)");
    CHECK(verdict({"web", "fatal"}, {web(State::exited, exited_with(3)), worker(State::fatal, exited_with(7))}) == "3: web ended (exit status 3)");
}
