// Who may stay when there is not room for all: connections by the socket that they came through, and descriptors.  Some
// descriptors are kept for starting programs, which wants 32 for a moment, and some more from TCP for Unix sockets, so
// that neither is at the mercy of whoever can reach a TCP port.  Does not accept (server.cpp) and does not serve.
#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <vector>

#include "common/base/clock.hpp"
#include "common/base/fd.hpp"
#include "common/config/model.hpp"

namespace web {

/// What the server sees of a session.
struct Connection {
    std::optional<base::Time> waiting_since;  // for a whole request; nothing while one is being answered
    std::function<void()> close;              // at once: nothing of it is left in any list or open
    std::function<bool()> is_idle;            // no answer is cut off: no request has begun, or a log is followed
};

/// A listening socket's side of its sessions.
struct Door {
    config::Server section;
    std::list<Connection*> connections = {};

    [[nodiscard]] bool is_unix() const { return section.family == config::Server::Family::unix; }
};

/// Of those that have not sent a whole request, and were given a moment, the one that has had most time for it.  False:
/// there is none.
[[nodiscard]] bool close_oldest(Door& door);
/// Whether that has any, given the moment.
[[nodiscard]] bool has_waiting(const Door& door);

class Room {
public:
    /// What came just now stays for that long: nothing of it has been read yet.
    static constexpr std::chrono::milliseconds grace{50};

    /// The limit of the process as it is now counts for good.
    Room();

    [[nodiscard]] const std::vector<std::shared_ptr<Door>>& doors() const { return doors_; }
    std::shared_ptr<Door> add_door(const config::Server& section);

    /// Whether a descriptor with this number is not for clients of that door: the kernel gives the lowest that is free.
    [[nodiscard]] bool is_kept_from(const Door& door, int number) const;
    /// Closes a connection where most are; but no Unix socket makes room for who comes over TCP.  False: there is none
    /// that may be closed.
    [[nodiscard]] bool free_descriptor(const Door& newcomer);
    /// Whether that finds one when the grace is over.
    [[nodiscard]] bool is_free_soon(const Door& newcomer) const;
    /// Accepts although there is no descriptor left, by giving up a spare one.  Call restore() when this is closed.
    [[nodiscard]] base::Fd accept_with_spare(int listening);
    void restore();

private:
    [[nodiscard]] std::vector<Door*> doors_below(const Door& newcomer) const;

    std::vector<std::shared_ptr<Door>> doors_;
    int limit_;
    base::Fd spare_;
};

/// In place of a descriptor the lowest one that is free, when that is lower.
[[nodiscard]] base::Fd lowered(base::Fd descriptor);

}  // namespace web
