// What the headers of a browser decide, through the server.
#include <doctest/doctest.h>

#include "common/base/fd.hpp"
#include "tests/unit/web/serving.hpp"

using serving::Server;

TEST_CASE("over TCP a log is not for a browser that asks by a name that others could make mean this machine") {
    Server server;
    auto& process = server.supervisor.add("p", api::State::running);
    process.its_out = server.directory.path / "log";
    std::ofstream(process.its_out) << "text\n";
    const sockaddr_in address = server.serve_tcp();
    const auto status = [&](const std::string& headers) {
        const base::Fd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        REQUIRE(::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
        REQUIRE(base::write_all(client.get(), "GET /logtail/p HTTP/1.1\r\n" + headers + "\r\n"));
        base::set_nonblocking(client.get());
        std::string received;
        CHECK(server.until([&] {
            char piece[4096];
            const ssize_t count = ::recv(client.get(), piece, sizeof piece, 0);
            if (count > 0) received.append(piece, static_cast<std::size_t>(count));
            return received.find("\r\n\r\n") != std::string::npos;
        }));
        return received.substr(0, received.find(' ', 9));
    };
    CHECK(status("Host: evil.example\r\nAccept-Language: en\r\n") == "HTTP/1.1 403");
    CHECK(status("Host: evil.example\r\nUser-Agent: Mozilla/5.0 (X11)\r\n") == "HTTP/1.1 403");
    CHECK(status("Host: monitored.example\r\nUser-Agent: curl/8.0\r\n") == "HTTP/1.1 200");
    CHECK(status("Host: proxied.example\r\nAccept-Language: en\r\nSec-Fetch-Site: same-origin\r\n") == "HTTP/1.1 200");
    CHECK(status("Host: localhost\r\nAccept-Language: en\r\n") == "HTTP/1.1 200");
    // Node's fetch(): a language and a mode, but no site.  A browser has all that begins with Sec-, or nothing of it.
    CHECK(status("Host: monitored.example\r\nAccept-Language: *\r\nSec-Fetch-Mode: cors\r\nUser-Agent: node\r\n") == "HTTP/1.1 200");
    CHECK(status("Host: evil.example\r\nAccept-Language: *\r\nUser-Agent: node\r\n") == "HTTP/1.1 403");
    CHECK(status("Host: evil.example\r\nAccept-Language: *\r\nSec-Fetch-Mode: cors\r\nUser-Agent: Mozilla/5.0\r\n") == "HTTP/1.1 403");
}
