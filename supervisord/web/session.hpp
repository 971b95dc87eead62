// One connection of the HTTP server: reads requests, asks the site, writes answers, follows logs.  For server.cpp only,
// which accepts connections; the limits of a connection are kept here, those of all of a socket there.
#pragma once

#include <memory>
#include <string>

#include "common/base/fd.hpp"
#include "supervisord/web/passwords.hpp"
#include "supervisord/web/room.hpp"
#include "supervisord/web/server.hpp"

namespace web {

/// What all sessions share.  Lives as long as one of them; what it refers to may be gone when it is closed.
struct Shared {
    Shared(boost::asio::io_context& its_loop, control::Supervisor& its_supervisor, logs::Files& its_files, const Limits& its_limits)
        : loop(its_loop), supervisor(its_supervisor), files(its_files), limits(its_limits) {}

    boost::asio::io_context& loop;
    control::Supervisor& supervisor;
    logs::Files& files;
    const Limits limits;
    Room room;
    Passwords passwords{loop};
    Failures failures;
    bool closed = false;
    bool winding_down = false;  // no request after the present one
};

/// Runs until one side ends the connection; in the list of its door for as long.  peer: for lines of the log.
void start_session(std::shared_ptr<Shared> shared, base::Fd socket, std::shared_ptr<Door> door, std::string peer);

}  // namespace web
