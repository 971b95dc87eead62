// One connection of the HTTP server: reads requests, asks the site, writes answers, follows logs.  For server.cpp only,
// which accepts connections; the limits of a connection are kept here, those of all together there.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>

#include "common/base/clock.hpp"
#include "common/base/fd.hpp"
#include "common/config/model.hpp"
#include "supervisord/web/server.hpp"

namespace web {

/// What the server sees of a session.
struct Connection {
    std::optional<base::Time> idle_since;  // between requests; nothing in the middle of one
    std::function<void()> close;
};

/// What all sessions share.  Lives as long as one of them; what it refers to may be gone when it is closed.
struct Shared {
    boost::asio::io_context& loop;
    control::Supervisor& supervisor;
    logs::Files& files;
    const Limits limits;
    bool closed = false;
    std::list<Connection*> connections = {};
};

/// Runs until one side ends the connection; in the list of connections for as long.  peer: for lines of the log.
void start_session(std::shared_ptr<Shared> shared, base::Fd socket, std::shared_ptr<const config::Server> server,
                   std::string peer);

}  // namespace web
