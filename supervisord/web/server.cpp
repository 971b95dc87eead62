#include "supervisord/web/server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <exception>
#include <list>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "common/base/text.hpp"
#include "supervisord/web/session.hpp"

namespace web {

namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr int accepted_at_once = 16;
constexpr std::chrono::milliseconds accept_pause{100};  // when there is no descriptor or no room for one more

/// "ip:port"; Unix sockets have no name worth showing, and Supervisor calls them so.
std::string peer_name(const sockaddr_storage& address) {
    char text[INET6_ADDRSTRLEN] = {};
    if (address.ss_family == AF_INET) {
        sockaddr_in in{};
        std::memcpy(&in, &address, sizeof in);
        return base::concat(::inet_ntop(AF_INET, &in.sin_addr, text, sizeof text), ":", ntohs(in.sin_port));
    }
    if (address.ss_family == AF_INET6) {
        sockaddr_in6 in{};
        std::memcpy(&in, &address, sizeof in);
        return base::concat(::inet_ntop(AF_INET6, &in.sin6_addr, text, sizeof text), ":", ntohs(in.sin6_port));
    }
    return "localhost:0";
}

}  // namespace

struct HttpServer::Implementation : std::enable_shared_from_this<Implementation> {
    struct Listener {
        asio::posix::stream_descriptor descriptor;
        std::shared_ptr<const config::Server> server;
        asio::steady_timer pause;
    };

    explicit Implementation(std::shared_ptr<Shared> its_shared) : shared(std::move(its_shared)) {}

    std::shared_ptr<Shared> shared;
    std::list<std::shared_ptr<Listener>> listeners;
    bool short_of_room = false;  // and it has been said

    static asio::awaitable<void> accept(std::shared_ptr<Implementation> self, std::shared_ptr<Listener> listener);
    bool accept_waiting(Listener& listener);
    bool make_room();
    void complain(std::string_view what);
    void close();
};

asio::awaitable<void> HttpServer::Implementation::accept(std::shared_ptr<Implementation> self,
                                                         std::shared_ptr<Listener> listener) {
    for (;;) {
        const auto [error] = co_await listener->descriptor.async_wait(asio::posix::stream_descriptor::wait_read, as_result);
        if (error || self->shared->closed) co_return;
        if (self->accept_waiting(*listener)) continue;
        listener->pause.expires_after(accept_pause);
        const auto [pause_error] = co_await listener->pause.async_wait(as_result);
        if (pause_error || self->shared->closed) co_return;
    }
}

/// False: it makes no sense to try again at once.
bool HttpServer::Implementation::accept_waiting(Listener& listener) {
    for (int i = 0; i < accepted_at_once; ++i) {
        if (!make_room()) return false;
        sockaddr_storage address{};
        socklen_t length = sizeof address;
        const int fd = ::accept4(listener.descriptor.native_handle(), reinterpret_cast<sockaddr*>(&address), &length,
                                 SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            const int number = errno;
            if (number == EAGAIN || number == EWOULDBLOCK) {
                short_of_room = false;
                return true;
            }
            if (number == EINTR || number == ECONNABORTED) continue;
            complain(base::concat("cannot accept a connection: ", base::errno_text(number)));
            return false;
        }
        // A line of a followed log goes out at once, not when the one before it has been acknowledged.
        const int on = 1;
        if (address.ss_family != AF_UNIX) ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        start_session(shared, base::Fd(fd), listener.server, peer_name(address));
    }
    return true;
}

/// False: not now; one that was idle may have been closed.
bool HttpServer::Implementation::make_room() {
    if (shared->connections.size() < shared->limits.connections) return true;
    Connection* oldest = nullptr;
    for (Connection* connection : shared->connections)
        if (connection->idle_since && (!oldest || *connection->idle_since < *oldest->idle_since)) oldest = connection;
    if (oldest) oldest->close();
    complain(base::concat("the limit of ", shared->limits.connections, " connections is reached"));
    return false;
}

void HttpServer::Implementation::complain(std::string_view what) {
    if (short_of_room) return;
    short_of_room = true;
    shared->supervisor.log(config::LogLevel::warn, what);
}

void HttpServer::Implementation::close() {
    shared->closed = true;
    error_code ignored;
    for (const auto& listener : listeners) {
        listener->descriptor.close(ignored);
        listener->pause.cancel();
    }
    listeners.clear();
    for (Connection* connection : shared->connections) connection->close();
}

HttpServer::HttpServer(boost::asio::io_context& loop, control::Supervisor& supervisor, logs::Files& files, Limits limits)
    : implementation_(std::make_shared<Implementation>(
          std::make_shared<Shared>(Shared{loop, supervisor, files, limits}))) {}

HttpServer::~HttpServer() { implementation_->close(); }

void HttpServer::serve(base::Fd listening, const config::Server& server) {
    base::set_nonblocking(listening.get());
    asio::posix::stream_descriptor descriptor(implementation_->shared->loop, listening.get());
    static_cast<void>(listening.release());
    asio::steady_timer pause(implementation_->shared->loop);
    auto section = std::make_shared<const config::Server>(server);
    const auto listener = std::make_shared<Implementation::Listener>(
        Implementation::Listener{std::move(descriptor), std::move(section), std::move(pause)});
    implementation_->listeners.push_back(listener);
    const auto ended = [self = implementation_](const std::exception_ptr& failure) {
        if (failure) std::rethrow_exception(failure);
    };
    asio::co_spawn(implementation_->shared->loop, Implementation::accept(implementation_, listener), ended);
}

std::size_t HttpServer::connections() const { return implementation_->shared->connections.size(); }

}  // namespace web
