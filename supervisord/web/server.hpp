// The HTTP server: sessions on listening sockets, Unix and TCP alike.  Moves bytes and keeps the limits; what a request
// means is the site's business (site.hpp).  Runs on the loop that it is given; destroying it closes every connection.
// Does not open sockets (listen.hpp).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "common/base/fd.hpp"
#include "common/config/model.hpp"
#include "supervisord/control/supervisor.hpp"

namespace boost::asio {
class io_context;
}

namespace logs {
class Files;
}

namespace web {

struct Limits {
    std::uint32_t header_bytes = 64 * 1024;
    std::uint64_t body_bytes = 16 * 1024 * 1024;
    std::size_t connections = 512;                // of each socket; then the one that has waited longest without a
                                                  // whole request makes room, and where there is none, the new one
    std::chrono::seconds request_time{60};        // from the first byte of a request to its last
    std::chrono::seconds write_time{60};          // for a piece of an answer; then the client is too slow
    std::chrono::seconds farewell_time{2};        // for what a client still sends that was refused
};

class HttpServer {
public:
    /// All three outlive the server.  files tells when a log that somebody follows has grown.
    HttpServer(boost::asio::io_context& loop, control::Supervisor& supervisor, logs::Files& files, Limits limits = {});
    ~HttpServer();
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    /// A listening socket, with the credentials of its section; its clients are let in from begin() on.
    void serve(base::Fd listening, const config::Server& server);
    /// Those who came before have waited.
    void begin();
    [[nodiscard]] std::size_t connections() const;
    /// Accepts no more: who comes waits for another server on the same sockets, which stay open elsewhere.  Connections
    /// end with the answer to the request that they are at; those that have none, and have been silent for a moment, now.
    /// To be called again and again until there are none left.
    void wind_down();

private:
    struct Implementation;
    std::shared_ptr<Implementation> implementation_;
};

}  // namespace web
