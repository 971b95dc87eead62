#include "tests/unit/web/serving.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <list>

#include "supervisord/web/room.hpp"

using serving::Client;
using serving::get_pid;
using serving::Server;
using serving::start_call;

TEST_CASE("a request that does not come to its end is given up") {
    web::Limits limits;
    limits.request_time = std::chrono::seconds(1);
    Server server(limits);
    Client idle(server);
    Client slow(server);
    slow.send("POST /RPC2 HTTP/1.1\r\n");
    CHECK(slow.until_end());
    CHECK(slow.received.empty());
    idle.send(get_pid);
    CHECK(idle.until_has("<int>4242</int>"));
}

TEST_CASE("the time for a request counts from its first byte to its last, and not anew for its body") {
    web::Limits limits;
    limits.request_time = std::chrono::seconds(2);
    Server server(limits);
    Client slow(server), later(server);
    const auto begun = base::now();
    const auto until = [&](int milliseconds) {
        CHECK(server.until([&] { return base::now() - begun >= std::chrono::milliseconds(milliseconds); }));
    };
    slow.send("POST /RPC2 HTTP/1.1\r\n");
    until(800);
    const auto later_sent = base::now();
    later.send("POST /RPC2 HTTP/1.1\r\n");
    until(1200);
    slow.send("Content-Length: 10\r\n\r\n12345");
    CHECK(slow.until_end());
    CHECK(later.until([] { return true; }));
    if (base::now() - later_sent < limits.request_time) CHECK_FALSE(later.ended);  // else we stood still too long to say
}

TEST_CASE("when there are too many connections the one that has waited longest for a request makes room") {
    web::Limits limits;
    limits.connections = 3;
    Server server(limits);
    auto& process = server.supervisor.add("p", api::State::stopped);
    Client busy(server);
    busy.send(start_call());
    CHECK(server.until([&] { return process.waiting.size() == 1; }));
    Client oldest(server);
    oldest.send("POST /RPC2 HTTP/1.1\r\nContent-Length: 7\r\n");  // half a request is none
    CHECK(server.until([&] { return server.server.connections() == 2; }));
    Client other(server);
    CHECK(server.until([&] { return server.server.connections() == 3; }));
    server.give_them_a_moment();
    Client one_more(server);
    one_more.send(get_pid);
    CHECK(one_more.until_has("<int>4242</int>"));
    CHECK(oldest.until_end());
    CHECK_FALSE(busy.ended);
    CHECK_FALSE(other.ended);
    Client and_another(server);
    CHECK(other.until_end());
    CHECK(server.server.connections() == 3);
    CHECK(server.times_logged("the limit of 3 connections is reached") == 1);
}

TEST_CASE("a client that comes when all others are being served is told so, and they go on") {
    web::Limits limits;
    limits.connections = 2;
    Server server(limits);
    auto& process = server.supervisor.add("p", api::State::stopped);
    process.its_out = server.directory.path / "log";
    std::ofstream(process.its_out) << "text\n";
    Client busy(server), following(server);
    busy.send(start_call());
    following.send("GET /logtail/p HTTP/1.1\r\n\r\n");
    CHECK(following.until_has("text\n"));
    CHECK(server.until([&] { return process.waiting.size() == 1; }));
    Client refused(server);
    refused.send(get_pid);
    CHECK(refused.until_end());
    CHECK(refused.received.starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
    CHECK(refused.received.find("Retry-After: 1\r\n") != std::string::npos);
    server.append(process.its_out, "more\n");
    CHECK(following.until_has("more\n"));
    process.settle(api::State::running);
    server.supervisor.run();
    CHECK(busy.until_has("<boolean>1</boolean>"));
    server.give_them_a_moment();
    Client served(server);  // the one that was busy is idle now
    served.send(get_pid);
    CHECK(served.until_has("<int>4242</int>"));
}

TEST_CASE("what is done to one socket does not reach another") {
    web::Limits limits;
    limits.connections = 2;
    Server server(limits);
    const sockaddr_in address = server.serve_tcp();
    Client idle(server);
    std::list<base::Fd> others;
    for (int i = 0; i < 5; ++i) {
        server.give_them_a_moment();
        others.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        REQUIRE(::connect(others.back().get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
        REQUIRE(base::write_all(others.back().get(), "POST /RPC2 HTTP/1.1\r\n"));
    }
    CHECK(server.until([&] {
        char byte;  // of three the server has closed
        return std::ranges::count_if(others, [&](const base::Fd& fd) { return ::recv(fd.get(), &byte, 1, MSG_DONTWAIT) == 0; }) == 3;
    }));
    CHECK(server.server.connections() == 3);
    idle.send(get_pid);
    CHECK(idle.until_has("<int>4242</int>"));
}

TEST_CASE("descriptors are kept from TCP clients, and fewer of them from those of Unix sockets") {
    rlimit limit{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
    const int most = static_cast<int>(std::min<rlim_t>(limit.rlim_cur, 1 << 30));
    const web::Room room;
    config::Server section;
    web::Door unix_door{section};
    section.family = config::Server::Family::inet;
    const web::Door tcp_door{section};
    CHECK_FALSE(room.is_kept_from(tcp_door, most - 97));
    CHECK(room.is_kept_from(tcp_door, most - 96));
    CHECK_FALSE(room.is_kept_from(unix_door, most - 17));
    CHECK(room.is_kept_from(unix_door, most - 16));
    unix_door.connections.resize(9);
    CHECK_FALSE(room.is_kept_from(unix_door, most - 49));
    CHECK(room.is_kept_from(unix_door, most - 48));
}

TEST_CASE("a server that goes takes its connections along, whatever they are at") {
    const std::size_t before = serving::open_descriptors();
    {
        auto server = std::make_unique<Server>();
        auto& process = server->supervisor.add("p", api::State::stopped);
        process.its_out = server->directory.path / "log";
        std::ofstream(process.its_out) << "text\n";
        Client idle(*server), waiting(*server), following(*server);
        waiting.send(start_call());
        following.send("GET /logtail/p HTTP/1.1\r\n\r\n");
        CHECK(following.until_has("text\n"));
        CHECK(server->until([&] { return process.waiting.size() == 1; }));
        server.reset();
    }
    CHECK(serving::open_descriptors() == before);
}
