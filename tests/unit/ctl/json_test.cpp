// The switches of commands: what is printed for programs, and how long is waited.
#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "common/base/text.hpp"
#include "supervisorctl/printing.hpp"
#include "tests/unit/ctl/fake_server.hpp"

using base::concat;
using test::FakeServer;
using test::process;
using test::run;
using Json = nlohmann::ordered_json;

namespace {

struct TwoPrograms : FakeServer {
    TwoPrograms() {
        const std::string a = process("a", "a", 20, "RUNNING", "pid 7, uptime 0:00:04", 7);
        const std::string x = process("g", "x", 0, "STOPPED", "Not started", 0);
        returns("getAllProcessInfo", concat('[', a, ',', x, ']'));
        returns("getProcessInfo", a, "\"a\"");
        refuses("getProcessInfo", 10, "BAD_NAME: nosuch");
    }
};

}  // namespace

TEST_CASE("status --json is what supervisord says of each process, one a line, with the status of status") {
    const TwoPrograms server;
    const auto all = run(server, "status --json");
    CHECK(all.status == 3);
    CHECK(Json::parse(all.out).size() == 2);
    CHECK(all.out == concat("[\n", Json::parse(all.out)[0].dump(), ",\n", Json::parse(all.out)[1].dump(), "\n]\n"));
    CHECK(Json::parse(all.out)[1]["statename"] == "STOPPED");
    const auto some = run(server, "status a nosuch --json");
    CHECK(some.status == 4);
    CHECK(Json::parse(some.out).size() == 1);
    CHECK(some.err == "nosuch: ERROR (no such process)\n");
    CHECK(run(server, "status --json nosuch").out == "[]\n");
}

TEST_CASE("JSON says what a server said, and none of it commands the terminal that it is printed on") {
    TwoPrograms server;
    const std::string said = "a\u009b31m \u0085\x7f\x1b[31m\u00e9";  // CSI, NEL, DEL, ESC; the last is harmless
    Json one = Json::parse(process("a", "a", 20, "RUNNING", "", 7));
    one["description"] = said;
    server.returns("getAllProcessInfo", concat('[', one.dump(), ']'));
    server.returns("getSupervisorVersion", Json(said).dump());
    server.returns("reloadConfig", concat("[[[", Json(said).dump(), "],[],[]]]"));
    server.returns("readProcessStdoutLog", Json(said).dump());
    for (const char* line : {"status --json", "version --json", "reread --json", "tail --json a"}) {
        CAPTURE(line);
        const std::string out = run(server, line).out;
        for (const char* control : {"\xc2\x9b", "\xc2\x85", "\x7f", "\x1b"}) CHECK(out.find(control) == std::string::npos);
        CHECK(out.find("\xc3\xa9") != std::string::npos);
        CHECK(Json::parse(out).dump().find(Json(said).dump()) != std::string::npos);
    }
}

TEST_CASE("status --json of a listener has the figures of its pool") {
    TwoPrograms server;
    server.returns("getAllEventPoolInfo", R"([{"name":"a","buffer_size":10,"discarded":3}])");
    const auto all = Json::parse(run(server, "status --json").out);
    CHECK(all[0]["pool"] == Json::parse(R"({"name":"a","buffer_size":10,"discarded":3})"));
    CHECK_FALSE(all[1].contains("pool"));
    CHECK(supervisorctl::with_member("{}", "a", "1") == "{\"a\":1}");
}

TEST_CASE("status --tree asks for the trees, and --json has them with each process") {
    TwoPrograms server;
    server.returns("getAllProcessTrees", R"([{"name":"a","group":"a","pid":7,"parent":1,"command":"sleep 5"},)"
                                         R"({"name":"a","group":"a","pid":8,"parent":7,"command":"x"}])");
    const auto text = run(server, "status --tree a");
    CHECK(text.out.find("\n  7 sleep 5\n    8 x\n") != std::string::npos);
    const auto all = Json::parse(run(server, "status --json --tree").out);
    CHECK(all[0]["processes"].size() == 2);
    CHECK(all[0]["processes"][1]["parent"] == 7);
    CHECK(all[1]["processes"] == Json::array());
    CHECK(run(server, "status --tree --watch").out == "Error: --tree does not go with --watch\n");
}

TEST_CASE("pid, version, avail, reread and tail as JSON") {
    TwoPrograms server;
    server.returns("getPID", "4711");
    server.returns("getSupervisorVersion", "\"4.3.0\"");
    server.returns("getAllConfigInfo",
                   R"([{"name":"a","group":"a","inuse":true,"autostart":true,"group_prio":1,"process_prio":2,"x":[0]}])");
    server.returns("reloadConfig", R"([[["n"],[],["o"]]])");
    server.returns("readProcessStderrLog", "\"line\\n\"");
    server.returns("readLog", "\"main\"");
    CHECK(run(server, "pid --json").out == "{\"pid\":4711}\n");
    CHECK(run(server, "pid --json a").out == "[\n{\"name\":\"a\",\"pid\":7}\n]\n");
    CHECK(run(server, "pid --json all").out == "[\n{\"name\":\"a\",\"pid\":7},\n{\"name\":\"g:x\",\"pid\":0}\n]\n");
    CHECK(run(server, "pid --json nosuch").out == "[]\n");
    CHECK(run(server, "version --json").out == "{\"version\":\"4.3.0\"}\n");
    CHECK(Json::parse(run(server, "avail --json").out)[0]["x"] == Json::array({0}));
    CHECK(run(server, "reread --json").out == "{\"added\":[\"n\"],\"changed\":[],\"removed\":[\"o\"]}\n");
    CHECK(run(server, "tail a stderr --json").out == "{\"name\":\"a\",\"channel\":\"stderr\",\"text\":\"line\\n\"}\n");
    CHECK(run(server, "maintail --json").out == "{\"text\":\"main\"}\n");
}

TEST_CASE("what became of processes as JSON") {
    FakeServer server;
    server.returns("stopProcess", "true");
    server.refuses("startProcess", 50, "SPAWN_ERROR: a");
    const auto restarted = run(server, "restart --json a");
    CHECK(restarted.status == 7);
    CHECK(restarted.out ==
          "[\n"
          R"x({"action":"stop","group":"a","name":"a","status":80,"message":"a: stopped"},)x" "\n"
          R"x({"action":"start","group":"a","name":"a","status":50,"message":"a: ERROR (spawn error)"})x" "\n]\n");
    CHECK(restarted.err == "");
    const auto none = run(server, "start --json");
    CHECK(none.out == "");
    CHECK(none.err.starts_with("Error: start requires a process name\nstart <name>"));
    server.drops("stopProcess");
    const auto cut = run(server, "stop --json a");
    CHECK(cut.out == "[]\n");
    CHECK(cut.err.starts_with("error: unix://"));
}

TEST_CASE("errors do not get between JSON, also when nobody is there") {
    const auto result = run(supervisorctl::Settings{.serverurl = "unix:///nosuch"}, "status --json");
    CHECK(result.out == "");
    CHECK(result.err == "unix:///nosuch no such file\n");
    CHECK(result.status == 4);
}

TEST_CASE("a switch that a command has not is an argument, as Supervisor has it") {
    TwoPrograms server;
    server.refuses("startProcess", 10, "BAD_NAME: --dry-run");
    CHECK(run(server, "start --dry-run").out == "--dry-run: ERROR (no such process)\n");
    CHECK(run(server, "status --jsonx a").out.starts_with("--jsonx: ERROR (no such process)\n"));
    CHECK(run(server, "version --dry-run").out.starts_with("Error: version accepts no arguments\n"));
}

TEST_CASE("with --timeout a command gives up, and what was begun goes on") {
    FakeServer server;
    for (const char* line : {"start --timeout x a", "start a --timeout", "start --timeout=0 a"}) {
        CAPTURE(line);
        const auto wrong = run(server, line);
        CHECK(wrong.out == "Error: --timeout requires a number of seconds\n");
        CHECK(wrong.status == 2);
    }
    CHECK(server.calls().empty());
    server.ignores("startProcess");
    const auto slow = run(server, "start --timeout 1 a");
    CHECK(slow.out == "error: gave up after 1 seconds; what was begun goes on\n");
    CHECK(slow.status == 1);
    server.returns("startProcess", "true");
    CHECK(run(server, "start --timeout=600 a").out == "a: started\n");
}

TEST_CASE("with --parallel nobody is waited for before the next is asked, and the answers have their order") {
    FakeServer server;
    server.returns("startProcess", "true");
    server.refuses("startProcess", 50, "SPAWN_ERROR: b", "\"b\"");
    const auto both = run(server, "start --parallel c b a");
    CHECK(both.out == "c: started\nb: ERROR (spawn error)\na: started\n");
    CHECK(both.status == 7);
    CHECK(server.connections() == 4);
    server.ignores("startProcess");
    server.returns("startProcess", "true", "\"fast\"");
    CHECK(run(server, "start slow fast --parallel --timeout 1").out ==
          "error: gave up after 1 seconds; what was begun goes on\n");
    CHECK(std::ranges::count(server.calls(), "startProcess [\"fast\",true]") == 1);
}

TEST_CASE("check needs no server and no settings") {
    const test::Directory directory;
    const std::string good = directory.path("good"), odd = directory.path("odd");
    std::ofstream(good) << "[supervisord]\nlogfile=/tmp/x\npidfile=/tmp/y\n";
    std::ofstream(odd) << "[supervisord]\nlogfil=/tmp/x\n";
    const supervisorctl::Settings settings{.serverurl = "unix:///nosuch", .configuration = good};
    CHECK(run(settings, "check").out == good + ": accepted\n");
    CHECK(run(settings, "check").status == 0);
    CHECK(run(settings, "check " + odd).status == 1);
    CHECK(run(settings, "check --strict " + odd).status == 2);
    CHECK(run(settings, "check " + odd).out.find("did you mean `logfile`?") != std::string::npos);
    CHECK(Json::parse(run(settings, "check --json " + good).out)["accepted"] == true);
    CHECK(run(settings, "check a b").status == 2);
    CHECK(run(supervisorctl::Settings{}, "check").status == 2);
}
