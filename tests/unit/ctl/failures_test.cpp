// What is said when no answer comes (compat/cli.md, sections 1.4 to 1.6; compat/quirks.md, Q97, Q98, Q102).
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "common/base/text.hpp"
#include "tests/unit/ctl/fake_server.hpp"

using base::concat;
using test::FakeServer;
using test::run;

namespace {

/// A port of this machine on which nobody listens, nor can while this lives.
struct UnusedPort {
    UnusedPort() {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        REQUIRE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
        socklen_t size = sizeof address;
        REQUIRE(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
        url = concat("http://127.0.0.1:", ntohs(address.sin_port));
    }

    base::Fd socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    std::string url;
};

test::Result ask(const std::string& url, const std::string& line) {
    return run(supervisorctl::Settings{.serverurl = url}, line);
}

void check(const test::Result& result, int status, const std::string& out) {
    CHECK(result.out == out);
    CHECK(result.status == status);
}

constexpr const char* checking[] = {"start x", "stop x",   "restart x", "signal HUP x", "clear x", "tail x",
                                    "fg x",    "maintail", "version",   "pid",          "start",   "tail -f x"};

}  // namespace

TEST_CASE("without a socket file, commands say so with status 7, and status with 4") {
    const std::string url = "unix:///nonexistent/socket";
    for (const char* line : checking) {
        CAPTURE(line);
        check(ask(url, line), 7, url + " no such file\n");
    }
    check(ask(url, "status"), 4, url + " no such file\n");
    check(ask(url, "shutdown"), 1, concat("ERROR: ", url, " no such file (already shut down?)\n"));
    for (const char* line : {"avail", "reread", "update", "add x", "remove x", "reload"}) {
        CAPTURE(line);
        check(ask(url, line), 1, "error: [Errno 2] No such file or directory\n");
    }
    check(ask(url, "remove"), 0, "");
}

TEST_CASE("what else is wrong with a socket is told with its name") {
    for (const char* line : {"avail", "reload", "start x"})
        check(ask("unix:///etc/passwd/x", line), 1, "error: [Errno 20] Not a directory: unix:///etc/passwd/x\n");
    check(ask("unix:///etc/passwd/x", "status"), 4, "error: [Errno 20] Not a directory: unix:///etc/passwd/x\n");
}

TEST_CASE("when the connection is refused, commands say so with status 4") {
    const UnusedPort port;
    const std::string& url = port.url;
    for (const char* line : checking) {
        CAPTURE(line);
        check(ask(url, line), 4, url + " refused connection\n");
    }
    check(ask(url, "status"), 4, url + " refused connection\n");
    check(ask(url, "shutdown"), 1, concat("ERROR: ", url, " refused connection (already shut down?)\n"));
    check(ask(url, "avail"), 1, "error: [Errno 111] Connection refused\n");
}

TEST_CASE("a serverurl that is none is an error of every command that needs it") {
    check(ask("https://localhost", "avail"), 1, "error: Unknown protocol for serverurl https://localhost\n");
    check(ask("https://localhost", "status"), 4, "error: Unknown protocol for serverurl https://localhost\n");
}

TEST_CASE("a server without Supervisor's methods, or with others, is told from a good one") {
    FakeServer server;
    server.refuses("getVersion", -32601, "Method not found");
    const auto result = run(server, "version");
    CHECK(result.out.starts_with("Sorry, supervisord responded but did not recognize the supervisor namespace"));
    CHECK(result.status == 3);
    CHECK(run(server, "status").status == 4);
    server.returns("getVersion", "\"4.0\"");
    check(run(server, "version"), 5,
          "Sorry, this version of supervisorctl expects to talk to a server with API version 3.0, but the remote "
          "version is 4.0.\n");
}

TEST_CASE("a supervisord that is going down is a fault on a line") {
    FakeServer server;
    server.refuses("getVersion", 6, "SHUTDOWN_STATE");
    check(run(server, "pid"), 1, "error: <Fault 6: 'SHUTDOWN_STATE'>\n");
    check(run(server, "status"), 4, "error: <Fault 6: 'SHUTDOWN_STATE'>\n");
}

TEST_CASE("an answer of the wrong kind is an error, not an end") {
    FakeServer server;
    server.returns("getVersion", "3");
    const auto result = run(server, "version");
    CHECK(result.out.starts_with("error: supervisor.getVersion of unix://"));
    CHECK(result.status == 1);
}

TEST_CASE("a server that goes away instead of answering is an error") {
    FakeServer server;
    server.drops("getSupervisorVersion");
    check(run(server, "version"), 1, concat("error: ", server.url(), " closed the connection before it answered\n"));
}

TEST_CASE("without the right credentials one line says so") {
    FakeServer server;
    server.demands("Basic dTpwIHc=");  // u:p w
    check(run(server, "version"), 1, "Server requires authentication\n");
    check(run(server, "avail"), 1, "Server requires authentication\n");
    check(run(server, "status"), 4, "Server requires authentication\n");
    server.returns("getAllProcessInfo", "[]");
    check(run({.serverurl = server.url(), .username = "u", .password = "p w"}, "status"), 0, "");
    check(run({.serverurl = server.url(), .username = "u"}, "status"), 4, "Server requires authentication\n");
}

TEST_CASE("interactively the credentials are asked for until they are right") {
    FakeServer server;
    server.demands("Basic dTpwIHc=");
    server.returns("getSupervisorVersion", "\"4.3.0\"");
    const supervisorctl::Settings asking{.serverurl = server.url(), .interactive = true};
    const std::string question = "Server requires authentication\nUsername:Password:\n";
    check(run(asking, "version", "u\nwrong\nu\np w\n"), 0, question + question + "4.3.0\n");
    const std::string ended = "error: EOF when reading a line\n";
    check(run(asking, "version", ""), 1, "Server requires authentication\nUsername:" + ended);
    check(run(asking, "version", "u\n"), 1, "Server requires authentication\nUsername:Password:" + ended);
    server.returns("getAllProcessInfo", "[]");
    check(run(asking, "status", "u\np w\n"), 0, question);
}

TEST_CASE("credentials of any length stay on one line") {
    FakeServer server;
    const std::string password(200, 'p');
    std::string expected = "Basic dTpw";
    for (int i = 0; i < 66; ++i) expected += "cHBw";
    server.demands(expected + "cA==");
    server.returns("getSupervisorVersion", "\"4.3.0\"");
    check(run({.serverurl = server.url(), .username = "u", .password = password}, "version"), 0, "4.3.0\n");
}

TEST_CASE("open talks to another server and does not change the status") {
    FakeServer server;
    server.returns("getAllProcessInfo", base::concat('[', test::process("b", "b", 0, "STOPPED", "Not started", 0), ']'));
    check(ask("unix:///nosuch", "open " + server.url()), 0, "b                                STOPPED   Not started\n");
    check(run(server, "open unix:///nosuch"), 0, "unix:///nosuch no such file\n");
    for (const char* line : {"open", "open nonsense", "open ftp://x"})
        check(run(server, line), 1, "ERROR: url must be http:// or unix://\n");
    check(run(server, "open unix:x"), 1, "error: Unknown protocol for serverurl unix:x\n");
}

TEST_CASE("open of a server that does not let us in is a failure") {
    FakeServer server;
    server.demands("Basic dTpwIHc=");  // u:p w
    check(ask("unix:///nosuch", "open " + server.url()), 1, "Server requires authentication\n");
}

TEST_CASE("what is no body and does not end is not taken into memory") {
    FakeServer server;
    const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    std::string said, lines;
    for (int i = 0; i < 100'000; ++i) lines += concat("-", 100000 + i, ": 3456\r\n");
    SUBCASE("a line of the head") { said = "HTTP/1.1 200 OK\r\nX: " + std::string(1'000'000, 'x'); }
    SUBCASE("the head") { said = "HTTP/1.1 200 OK\r\n" + lines; }
    SUBCASE("what is told of a chunk") { said = chunked + "5;" + std::string(1'000'000, 'x'); }
    SUBCASE("what follows the last chunk") { said = chunked + "0\r\n" + lines; }
    const std::string problem = concat(server.url(), " does not speak HTTP: header limit exceeded\n");
    server.says(said, "POST");
    check(run(server, "version"), 1, "error: " + problem);
    server.says(said, "GET");
    server.returns("getVersion", "\"3.0\"");
    const auto followed = run(server, "tail -f x");
    CHECK((followed.out + followed.err).ends_with("error: " + problem));
}

TEST_CASE("a long head and a long text are read") {
    FakeServer server;
    const std::string text(3'000'000, 'x');
    const std::string json = concat("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":\"", text, "\"}");
    server.says(concat("HTTP/1.1 200 OK\r\nX: ", std::string(60'000, 'x'), "\r\nContent-Length: ", json.size(), "\r\n\r\n", json), "POST");
    check(run(server, "version"), 5, "Sorry, this version of supervisorctl expects to talk to a server with API version 3.0, but the remote "
          "version is " + text + ".\n");
}
