#include "supervisord/sockets.hpp"

#include <sys/socket.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "common/base/text.hpp"
#include "supervisord/handover.hpp"
#include "supervisord/keeper/start.hpp"
#include "supervisord/web/listen.hpp"
#include "supervisord/web/safety.hpp"

namespace control_role {

namespace {

using base::concat;
using config::Server;

bool is_unix(const Server& server) { return server.family == Server::Family::unix; }

/// Unless somebody else has put something there since.
void remove_name(std::string_view held, int fd, std::uint32_t inode) {
    if (held.starts_with("unix:") && keeper::inode_of_held(held, fd) == inode) ::unlink(std::string(held.substr(5)).c_str());
}

config::Diagnostic cannot_open(const config::Reading& next, const Server& server, std::string_view why) {
    if (is_unix(server))
        return next.cannot_apply(server.section, "file",
                                 concat(why, "; it has to be a path in a directory that can be written to, and that no "
                                        "other program uses"));
    return next.cannot_apply(server.section, "port",
                             concat(why, "; it has to be an address of this machine with a port that no other program uses"));
}

}  // namespace

void put(control::Link& link, std::string_view name, int fd) {
    link.hold(std::string(name), fd);
}

Sockets::Sockets(const keeper::Snapshot& snapshot, control::Link& link) : link_(link) {
    for (const auto& entry : snapshot.header().held) {
        const std::string name(entry.name, ::strnlen(entry.name, sizeof entry.name));
        if (name.starts_with("unix:") || name.starts_with("inet:")) held_[name] = {base::Fd(entry.fd), entry.inode};
    }
}

void Sockets::give_up_others(const std::vector<Server>& servers) {
    std::erase_if(held_, [&](const auto& entry) {
        const auto& [name, has] = entry;
        if (std::ranges::find(servers, name, launch::held_name) != servers.end()) return false;
        remove_name(name, has.fd.get(), has.inode);
        link_.let_go(name);
        ::shutdown(has.fd.get(), SHUT_RDWR);  // the keeper's copy must not keep the port
        return true;
    });
}

/// A Unix socket whose name somebody has removed cannot be reached by anybody.
bool Sockets::is_open(const Server& server) const {
    if (!held_.contains(launch::held_name(server))) return false;
    return !is_unix(server) || ::access(server.file.c_str(), F_OK) == 0;
}

/// On the same port as one that a reload is to replace: that is "127.0.0.1:9001", and this perhaps "*:9001".
base::Result<base::Fd> Sockets::open(const Server& server) const {
    std::vector<int> beside;
    for (const auto& [name, has] : held_)
        if (name.starts_with("inet:") && name.ends_with(concat(":", server.port))) beside.push_back(has.fd.get());
    return web::open_listening(server, beside);
}

void Sockets::hold(std::string name, base::Fd fd) {
    put(link_, name, fd.get());
    const std::uint32_t inode = keeper::inode_of_held(name, fd.get());
    held_[std::move(name)] = {std::move(fd), inode};
}

base::Result<base::Fd> Sockets::take(const Server& server, std::string& problem) {
    const std::string name = launch::held_name(server);
    if (!is_open(server)) {
        auto opened = open(server);
        if (!opened) return opened;
        hold(name, std::move(*opened));
    } else if (is_unix(server)) {
        if (const auto done = web::set_owner_and_mode(server); !done) problem = done.error();
    }
    servers_.push_back(server);
    base::Fd copy(::fcntl(held_[name].fd.get(), F_DUPFD_CLOEXEC, 0));
    if (!copy) return base::Error{base::errno_text(errno)};
    return copy;
}

std::optional<config::Diagnostic> Sockets::prepare(const config::Reading& next) {
    std::vector<Opened> opened;
    auto problem = open_missing(next, opened);
    if (!problem) problem = change_owners(next);
    for (auto& [name, fd] : opened) {
        if (problem)
            remove_name(name, fd.get(), keeper::inode_of_held(name, fd.get()));
        else
            hold(std::move(name), std::move(fd));
    }
    return problem;
}

std::optional<config::Diagnostic> Sockets::open_missing(const config::Reading& next, std::vector<Opened>& opened) const {
    for (const auto& server : next.config->servers) {
        if (const auto danger = web::find_danger(server)) return next.cannot_apply(server.section, danger->option, danger->why);
        if (is_open(server)) continue;
        auto fd = open(server);
        if (!fd) return cannot_open(next, server, fd.error());
        opened.push_back({launch::held_name(server), std::move(*fd)});
    }
    return std::nullopt;
}

std::optional<config::Diagnostic> Sockets::change_owners(const config::Reading& next) const {
    for (const auto& server : next.config->servers) {
        if (!is_unix(server) || !held_.contains(launch::held_name(server))) continue;
        const auto done = web::set_owner_and_mode(server);
        if (done) continue;
        for (const auto& before : servers_)
            if (is_unix(before)) (void)web::set_owner_and_mode(before);
        return next.cannot_apply(server.section, "chown",
                                 concat(done.error(), "; it has to be an owner that supervisord may give the socket to"));
    }
    return std::nullopt;
}

}  // namespace control_role
