// tail, maintail and fg
#include <doctest/doctest.h>

#include "supervisorctl/commands.hpp"
#include "supervisorctl/follow.hpp"
#include "tests/unit/ctl/fake_server.hpp"

using test::FakeServer;
using test::run;
using test::run_and_interrupt;

namespace {

void check(const test::Result& result, int status, const std::string& out, const std::string& err = "") {
    CHECK(result.out == out);
    CHECK(result.err == err);
    CHECK(result.status == status);
}

std::string help_of(std::string_view name) { return std::string(supervisorctl::find_command(name)->help); }

const std::string press = "==> Press Ctrl-C to exit <==\n";

}  // namespace

TEST_CASE("tail prints the end of a log and a newline of its own") {
    FakeServer server;
    server.returns("readProcessStdoutLog", R"("out\n")");
    server.returns("readProcessStderrLog", R"("err")");
    check(run(server, "tail a"), 0, "out\n\n");
    check(run(server, "tail a stderr"), 0, "err\n");
    check(run(server, "tail -5 g:x STDERR"), 0, "err\n");
    check(run(server, "tail -0 a stdout"), 0, "out\n\n");
    CHECK(server.calls() ==
          std::vector<std::string>{"readProcessStdoutLog [\"a\",-1600,0]", "readProcessStderrLog [\"a\",-1600,0]",
                                   "readProcessStderrLog [\"g:x\",-5,0]", "readProcessStdoutLog [\"a\",0,0]"});
}

TEST_CASE("tail says what is wrong with its arguments") {
    const FakeServer server;
    check(run(server, "tail"), 1, "Error: too few arguments\n" + help_of("tail"));
    check(run(server, "tail a b c d"), 1, "Error: too many arguments\n" + help_of("tail"));
    for (const char* line : {"tail -f", "tail -5"}) check(run(server, line), 1, "Error: tail requires process name\n");
    for (const std::string word : {"-x", "--", "-", "-1.5"})
        check(run(server, "tail " + word + " a"), 1, "Error: bad argument " + word + "\n");
    check(run(server, "tail a foo"), 1, "Error: bad channel 'foo'\n");
    check(run(server, "tail a FOO"), 1, "Error: bad channel 'foo'\n");
    check(run(server, "tail a stdout x"), 1, "Error: bad channel 'x'\n");
    check(run(server, "tail a -5"), 1, "Error: bad channel '-5'\n");
    check(run(server, "tail -x a foo"), 1, "Error: bad channel 'foo'\n");  // the first that the original sees
}

TEST_CASE("tail says why there is no log") {
    FakeServer server;
    server.refuses("readProcessStdoutLog", 20, "NO_FILE", "\"a\"");
    server.refuses("readProcessStdoutLog", 30, "FAILED", "\"b\"");
    server.refuses("readProcessStdoutLog", 10, "BAD_NAME: g:*", "\"g:*\"");
    check(run(server, "tail a"), 1, "a: ERROR (no log file)\n");
    check(run(server, "tail b"), 1, "b: ERROR (unknown error reading log)\n");
    check(run(server, "tail g:*"), 1, "g:*: ERROR (no such process name)\n");
}

TEST_CASE("maintail") {
    FakeServer server;
    server.returns("readLog", R"("main\n")");
    check(run(server, "maintail"), 0, "main\n\n");
    check(run(server, "maintail -100"), 0, "main\n\n");
    CHECK(server.calls() == std::vector<std::string>{"readLog [-1600,0]", "readLog [-100,0]"});
    check(run(server, "maintail foo"), 1, "Error: bad argument foo\n");
    check(run(server, "maintail -5 -5"), 1, "Error: too many arguments\n" + help_of("maintail"));
    server.refuses("readLog", 20, "NO_FILE");
    check(run(server, "maintail"), 1, "supervisord: ERROR (no log file)\n");
    server.refuses("readLog", 30, "FAILED");
    check(run(server, "maintail"), 1, "supervisord: ERROR (unknown error reading log)\n");
}

TEST_CASE("tail -f prints what comes until the server ends it") {
    FakeServer server;
    server.streams("/logtail/g:x/stdout", {.chunks = {"one\n", "two", std::string(100'000, 'x')}});
    server.streams("/mainlogtail", {.chunks = {"main\n"}});
    check(run(server, "tail -f g:x"), 0, press + "one\ntwo" + std::string(100'000, 'x'));
    check(run(server, "maintail -f"), 0, press + "main\n");
}

TEST_CASE("tail -f of nothing is an error on standard error, and status 1") {
    const FakeServer server;
    check(run(server, "tail -f nosuch"), 1, press,
          server.url() + "/logtail/nosuch/stdout Cannot read, status code 404\n");
    check(run(server, "tail -f g:*"), 1, press,
          server.url() + "/logtail/g:*/stdout Cannot read, status code 404\n");  // as it was typed
}

TEST_CASE("tail -f asks for names as they can stand in an address") {
    FakeServer server;
    server.streams("/logtail/g:a%26b%25/stdout", {.chunks = {"one\n"}});
    check(run(server, "tail -f g:a&b%"), 0, press + "one\n");
}

TEST_CASE("Ctrl-C ends tail -f with an empty line and status 0") {
    FakeServer server;
    server.streams("/logtail/a/stderr", {.chunks = {"text"}, .ends = false});
    check(run_and_interrupt(server, "tail -f a stderr", "text"), 0, press + "text\n");
}

TEST_CASE("Ctrl-C ends fg, not the program") {
    FakeServer server;
    server.returns("getProcessInfo", test::process("a", "a", 20, "RUNNING", "", 7));
    server.streams("/logtail/a/stdout", {.chunks = {"text"}, .ends = false});
    check(run_and_interrupt(server, "fg a", "text"), 0, press + "textExiting foreground\n");
}

TEST_CASE("fg refuses what it cannot connect to") {
    FakeServer server;
    server.refuses("getProcessInfo", 10, "BAD_NAME: nosuch");
    server.returns("getProcessInfo", test::process("b", "b", 0, "STOPPED", "", 0), "\"b\"");
    server.refuses("getProcessInfo", 30, "FAILED: odd", "\"odd\"");
    check(run(server, "fg"), 1, "ERROR: no process name supplied\n" + help_of("fg"));
    check(run(server, "fg a b"), 1, "ERROR: too many process names supplied\n");
    check(run(server, "fg nosuch"), 1, "ERROR: bad process name supplied\n");
    check(run(server, "fg b"), 1, "ERROR: process not running\n");
    check(run(server, "fg odd"), 0, "ERROR: FAILED: odd\n");
}

TEST_CASE("fg passes lines on and ends with the input") {
    FakeServer server;
    server.returns("getProcessInfo", test::process("a", "a", 20, "RUNNING", "", 7));
    server.streams("/logtail/a/stdout", {.chunks = {}, .ends = false});
    server.returns("sendProcessStdin", "true");
    const supervisorctl::Settings settings{.serverurl = server.url()};
    check(run(settings, "fg a", "hello\nthere"), 0, press + "Exiting foreground\n");
    CHECK(server.calls() == std::vector<std::string>{"getProcessInfo [\"a\"]", "sendProcessStdin [\"a\",\"hello\\n\"]",
                                                     "sendProcessStdin [\"a\",\"there\\n\"]"});
}

TEST_CASE("fg notices that the program is gone") {
    FakeServer server;
    server.returns("getProcessInfo", test::process("a", "a", 20, "RUNNING", "", 7));
    server.streams("/logtail/a/stdout", {.chunks = {}, .ends = false});
    server.refuses("sendProcessStdin", 70, "NOT_RUNNING: a");
    check(run({.serverurl = server.url()}, "fg a", "hello\n"), 0, press + "Process got killed\nExiting foreground\n");
}

TEST_CASE("a path keeps what names are made of, and escapes the rest") {
    using supervisorctl::escaped_path;
    CHECK(escaped_path("group:web-1_a.b~") == "group:web-1_a.b~");
    CHECK(escaped_path("a b?c\r\n%") == "a%20b%3Fc%0D%0A%25");
    CHECK(escaped_path("\xc3\xa9") == "%C3%A9");
}
