#include <doctest/doctest.h>

#include "common/base/text.hpp"
#include "supervisorctl/patterns.hpp"
#include "tests/unit/ctl/fake_server.hpp"

using supervisorctl::Arguments;
using supervisorctl::expand_patterns;
using supervisorctl::Process;

namespace {

Process named(const char* group, const char* name) {
    Process process;
    process.group = group;
    process.name = name;
    return process;
}

const std::vector<Process> processes = {named("web-1", "web-1"), named("web-2", "web-2"), named("web-*", "web-*"),
                                        named("g", "a1"), named("g", "b1"), named("h", "a1"), named("db", "db")};

Arguments expand(const Arguments& names) { return expand_patterns(names, processes); }

}  // namespace

TEST_CASE("a pattern is every process that it fits, in the order of the server") {
    CHECK(expand({"web-[12]"}) == Arguments{"web-1", "web-2"});
    CHECK(expand({"web-?", "db"}) == Arguments{"web-1", "web-2", "web-*", "db"});
    CHECK(expand({"*:a1"}) == Arguments{"g:a1", "h:a1"});
    CHECK(expand({"g:*1"}) == Arguments{"g:a1", "g:b1"});
    CHECK(expand({"d*:*"}) == Arguments{"db:*"});
    CHECK(expand({"[gh]:*"}) == Arguments{"g:*", "h:*"});
    CHECK(expand({"*"}).size() == 7);
}

TEST_CASE("a name that is there, a group, and a pattern that fits nothing stay as they are") {
    CHECK(expand({"web-*", "web-*:web-*"}) == Arguments{"web-*", "web-*:web-*"});
    CHECK(expand({"g:*", "g:", "nosuch", "x*", "x*:*", "all"}) == Arguments{"g:*", "g:", "nosuch", "x*", "x*:*", "all"});
    CHECK_FALSE(supervisorctl::is_pattern("g:*"));
    CHECK_FALSE(supervisorctl::is_pattern("web"));
    CHECK(supervisorctl::is_pattern("g*:*"));
}

TEST_CASE("commands take patterns, and ask for the processes only then") {
    test::FakeServer server;
    server.returns("getAllProcessInfo", base::concat('[', test::process("g", "a", 20, "RUNNING", "", 7), ',',
                                                     test::process("g", "b", 20, "RUNNING", "", 8), ']'));
    server.returns("stopProcess", "true");
    server.returns("signalProcess", "true");
    server.returns("readProcessStdoutLog", "\"text\"");
    CHECK(test::run(server, "stop *:[ab]").out == "g:a: stopped\ng:b: stopped\n");
    CHECK(test::run(server, "signal HUP *:b").out == "g:b: signalled\n");
    CHECK(test::run(server, "tail *:b").out == "text\n");
    CHECK(test::run(server, "status *:b").out == "g:b                              RUNNING   \n");
    server.refuses("stopProcess", 10, "BAD_NAME: x*");
    CHECK(test::run(server, "stop x*").out == "x*: ERROR (no such process)\n");
    const auto before = server.calls().size();
    (void)test::run(server, "stop g:a g");
    CHECK(server.calls().size() == before + 2);
}
