#include "supervisord/web/room.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <climits>

namespace web {

namespace {

/// More than the 32 that must be free for a program to be started (keeper::descriptor_reserve): whoever sits in a Unix
/// socket keeps none from it.  A few are let in when programs have taken all but these.
constexpr int kept_from_tcp = 96, kept_from_unix = 48, kept_from_few = 16;
constexpr std::size_t few = 8;

int limit_of_descriptors() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return INT_MAX;
    return static_cast<int>(std::min<rlim_t>(limit.rlim_cur, INT_MAX));
}

base::Fd any_descriptor() { return base::Fd(::open("/dev/null", O_RDONLY | O_CLOEXEC)); }

}  // namespace

bool close_oldest(Door& door) {
    Connection* oldest = nullptr;
    base::Time limit = base::now() - Room::grace;
    for (Connection* connection : door.connections) {
        if (!connection->waiting_since || *connection->waiting_since > limit) continue;
        oldest = connection;
        limit = *connection->waiting_since;
    }
    if (oldest) oldest->close();
    return oldest != nullptr;
}

bool has_waiting(const Door& door) {
    return std::ranges::any_of(door.connections, [](const Connection* one) { return one->waiting_since.has_value(); });
}

Room::Room() : limit_(limit_of_descriptors()), spare_(any_descriptor()) {}

std::shared_ptr<Door> Room::add_door(const config::Server& section) {
    return doors_.emplace_back(std::make_shared<Door>(Door{section}));
}

bool Room::is_kept_from(const Door& door, int number) const {
    const int kept = !door.is_unix() ? kept_from_tcp : door.connections.size() > few ? kept_from_unix : kept_from_few;
    return number >= limit_ - std::min(kept, limit_ / 2);
}

std::vector<Door*> Room::doors_below(const Door& newcomer) const {
    std::vector<Door*> doors;
    for (const auto& door : doors_)
        if (newcomer.is_unix() || !door->is_unix()) doors.push_back(door.get());
    std::ranges::stable_sort(doors, std::ranges::greater(), [](const Door* door) { return door->connections.size(); });
    return doors;
}

bool Room::free_descriptor(const Door& newcomer) {
    return std::ranges::any_of(doors_below(newcomer), close_oldest, [](Door* door) -> Door& { return *door; });
}

bool Room::is_free_soon(const Door& newcomer) const {
    return std::ranges::any_of(doors_below(newcomer), has_waiting, [](Door* door) -> const Door& { return *door; });
}

base::Fd Room::accept_with_spare(int listening) {
    if (!spare_) return {};
    spare_.reset();
    return base::Fd(::accept4(listening, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
}

void Room::restore() {
    if (!spare_) spare_ = any_descriptor();
}

base::Fd lowered(base::Fd descriptor) {
    base::Fd other(::fcntl(descriptor.get(), F_DUPFD_CLOEXEC, 0));
    return other && other.get() < descriptor.get() ? std::move(other) : std::move(descriptor);
}

}  // namespace web
