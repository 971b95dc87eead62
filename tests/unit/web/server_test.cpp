#include "tests/unit/web/serving.hpp"

#include <list>

#include "common/base/base64.hpp"
#include "common/base/text.hpp"
#include "supervisord/web/passwords.hpp"
#include "tests/support/capture.hpp"

using serving::Client;
using serving::get_pid;
using serving::post;
using serving::Server;
using serving::start_call;
using serving::xml_call;

namespace {

std::size_t count(const std::string& text, const std::string& what) {
    std::size_t found = 0;
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++found;
    return found;
}

}  // namespace

TEST_CASE("a call is answered, and the connection stays open") {
    Server server;
    Client client(server);
    for (int i = 1; i <= 3; ++i) {
        client.send(get_pid);
        CHECK(client.until([&] { return count(client.received, "</methodResponse>") == static_cast<std::size_t>(i); }));
    }
    CHECK(client.received.starts_with("HTTP/1.1 200 OK\r\n"));
    CHECK_FALSE(client.ended);
    CHECK(server.until_logged("localhost:0 - - ["));
    CHECK(server.until_logged("] \"POST /RPC2 HTTP/1.1\" 200 "));
}

TEST_CASE("who comes before the server begins waits for that") {
    Server server({}, {}, false);
    Client client(server);
    client.send(get_pid);
    server.give_them_a_moment();
    CHECK(server.server.connections() == 0);
    for (int times = 0; times < 2; ++times) server.server.begin();
    CHECK(client.until_has("<int>4242</int>"));
}

TEST_CASE("JSON-RPC and XML-RPC are served on the same socket") {
    Server server;
    Client client(server);
    client.send(post("/rpc", R"({"jsonrpc":"2.0","method":"supervisor.getPID","id":1})"));
    CHECK(client.until_has(R"({"jsonrpc":"2.0","result":4242,"id":1})"));
    CHECK(client.received.find("Content-Type: application/json\r\n") != std::string::npos);
    client.received.clear();
    client.send(post("/rpc", R"({"jsonrpc":"2.0","method":"supervisor.getPID"})"));
    CHECK(client.until_has("HTTP/1.1 204 No Content\r\n"));
    client.send(get_pid);
    CHECK(client.until_has("<int>4242</int>"));
}

TEST_CASE("a request may come byte by byte") {
    Server server;
    Client client(server);
    for (const char c : get_pid) {
        client.send({&c, 1});
        server.loop.poll();
        server.loop.restart();
    }
    CHECK(client.until_has("<int>4242</int>"));
}

TEST_CASE("pipelined requests are answered in order, also when the first one takes time") {
    Server server;
    auto& process = server.supervisor.add("p", api::State::stopped);
    Client client(server);
    client.send(start_call() + get_pid + post("/RPC2", xml_call("supervisor.getState")));
    CHECK(server.until([&] { return process.its_state == api::State::starting; }));
    process.settle(api::State::running);
    server.supervisor.run();
    CHECK(client.until([&] { return count(client.received, "</methodResponse>") == 3; }));
    const auto started = client.received.find("<boolean>1</boolean>");
    const auto pid = client.received.find("<int>4242</int>");
    const auto state = client.received.find("statename");
    CHECK(started < pid);
    CHECK(pid < state);
}

TEST_CASE("more pipelined requests than are held at a time are all answered") {
    Server server;
    auto& process = server.supervisor.add("p", api::State::stopped);
    Client client(server);
    client.send(start_call());
    std::string some;
    while (some.size() < 150'000) some += get_pid;
    client.send(some);  // more than is held while the first one waits
    CHECK(server.until([&] { return !process.waiting.empty(); }));
    process.settle(api::State::running);
    server.supervisor.run();
    client.send(some);
    const std::size_t requests = 2 * some.size() / get_pid.size();
    const std::string answer = "<int>4242</int>";
    std::size_t answers = 0;
    std::size_t from = 0;  // what has been counted is not looked at again
    CHECK(client.until([&] {
        for (auto at = client.received.find(answer, from); at != std::string::npos; at = client.received.find(answer, from)) {
            ++answers;
            from = at + 1;
        }
        from = std::max(from, client.received.size() - std::min(client.received.size(), answer.size()));
        return answers == requests;
    }));
    CHECK(answers == requests);
}

TEST_CASE("a client that closes its half still gets an answer that takes no time") {
    Server server;
    Client client(server);
    client.send(get_pid);
    client.close_for_sending();
    CHECK(client.until_has("<int>4242</int>"));
    CHECK(client.until_end());
}

TEST_CASE("HTTP/1.0 and Connection: close end the connection after the answer") {
    const std::string body = xml_call("supervisor.getPID");
    const std::string length = "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    for (const std::string& begin : {std::string("POST /RPC2 HTTP/1.0\r\n"), std::string("POST /RPC2 HTTP/1.1\r\nConnection: close\r\n")}) {
        CAPTURE(begin);
        Server server;
        Client client(server);
        client.send(begin + length);
        CHECK(client.until_end());
        CHECK(client.received.find("</methodResponse>") != std::string::npos);
        CHECK(client.received.find("Connection: close\r\n") != std::string::npos);
    }
    Server server;
    Client client(server);
    client.send("POST /RPC2 HTTP/1.0\r\nConnection: keep-alive\r\n" + length);
    CHECK(client.until_has("</methodResponse>"));
    CHECK(client.received.starts_with("HTTP/1.0 200 OK\r\n"));
    CHECK(client.received.find("Connection: Keep-Alive\r\n") != std::string::npos);
    CHECK_FALSE(client.ended);
}

TEST_CASE("requests that cannot be served get an error page, and the connection ends") {
    const std::string body = xml_call("supervisor.getPID");
    const std::pair<std::string, int> requests[] = {
        {"nonsense\r\n\r\n", 400},
        {"GET\r\n\r\n", 400},
        {"GET /\r\n\r\n", 400},
        {"GET / HTTP/2.0\r\n\r\n", 400},
        {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 tls\r\n\r\n", 400},
        {"POST /RPC2 HTTP/1.1\r\nContent-Length: -5\r\n\r\n" + body, 400},
        {"POST /RPC2 HTTP/1.1\r\nContent-Length: abc\r\n\r\n" + body, 400},
        {"POST /RPC2 HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n" + body, 400},
        {"POST /RPC2 HTTP/1.1\r\nContent-Length: 1e3\r\n\r\n" + body, 400},
        {"POST /RPC2 HTTP/1.1\r\nContent-Length: \r\n\r\n" + body, 400},
        {"POST /RPC2 HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n" + body, 400},
        {"POST /RPC2 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400},
        {"POST /RPC2 HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", 413},
        {"POST /RPC2 HTTP/1.0\r\n\r\n" + body, 411},
        {"POST /rpc HTTP/1.1\r\n\r\n" + body, 411},
    };
    for (const auto& [request, status] : requests) {
        CAPTURE_BINDING(request);
        Server server;
        Client client(server);
        client.send(request);
        CHECK(client.until_has("</body>"));
        CHECK(client.received.substr(8, 5) == base::concat(" ", status, " "));
        CHECK(client.received.find("Connection: close\r\n") != std::string::npos);
        client.close_for_sending();
        CHECK(client.until_end());
        CHECK(server.until([&] { return server.server.connections() == 0; }));
    }
}

TEST_CASE("at two empty lines with no request behind them the connection ends") {
    Server server;
    Client empty(server), slow(server);
    empty.send("\r\n\r\n");
    CHECK(empty.until_end());
    CHECK(empty.received.empty());
    slow.send("\r\n");
    server.give_them_a_moment();
    CHECK_FALSE(slow.ended);
    slow.send("\r\n" + get_pid);
    CHECK(slow.until_has("<int>4242</int>"));
    slow.send("\r\n");
    slow.send("\r\n");
    CHECK(slow.until_end());
}

TEST_CASE("an error of what is asked leaves the connection open") {
    Server server;
    Client client(server);
    const std::pair<std::string, std::string> requests[] = {
        {"GET /nosuch HTTP/1.1\r\n\r\n", "404 Not Found"},
        {"PUT / HTTP/1.1\r\n\r\n", "400 Bad Request"},
        {"GET /RPC2 HTTP/1.1\r\n\r\n", "400 Bad Request"},
        {"GET /rpc HTTP/1.1\r\n\r\n", "405 Method Not Allowed"},
        {"POST /RPC2 HTTP/1.1\r\nContent-Length: 0\r\n\r\n", "400 Bad Request"},
        {post("/RPC2", "<x"), "400 Bad Request"},
        {post("/RPC2", xml_call("supervisor.getPID"), "Origin: http://evil\r\n"), "403 Forbidden"},
        {"GET /logtail/nosuch HTTP/1.1\r\n\r\n", "404 Not Found"},
        {"GET /mainlogtail HTTP/1.1\r\n\r\n", "404 Not Found"},
        {"\r\n\r\nGET /empty/lines/first HTTP/1.1\r\n\r\n", "404 Not Found"},
    };
    for (const auto& [request, answer] : requests) {
        CAPTURE_BINDING(request);
        client.received.clear();
        client.send(request);
        CHECK(client.until_has("</body>"));
        CHECK(client.received.starts_with("HTTP/1.1 " + answer + "\r\n"));
    }
    CHECK_FALSE(client.ended);
}

TEST_CASE("bodies may be chunked, and a client may ask before it sends one") {
    Server server;
    Client client(server);
    client.send("POST /rpc HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
                "10\r\n{\"jsonrpc\":\"2.0\"\r\n27\r\n,\"method\":\"supervisor.getPID\",\"id\":1}  \r\n0\r\n\r\n");
    CHECK(client.until_has("\"result\":4242"));
    client.received.clear();
    const std::string body = R"({"jsonrpc":"2.0","method":"supervisor.getPID","id":1})";
    client.send("POST /rpc HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n");
    CHECK(client.until_has("HTTP/1.1 100 Continue\r\n\r\n"));
    client.send(body);
    CHECK(client.until_has("\"result\":4242"));
}

TEST_CASE("huge headers are refused also when they come line by line, and never end") {
    Server server;
    Client client(server);
    // Whatever is read at once ends with the first letter of a line: then all lines before it are understood, and forgotten.
    client.send("GET /12345678 HTTP/1.1\r\nX");
    bool is_refused = false;
    for (int kib = 0; kib < 1024 && !is_refused; ++kib) {
        std::string lines;
        for (int i = 0; i < 64; ++i) lines += "-" + std::to_string(100000 + i) + ": 3456\r\nX";
        REQUIRE(lines.size() == 1024);
        client.send(lines);
        for (int i = 0; i < 4; ++i) server.loop.restart(), server.loop.poll();
        is_refused = client.received.starts_with("HTTP/1.1 431 ");
    }
    CHECK(is_refused);
}

TEST_CASE("huge headers are refused, and others are served meanwhile") {
    Server server;
    Client client(server);
    std::string head = "GET / HTTP/1.1\r\n";
    for (int i = 0; i < 20000; ++i) head += "X-" + std::to_string(i) + ": y\r\n";
    client.send(head + "\r\n");
    CHECK(client.until_has("HTTP/1.1 431 "));
    client.close();
    Client other(server);
    other.send(get_pid);
    CHECK(other.until_has("<int>4242</int>"));
    CHECK(server.until([&] { return server.server.connections() == 1; }));
}

TEST_CASE("credentials are asked for before the body is read, and the connection ends without them") {
    config::Server section;
    section.username = "joe";
    section.password = "secret word";
    Server server({}, section);
    for (const char* credentials : {"", "Authorization: Basic am9lOndyb25n\r\n", "Authorization: Digest x\r\n"}) {
        Client client(server);
        client.send("POST /RPC2 HTTP/1.1\r\nContent-Length: 1000\r\n" + std::string(credentials) + "\r\nx");
        CHECK(client.until_has("</body>"));
        CHECK(client.received.starts_with("HTTP/1.1 401 Unauthorized\r\n"));
        CHECK(client.received.find("WWW-Authenticate: Basic realm=\"default\"\r\n") != std::string::npos);
        client.close_for_sending();
        CHECK(client.until_end());
    }
    Client malformed(server);
    malformed.send("GET / HTTP/1.1\r\nAuthorization: Basic !\r\n\r\n");
    CHECK(malformed.until_has("HTTP/1.1 400 "));
    Client welcome(server);
    welcome.send(post("/RPC2", xml_call("supervisor.getPID"), "authorization:basic " + base::base64("joe:secret word") + "\r\n"));
    CHECK(welcome.until_has("<int>4242</int>"));
}

TEST_CASE("a password that is stored as a hash is asked for too, and what comes meanwhile is not lost") {
    config::Server section;
    section.username = "joe";
    section.password = "{CRYPT}$6$rounds=1000$saltsalt$UAvNWimCHicMjCrJkB.ShbcMDmn7Ins43QLvcd077tn.ukMYvoFZzAItyyd5BjDXLyfVnm0RvZbWpuhfVrhT9.";
    Server server({}, section);
    for (const char* credentials : {"joe:wrong", "moe:secret word"}) {
        Client client(server);
        client.send(post("/RPC2", xml_call("supervisor.getPID"), "Authorization: Basic " + base::base64(credentials) + "\r\n"));
        CHECK(client.until_has("</body>"));
        CHECK(client.received.starts_with("HTTP/1.1 401 Unauthorized\r\n"));
    }
    const std::string whole = post("/RPC2", xml_call("supervisor.getPID"), "Authorization: Basic " + base::base64("joe:secret word") + "\r\n");
    Client client(server);
    client.send(whole.substr(0, whole.size() - 10));
    CHECK(server.until([&] { return server.server.connections() > 0; }));
    client.send(whole.substr(whole.size() - 10) + whole);
    CHECK(client.until([&] { return count(client.received, "<int>4242</int>") == 2; }));
}

TEST_CASE("the sixth wrong password is answered late, a right one at once") {
    config::Server section;
    section.username = "joe";
    section.password = "word";
    Server server({}, section);
    const auto request = [](const char* credentials) {
        return post("/RPC2", xml_call("supervisor.getPID"), "Authorization: Basic " + base::base64(credentials) + "\r\n");
    };
    const auto begin = std::chrono::steady_clock::now();
    std::list<Client> guessing;
    for (int i = 0; i < web::Failures::free_of_charge + 1; ++i) guessing.emplace_back(server).send(request("joe:guess"));
    Client welcome(server);
    welcome.send(request("joe:word"));
    CHECK(welcome.until_has("<int>4242</int>"));
    for (auto& client : guessing) CHECK(client.until_has("HTTP/1.1 401 "));
    CHECK(std::chrono::steady_clock::now() - begin >= web::Failures::penalty);
}

TEST_CASE("clients that go away leave nothing behind") {
    Server server;
    auto& process = server.supervisor.add("p", api::State::stopped);
    process.its_out = server.directory.path / "log";
    std::ofstream(process.its_out) << "text\n";
    server.loop.poll();
    server.loop.restart();
    const std::size_t before = serving::open_descriptors();
    {
        std::list<Client> clients;
        for (const std::string& request : {std::string(), std::string("PO"), get_pid.substr(0, get_pid.size() - 5), start_call(),
                                           std::string("GET /logtail/p HTTP/1.1\r\n\r\n"), start_call() + get_pid + get_pid})
            clients.emplace_back(server).send(request);
        CHECK(clients.back().until([&] { return server.server.connections() == clients.size() && process.waiting.size() == 1; }));
        CHECK(std::next(clients.begin(), 4)->until_has("text\n"));
    }
    CHECK(server.until([&] { return server.server.connections() == 0; }));
    CHECK(serving::open_descriptors() == before);
    process.settle(api::State::running);
    server.supervisor.run();
    Client client(server);
    client.send(get_pid);
    CHECK(client.until_has("<int>4242</int>"));
}

TEST_CASE("TCP connections are served too, and named in the log") {
    Server server;
    const sockaddr_in address = server.serve_tcp();
    const base::Fd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(base::write_all(client.get(), get_pid));
    base::set_nonblocking(client.get());
    std::string received;
    CHECK(server.until([&] {
        char piece[4096];
        const ssize_t count = ::recv(client.get(), piece, sizeof piece, 0);
        if (count > 0) received.append(piece, static_cast<std::size_t>(count));
        return received.find("<int>4242</int>") != std::string::npos;
    }));
    CHECK(server.until_logged("127.0.0.1:"));
}
