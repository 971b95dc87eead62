// What the pages show and do, through the server.
#include <doctest/doctest.h>

#include "supervisord/web/message.hpp"
#include "tests/unit/web/serving.hpp"

using serving::Client;
using serving::Server;

namespace {

/// The whole answer.
std::string get(Server& server, const std::string& target) {
    Client client(server);
    client.send("GET " + target + " HTTP/1.0\r\n\r\n");
    CHECK(client.until_end());
    return client.received;
}

std::string status_of(const std::string& answer) { return answer.substr(9, 3); }

/// Where it leads to, decoded as far as the tests need it.
std::string message(const std::string& answer) {
    CHECK(status_of(answer) == "303");
    const std::string begin = "\r\nLocation: ./?message=";
    const auto from = answer.find(begin);
    if (from == std::string::npos) return "";
    const auto text = from + begin.size();
    return web::percent_decoded(answer.substr(text, answer.find("\r\n", text) - text));
}

/// What an action on the process leads to, when it has come to that.
std::string act(Server& server, fake::Process& process, const std::string& action, api::State state,
                const control::Outcome& how = {}) {
    Client client(server);
    client.send("GET /index.html?processname=" + process.name() + "&action=" + action + " HTTP/1.0\r\n\r\n");
    CHECK(client.until([&] {
        server.supervisor.run();
        if (!process.waiting.empty()) process.settle(state, how);
        return client.ended;
    }));
    return message(client.received);
}

}  // namespace

TEST_CASE("the status page is for people, and not kept by caches") {
    Server server;
    auto& group = server.supervisor.add("g");
    server.supervisor.add(group, "b", api::State::running).its_description = "pid 7, uptime 0:00:01";
    server.supervisor.add("a", api::State::stopped);
    const std::string page = get(server, "/?message=hello");
    CHECK(status_of(page) == "200");
    for (const char* header : {"Content-Type: text/html;charset=utf-8\r\n", "Pragma: no-cache\r\n", "Cache-Control: no-cache\r\n",
                               "Expires: Thu, 01 Jan 1970 00:00:00 GMT\r\n", "; HttpOnly; SameSite=Strict\r\n"})
        CHECK(page.find(header) != std::string::npos);
    CHECK(page.find("pid 7, uptime 0:00:01") != std::string::npos);
    CHECK(page.find(">hello<") != std::string::npos);
    CHECK(page.find(">a</a>") < page.find(">g:b</a>"));
    CHECK(status_of(get(server, "/index.html")) == "200");
}

TEST_CASE("an action is answered when it is done, with where to go on and what came of it") {
    Server server;
    auto& process = server.supervisor.add("p", api::State::stopped);
    CHECK(act(server, process, "start", api::State::running) == "Process p started");
    CHECK(act(server, process, "start", api::State::running) == "ERROR: Process p: already started");
    CHECK(act(server, process, "stop", api::State::stopped) == "Process p stopped");
    CHECK(act(server, process, "stop", api::State::stopped) == "unexpected rpc fault [70] NOT_RUNNING: p");
    CHECK(act(server, process, "restart", api::State::running) == "Process p restarted");
    process.its_state = api::State::stopped;
    CHECK(act(server, process, "restart", api::State::fatal, api::Refusal{api::Fault::spawn_error, "p"}) == "ERROR: Process p: spawn error");
    const std::pair<api::Fault, const char*> failures[] = {
        {api::Fault::no_file, "no such file"},         {api::Fault::not_executable, "file not executable"},
        {api::Fault::spawn_error, "spawn error"},      {api::Fault::abnormal_termination, "abnormal termination"},
        {api::Fault::failed, "unexpected rpc fault [30] FAILED: p"},
    };
    for (const auto& [fault, text] : failures) {
        process.its_state = api::State::stopped;
        CHECK(act(server, process, "start", api::State::fatal, api::Refusal{fault, "p"}) == std::string("ERROR: Process p: ") + text);
    }
    CHECK(act(server, process, "clearlog", api::State::stopped) == "Log for p cleared");
    process.outcome = api::Refusal{api::Fault::failed, "p"};
    CHECK(act(server, process, "clearlog", api::State::stopped) == "unexpected rpc fault [30] FAILED: p");
}

TEST_CASE("actions on all, on none, and what is no action") {
    Server server;
    auto& process = server.supervisor.add("p", api::State::running);
    CHECK(message(get(server, "/?action=refresh")).starts_with("Page refreshed at "));
    CHECK(act(server, process, "stopall", api::State::stopped).starts_with("All stopped at "));
    CHECK(act(server, process, "restartall", api::State::running).starts_with("All restarted at "));
    CHECK(message(get(server, "/?action=start&processname=zz")) == "No such process named zz");
    CHECK(message(get(server, "/?action=start&processname=p%3A*")) == "No such process named p:*");
    CHECK(status_of(get(server, "/?action=start")) == "400");
    CHECK(status_of(get(server, "/?action=nosuch&processname=p")) == "400");
    server.supervisor.its_mood = api::Mood::shutdown;
    CHECK(message(get(server, "/?action=stopall")) == "unexpected rpc fault [6] SHUTDOWN_STATE");
    CHECK(status_of(get(server, "/")) == "200");
}

TEST_CASE("the end of a log as a page") {
    Server server;
    auto& process = server.supervisor.add("p", api::State::running);
    server.supervisor.add("none", api::State::running);
    process.its_out = server.directory.path / "log";
    std::ofstream(process.its_out) << std::string(1500, 'a') << "<b>\xff\n";
    CHECK(get(server, "/tail.html?processname=p").find("<pre>" + std::string(1019, 'a') + "&lt;b>\ufffd\n</pre>") != std::string::npos);
    CHECK(get(server, "/tail.html?processname=p&limit=2000").find("<pre>" + std::string(1500, 'a') + "&lt;b>") != std::string::npos);
    CHECK(get(server, "/tail.html?processname=p&limit=nan").find("&amp;limit=1024\"") != std::string::npos);
    CHECK(get(server, "/tail.html?processname=p&limit=99999999999").find("&amp;limit=1048576\"") != std::string::npos);
    CHECK(get(server, "/tail.html?processname=none").find("<pre>No file for none</pre>") != std::string::npos);
    CHECK(get(server, "/tail.html").find("<pre>No process name found</pre>") != std::string::npos);
    CHECK(get(server, "/tail.html?processname=zz").find("<pre>ERROR: unexpected rpc fault [10] BAD_NAME: zz</pre>") != std::string::npos);
}

TEST_CASE("a form may come in the body, and ok.html is for probes") {
    Server server;
    Client client(server);
    client.send(serving::post("/index.html", "action=refresh", "Content-Type: application/x-www-form-urlencoded\r\n"));
    CHECK(client.until_has("./?message=Page%20refreshed%20at%20"));
    client.send(serving::post("/tail.html", "processname=" + std::string(64 * 1024, '&')));
    CHECK(client.until_has("HTTP/1.1 413 "));
    client.send("GET /ok.html HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(client.until_has("Content-Type: text/plain\r\nContent-Length: 2\r\n\r\nOK"));
}

TEST_CASE("the stylesheet is sent once to who keeps it") {
    Server server;
    const std::string first = get(server, "/stylesheets/supervisor.css");
    CHECK(first.find("Content-Type: text/css\r\n") != std::string::npos);
    const auto from = first.find("Last-Modified: ");
    REQUIRE(from != std::string::npos);
    const std::string modified = first.substr(from + 15, first.find("\r\n", from) - from - 15);
    const auto status_since = [&](const std::string& date) {
        Client client(server);
        client.send("GET /stylesheets/supervisor.css HTTP/1.0\r\nIf-Modified-Since: " + date + "\r\n\r\n");
        CHECK(client.until_end());
        return status_of(client.received);
    };
    CHECK(status_since(modified) == "304");
    CHECK(status_since("Thu, 01 Jan 2099 00:00:00 GMT") == "304");
    CHECK(status_since("Thu, 01 Jan 1998 00:00:00 GMT") == "200");
    CHECK(status_since("yesterday") == "200");
}
