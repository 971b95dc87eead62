#include "supervisord/log/follower.hpp"
#include "tests/unit/web/serving.hpp"

using serving::Client;
using serving::Server;

TEST_CASE("a log is followed: the last 1024 bytes, then what comes, and over a rotation") {
    Server server;
    auto& process = server.supervisor.add("p", api::State::running);
    process.its_out = server.directory.path / "log";
    std::ofstream(process.its_out) << std::string(2000, 'a') + std::string(1000, 'b');
    Client client(server);
    client.send("GET /logtail/p HTTP/1.1\r\n\r\n");
    CHECK(client.until_has("\r\n400\r\n" + std::string(24, 'a') + std::string(1000, 'b') + "\r\n"));
    CHECK(client.received.starts_with("HTTP/1.1 200 OK\r\n"));
    for (const char* header : {"Content-Type: text/plain;charset=utf-8\r\n", "Transfer-Encoding: chunked\r\n",
                               "X-Accel-Buffering: no\r\n", "Last-Modified: ", "X-Content-Type-Options: nosniff\r\n"})
        CHECK(client.received.find(header) != std::string::npos);
    server.append(process.its_out, "more\n");
    CHECK(client.until_has("5\r\nmore\n\r\n"));
    server.append(process.its_out, "last of the old\n");
    CHECK(server.files.clear(process.its_out) == 0);
    server.append(process.its_out, "first of the new\n");
    CHECK(client.until_has("last of the old\n"));
    CHECK(client.until_has("first of the new\n"));
}

TEST_CASE("one who follows a log and does not read is dropped, with a last line") {
    Server server({.write_time = std::chrono::seconds(3)});  // who reads does it within that, whatever else the machine has to do
    auto& process = server.supervisor.add("p", api::State::running);
    process.its_out = server.directory.path / "log";
    std::ofstream(process.its_out) << "";
    Client slow(server), other(server);
    slow.send("GET /logtail/p HTTP/1.1\r\n\r\n");
    CHECK(slow.until_has("\r\n\r\n"));
    other.send("GET /logtail/p HTTP/1.0\r\n\r\n");
    CHECK(other.until_has("\r\n\r\n"));
    slow.received.clear();
    other.received.clear();
    std::string text;
    for (int line = 0; text.size() < 4'000'000; ++line) text += std::to_string(line) + "\n";
    server.append(process.its_out, text);
    CHECK(other.until([&] { return other.received.size() == text.size(); }));  // nobody waits for the slow one
    CHECK(server.until_logged("does not read the log that it follows, dropped"));
    CHECK(slow.until_end());
    std::string got, chunk;
    for (std::size_t at = 0; at < slow.received.size();) {
        const auto line = slow.received.find("\r\n", at);
        REQUIRE(line != std::string::npos);
        const auto size = std::stoul(slow.received.substr(at, line - at), nullptr, 16);
        got += chunk;
        chunk = slow.received.substr(line + 2, size);
        at = line + 2 + size + 2;
        if (size == 0) REQUIRE(at == slow.received.size());
        if (size == 0) break;
    }
    CHECK(chunk.empty());
    const std::string last = "\n==> Dropped, for nothing of it was read for 3 seconds <==\n";
    REQUIRE(got.ends_with(last));
    got.resize(got.size() - last.size());
    CHECK(text.starts_with(got));
    CHECK(got.size() < text.size());
    CHECK_FALSE(other.ended);
}

namespace {

/// Of one log: one who counts what he gets, and one who does not.
struct Followers {
    Server server;
    std::string log = server.directory.path / "log";
    Client plain{server}, counting{server};

    Followers() {
        server.supervisor.add("p", api::State::running).its_out = log;
        std::ofstream(log) << "older\n";
        plain.send("GET /logtail/p HTTP/1.1\r\n\r\n");
        counting.send("GET /logtail/p HTTP/1.1\r\nX-Log-Position: \r\n\r\n");
        CHECK(plain.until_has("older\n"));
        CHECK(counting.until_has("older\n"));
    }
};

}  // namespace

TEST_CASE("a line of ours in a log comes with the position after it to who can use it") {
    Followers both;
    auto& [server, log, plain, counting] = both;
    std::filesystem::resize_file(log, 0);
    server.append(log, "new\n");
    CHECK(plain.until_has("new\n"));
    CHECK(counting.until_has("new\n"));
    const std::string header = "\r\nX-Log-Position: ";
    const auto begin = counting.received.find(header) + header.size();
    const std::string file = counting.received.substr(begin, counting.received.find(':', begin) - begin);
    const std::string notice = "\r\n==> File truncated <==\n\r\n4\r\nnew\n\r\n";
    CHECK(plain.received.ends_with("\r\n17" + notice));
    CHECK(counting.received.ends_with("\r\n17;position=\"" + file + ":0\"" + notice));
}

TEST_CASE("a log that was full and emptied is followed from its start, also when it is longer again by then") {
    Server server;
    auto& process = server.supervisor.add("p", api::State::running);
    process.its_out = server.directory.path / "log";
    std::ofstream(process.its_out) << "older\n";
    Client client(server);
    client.send("GET /logtail/p HTTP/1.0\r\n\r\n");
    CHECK(client.until_has("older\n"));
    const auto file = server.files.open(process.its_out).file;
    CHECK(server.files.rotate(file, process.its_out, {1, 0}).error == 0);
    server.append(process.its_out, "new, and longer\n");
    CHECK(client.until_has("older\n==> File truncated <==\nnew, and longer\n"));
}

TEST_CASE("what was written just before a log is emptied is followed too") {
    Server server;
    auto& process = server.supervisor.add("p", api::State::running);
    process.its_out = server.directory.path / "log";
    std::ofstream(process.its_out) << "older\n";
    Client client(server);
    client.send("GET /logtail/p HTTP/1.0\r\n\r\n");
    CHECK(client.until_has("older\n"));
    const auto file = server.files.open(process.its_out).file;
    server.append(process.its_out, "last\n");
    CHECK(server.files.rotate(file, process.its_out, {1, 0}).error == 0);
    CHECK(client.until_has("older\nlast\n==> File truncated <==\n"));
}

TEST_CASE("that another program has emptied a log is told without a write") {
    Server server;
    auto& process = server.supervisor.add("p", api::State::running);
    process.its_out = server.directory.path / "log";
    std::ofstream(process.its_out) << "older\n";
    Client client(server);
    client.send("GET /logtail/p HTTP/1.0\r\n\r\n");
    CHECK(client.until_has("older\n"));
    std::filesystem::resize_file(process.its_out, 0);
    CHECK(client.until_has("older\n==> File truncated <==\n"));
}

TEST_CASE("the first bytes of the next file come with the position after them to who can use it") {
    Followers both;
    auto& [server, log, plain, counting] = both;
    const auto file = server.files.open(log).file;
    CHECK(server.files.rotate(file, log, {1, 1}).error == 0);
    server.append(log, "new\n");
    CHECK(plain.until_has("\r\n4\r\nnew\n\r\n"));
    CHECK(counting.until_has("new\n\r\n"));
    logs::Follower next(log);
    REQUIRE(next.open());
    CHECK(counting.received.ends_with(base::concat("\r\n4;position=\"", next.position().file, ":4\"\r\nnew\n\r\n")));
}

TEST_CASE("HTTP/1.0 clients get a log as it is, at once") {
    Server server;
    server.supervisor.its_logfile = server.directory.path / "main";
    std::ofstream(server.supervisor.its_logfile) << "text\n";
    Client client(server);
    client.send("GET /mainlogtail HTTP/1.0\r\n\r\n");
    CHECK(client.until_has("\r\n\r\ntext\n"));
    CHECK(client.received.find("chunked") == std::string::npos);
    CHECK(client.received.find("X-Accel") == std::string::npos);
}

TEST_CASE("a client that does not read a log costs no memory, and is dropped") {
    web::Limits limits;
    limits.write_time = std::chrono::seconds(1);
    Server server(limits);
    auto& process = server.supervisor.add("p", api::State::running);
    process.its_out = server.directory.path / "log";
    std::ofstream(process.its_out) << "";
    Client client(server);
    client.send("GET /logtail/p HTTP/1.1\r\n\r\n");
    CHECK(client.until_has("\r\n\r\n"));
    for (int i = 0; i < 64; ++i) server.append(process.its_out, std::string(64 * 1024, 'x'));
    CHECK(server.until([&] { return server.server.connections() == 0; }));
}
