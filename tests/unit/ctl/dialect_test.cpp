// A supervisord that has only XML-RPC, as the original: every command works with it.
#include <doctest/doctest.h>

#include "supervisorctl/dialect.hpp"
#include "tests/unit/ctl/fake_server.hpp"

using test::FakeServer;
using test::process;
using test::run;

TEST_CASE("a server that has only XML-RPC is spoken to in XML") {
    FakeServer server;
    server.speaks_only_xml();
    server.returns("getAllProcessInfo",
                   "[" + process("web", "web", 20, "RUNNING", "pid 5, uptime 0:00:01 <&>", 5) + "]");
    const auto status = run(server, "status");
    CHECK(status.out == "web                              RUNNING   pid 5, uptime 0:00:01 <&>\n");
    CHECK(status.status == 0);
    CHECK(server.connections() == 2);  // the first was asked for JSON

    server.returns("startProcess", "true");
    server.refuses("startProcess", 60, "ALREADY_STARTED: b", "\"b\"");
    CHECK(run(server, "start a b").out == "a: started\nb: ERROR (already started)\n");
    server.returns("reloadConfig", R"([[["new"],["other"],[]]])");
    CHECK(run(server, "reread").out == "new: available\nother: changed\n");
    server.returns("readProcessStdoutLog", R"("\u001b[1mbold\r\n")");
    CHECK(run(server, "tail -5 a").out.find("bold") != std::string::npos);
    CHECK(server.calls() == std::vector<std::string>{"getAllProcessInfo []", "startProcess [\"a\",true]",
                                                     "startProcess [\"b\",true]", "reloadConfig []",
                                                     "readProcessStdoutLog [\"a\",-5,0]"});
}

TEST_CASE("many at once, and JSON on the screen, with a server that has only XML-RPC") {
    FakeServer server;
    server.speaks_only_xml();
    server.returns("stopProcess", "true");
    CHECK(run(server, "stop --parallel a b c").out == "a: stopped\nb: stopped\nc: stopped\n");
    server.returns("getAllProcessInfo", "[" + process("web", "web", 20, "RUNNING", "up", 5) + "]");
    CHECK(run(server, "status --json").out.find(R"("statename":"RUNNING")") != std::string::npos);
    CHECK(run(server, "update --dry-run").out == "ERROR: this supervisord cannot say what an update would do\n");
}

TEST_CASE("what its faults mean, and which answers of HTTP make it try") {
    FakeServer server;
    server.speaks_only_xml();
    server.refuses("getVersion", 1, "UNKNOWN_METHOD");
    CHECK(run(server, "start a").out.starts_with("Sorry, supervisord responded but did not recognize"));
    using supervisorctl::means_unknown;
    CHECK(means_unknown(404));
    CHECK(means_unknown(400));
    for (const unsigned status : {200U, 401U, 403U, 411U, 413U, 500U, 503U}) CHECK_FALSE(means_unknown(status));
}
