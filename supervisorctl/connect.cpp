#include "supervisorctl/connect.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "common/base/text.hpp"
#include "supervisorctl/answer.hpp"

namespace supervisorctl {

using base::Fd;

namespace {

constexpr std::chrono::seconds connect_limit{10};

[[noreturn]] void fail(int number) {
    const auto kind = number == ECONNREFUSED ? Trouble::Kind::refused_connection
                      : number == ENOENT     ? Trouble::Kind::no_such_file
                                             : Trouble::Kind::other;
    throw Trouble(kind, base::concat("[Errno ", number, "] ", base::errno_text(number)));
}

Fd connect_to_path(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) throw Trouble(Trouble::Kind::other, "AF_UNIX path too long");
    std::memcpy(address.sun_path, path.data(), path.size());
    Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!socket) fail(errno);
    // A Unix socket whose backlog is full makes connect() wait; this is what bounds it.
    const timeval limit{connect_limit.count(), 0};
    ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fail(errno);
    base::set_nonblocking(socket.get());
    return socket;
}

/// errno in `error` when there is no connection.
Fd connect_to_address(const addrinfo& address, const Interrupt& interrupt, int& error) {
    Fd socket(::socket(address.ai_family, address.ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, address.ai_protocol));
    error = 0;
    if (!socket || ::connect(socket.get(), address.ai_addr, address.ai_addrlen) != 0) error = errno;
    if (error == EINPROGRESS) {
        if (!interrupt.wait(socket.get(), POLLOUT, connect_limit)) {
            error = ETIMEDOUT;
            return {};
        }
        socklen_t size = sizeof error;
        ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    }
    if (error != 0) return {};
    const int on = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::setsockopt(socket.get(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);  // a machine that is gone is noticed
    return socket;
}

Fd connect_to_host(const config::ServerUrl& url, const Interrupt& interrupt) {
    addrinfo wanted{};
    wanted.ai_socktype = SOCK_STREAM;
    wanted.ai_flags = AI_NUMERICSERV;
    addrinfo* found = nullptr;
    const int problem = ::getaddrinfo(url.host.c_str(), url.port.c_str(), &wanted, &found);
    if (problem == EAI_SYSTEM) fail(errno);
    if (problem != 0)
        throw Trouble(Trouble::Kind::other, base::concat("[Errno ", problem, "] ", ::gai_strerror(problem)));
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(found, ::freeaddrinfo);
    int error = 0;
    for (const addrinfo* one = found; one != nullptr; one = one->ai_next)
        if (Fd socket = connect_to_address(*one, interrupt, error)) return socket;
    fail(error);
}

}  // namespace

Fd connect_to(const config::ServerUrl& url, const Interrupt& interrupt) {
    return url.is_unix() ? connect_to_path(url.socket_path) : connect_to_host(url, interrupt);
}

}  // namespace supervisorctl
