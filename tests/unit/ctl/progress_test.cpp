#include "supervisorctl/progress.hpp"

#include <doctest/doctest.h>

#include "common/api/states.hpp"

using supervisorctl::awaited_by;
using supervisorctl::Process;
using supervisorctl::progress_line;
using supervisorctl::Verb;

namespace {

Process process(const char* group, const char* name, api::State state) {
    Process process;
    process.group = group;
    process.name = name;
    process.state = api::code(state);
    return process;
}

using Names = std::set<std::string>;

}  // namespace

TEST_CASE("a start waits for those that are not up, a stop for those that are") {
    const std::vector<Process> before = {process("a", "a", api::State::running), process("b", "b", api::State::stopped),
                                         process("g", "x", api::State::fatal), process("g", "y", api::State::backoff)};
    CHECK(awaited_by(Verb::start, {"all"}, before) == Names{"b", "g:x"});
    CHECK(awaited_by(Verb::stop, {"all"}, before) == Names{"a", "g:y"});
    CHECK(awaited_by(Verb::start, {"g:*", "nosuch"}, before) == Names{"g:x"});
    CHECK(awaited_by(Verb::stop, {"a", "g:x", "g:"}, before) == Names{"a", "g:y"});
    CHECK(awaited_by(Verb::start, {"g"}, before) == Names{});
}

TEST_CASE("the line of progress counts what is done, names what is not, and fits") {
    const std::vector<Process> now = {process("a", "a", api::State::running), process("b", "b", api::State::starting),
                                      process("g", "x", api::State::fatal), process("g", "y", api::State::backoff),
                                      process("other", "other", api::State::starting)};
    const Names awaited = {"a", "b", "g:x", "g:y"};
    CHECK(progress_line(Verb::start, awaited, now, 80) == "start: 1 of 4 running, waiting for b, g:y (BACKOFF)");
    CHECK(progress_line(Verb::start, awaited, now, 30) == "start: 1 of 4 running, waiting");
    CHECK(progress_line(Verb::stop, awaited, now, 80) == "stop: 1 of 4 stopped, waiting for a, b, g:y (BACKOFF)");
    CHECK(progress_line(Verb::start, {"a", "g:x"}, now, 80) == "");
}
