// A server with a fake Supervisor on a Unix socket in a directory of its own, and clients that send it bytes.  All in
// one thread: while a client waits, the server runs.
#pragma once

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include <boost/asio/io_context.hpp>

#include "supervisord/log/files.hpp"
#include "supervisord/web/listen.hpp"
#include "supervisord/web/server.hpp"
#include "tests/support/fake_supervisor.hpp"

namespace serving {

inline std::size_t open_descriptors() {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) ++count;
    return count;
}

struct Directory {
    std::filesystem::path path;
    Directory() {
        std::string name = std::filesystem::temp_directory_path() / "web_test_XXXXXX";
        path = ::mkdtemp(name.data());
    }
    ~Directory() { std::filesystem::remove_all(path); }
    Directory(const Directory&) = delete;
    Directory& operator=(const Directory&) = delete;
};

struct Server {
    Directory directory;
    std::string socket = directory.path / "socket";
    boost::asio::io_context loop{1};
    logs::Files files;
    fake::Supervisor supervisor;
    web::HttpServer server;

    explicit Server(web::Limits limits = {}, const config::Server& credentials = {}, bool begins = true)
        : server(loop, supervisor, files, limits) {
        config::Server section = credentials;
        section.file = socket;
        auto listening = web::open_unix(section);
        REQUIRE(listening);
        server.serve(std::move(*listening), section);
        if (begins) server.begin();
    }

    /// Runs until it is so; false when it does not become so in time.
    bool until(const std::function<bool()>& is_so) {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        while (!is_so()) {
            if (std::chrono::steady_clock::now() > end) return false;
            loop.restart();
            loop.run_one_for(std::chrono::milliseconds(10));
        }
        return true;
    }
    /// Another socket of the same server, on a port of the kernel's choice.
    sockaddr_in serve_tcp() {
        config::Server section;
        section.family = config::Server::Family::inet;
        section.host = "127.0.0.1";
        auto listening = web::open_inet(section);
        REQUIRE(listening);
        sockaddr_in address{};
        socklen_t length = sizeof address;
        REQUIRE(::getsockname(listening->get(), reinterpret_cast<sockaddr*>(&address), &length) == 0);
        server.serve(std::move(*listening), section);
        return address;
    }
    [[nodiscard]] std::ptrdiff_t times_logged(const std::string& text) const {
        return std::ranges::count_if(supervisor.lines, [&](const std::string& line) { return line.find(text) != std::string::npos; });
    }
    /// Who connected just now is not sent away for somebody else.
    void give_them_a_moment() {
        const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(60);
        CHECK(until([&] { return std::chrono::steady_clock::now() > end; }));
    }
    bool until_logged(const std::string& text) {
        return until([&] {
            return std::ranges::any_of(supervisor.lines, [&](const std::string& line) { return line.find(text) != std::string::npos; });
        });
    }
    /// Appends to a file that the server may be following.
    void append(const std::string& path, const std::string& text) {
        const auto opened = files.open(path);
        REQUIRE(opened.file);
        REQUIRE(::write(opened.file->fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
        files.changed(*opened.file);
    }
};

class Client {
public:
    explicit Client(Server& server) : server_(server), fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, server.socket.c_str(), sizeof address.sun_path - 1);
        REQUIRE(::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    }

    std::string received;
    bool ended = false;  // by the server

    /// As much as it takes; what is answered meanwhile is received.
    void send(std::string_view bytes) {
        server_.until([&] {
            receive();
            const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
            if (sent < 0 && errno != EAGAIN) bytes = {};  // it does not want to hear more
            return bytes.empty();
        });
    }
    bool until(const std::function<bool()>& is_so) {
        return server_.until([&] {
            receive();
            return is_so();
        });
    }
    bool until_has(const std::string& text) {
        return until([&] { return received.find(text) != std::string::npos; });
    }
    bool until_end() {
        return until([&] { return ended; });
    }
    void close_for_sending() { ::shutdown(fd_.get(), SHUT_WR); }
    void close() { fd_.reset(); }

private:
    Server& server_;
    base::Fd fd_;

    void receive() {
        char piece[65536];
        while (!ended) {
            const ssize_t length = ::recv(fd_.get(), piece, sizeof piece, 0);
            if (length < 0 && errno == EAGAIN) return;
            if (length <= 0) ended = true;
            else received.append(piece, static_cast<std::size_t>(length));
        }
    }
};

inline std::string xml_call(const std::string& method, const std::string& params = {}) {
    return "<?xml version=\"1.0\"?><methodCall><methodName>" + method + "</methodName>" + params + "</methodCall>";
}

inline std::string post(const std::string& path, const std::string& body, const std::string& headers = {}) {
    return "POST " + path + " HTTP/1.1\r\nHost: x\r\n" + headers + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

inline const std::string get_pid = post("/RPC2", xml_call("supervisor.getPID"));

/// Starts p, and is answered when that runs.
inline std::string start_call() {
    return post("/RPC2", xml_call("supervisor.startProcess", "<params><param><value>p</value></param></params>"));
}

}  // namespace serving
