#include "supervisord/web/server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <exception>
#include <list>
#include <optional>
#include <string>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "common/base/text.hpp"
#include "supervisord/web/message.hpp"
#include "supervisord/web/session.hpp"

namespace web {

namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr int accepted_at_once = 16;
constexpr std::chrono::milliseconds accept_pause{100};  // when nothing can be done about a failure
constexpr std::chrono::minutes complaint_pause{1};      // between two that say the same

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

/// With an answer, as far as the client hears it: what it sends is not waited for.
void turn_away(base::Fd socket) {
    Response page = error_page(503);
    page.headers.emplace_back("Retry-After", "1");
    const std::string text = write(page, {}, After::close, std::time(nullptr));
    static_cast<void>(::send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT));
    char sent[16 * 1024];  // left unread, it would take the answer along
    static_cast<void>(::recv(socket.get(), sent, sizeof sent, MSG_DONTWAIT));
}

}  // namespace

struct HttpServer::Implementation : std::enable_shared_from_this<Implementation> {
    struct Listener {
        asio::posix::stream_descriptor descriptor;
        std::shared_ptr<Door> door;
        asio::steady_timer pause;
        base::Time silent_until{};                               // about a want of room
        std::optional<std::pair<base::Fd, std::string>> first = {};  // accepted, with its name: there will be room in a moment
    };

    explicit Implementation(std::shared_ptr<Shared> its_shared) : shared(std::move(its_shared)) {}

    std::shared_ptr<Shared> shared;
    std::list<std::shared_ptr<Listener>> listeners;
    bool lets_in = false;

    void let_in(const std::shared_ptr<Listener>& listener);
    static asio::awaitable<void> accept(std::shared_ptr<Implementation> self, std::shared_ptr<Listener> listener);
    bool accept_waiting(Listener& listener);
    bool find_descriptor(Listener& listener);
    bool admit(Listener& listener, base::Fd& socket, const std::string& peer);
    void complain(Listener& listener, std::string_view what);
    void close();
    void wind_down();
    void stop_accepting();
};

void HttpServer::Implementation::let_in(const std::shared_ptr<Listener>& listener) {
    const auto ended = [self = shared_from_this()](const std::exception_ptr& failure) {
        if (failure) std::rethrow_exception(failure);
    };
    asio::co_spawn(shared->loop, accept(shared_from_this(), listener), ended);
}

asio::awaitable<void> HttpServer::Implementation::accept(std::shared_ptr<Implementation> self,
                                                         std::shared_ptr<Listener> listener) {
    for (;;) {
        if (!listener->first) {
            const auto [error] = co_await listener->descriptor.async_wait(asio::posix::stream_descriptor::wait_read, as_result);
            if (error || self->shared->closed || self->shared->winding_down) co_return;
        }
        if (self->accept_waiting(*listener)) continue;
        listener->pause.expires_after(listener->first ? Room::grace : accept_pause);
        const auto [pause_error] = co_await listener->pause.async_wait(as_result);
        if (pause_error || self->shared->closed || self->shared->winding_down) co_return;
    }
}

/// False: it makes no sense to try again at once.
bool HttpServer::Implementation::accept_waiting(Listener& listener) {
    if (auto first = std::exchange(listener.first, {}); first && !admit(listener, first->first, first->second)) {
        listener.first = std::move(first);
        return false;
    }
    for (int i = 0; i < accepted_at_once; ++i) {
        sockaddr_storage address{};
        socklen_t length = sizeof address;
        base::Fd fd(::accept4(listener.descriptor.native_handle(), reinterpret_cast<sockaddr*>(&address), &length,
                              SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (fd) {
            // A line of a followed log goes out at once, not when the one before it has been acknowledged.
            const int on = 1;
            if (address.ss_family != AF_UNIX) ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            std::string peer = peer_name(address);
            if (admit(listener, fd, peer)) continue;
            listener.first.emplace(std::move(fd), std::move(peer));
            return false;
        }
        const int number = errno;
        if (number == EAGAIN || number == EWOULDBLOCK) return true;
        if (number == EINTR || number == ECONNABORTED) continue;
        complain(listener, base::concat("cannot accept a connection: ", base::errno_text(number)));
        if (number != EMFILE || !find_descriptor(listener)) return false;
    }
    return true;
}

/// There is none for who comes next.  False: nor any to say so, or there will be one in a moment.
bool HttpServer::Implementation::find_descriptor(Listener& listener) {
    if (shared->room.free_descriptor(*listener.door)) return true;
    if (shared->room.is_free_soon(*listener.door)) return false;
    base::Fd fd = shared->room.accept_with_spare(listener.descriptor.native_handle());
    const bool found = static_cast<bool>(fd);
    if (found) turn_away(std::move(fd));
    shared->room.restore();
    return found;
}

/// False: not yet, but there will be room when the grace of others is over.
bool HttpServer::Implementation::admit(Listener& listener, base::Fd& fd, const std::string& peer) {
    Door& door = *listener.door;
    if (door.connections.size() >= shared->limits.connections) {
        complain(listener, base::concat("the limit of ", shared->limits.connections, " connections is reached"));
        if (!close_oldest(door)) {
            if (has_waiting(door)) return false;
            turn_away(std::move(fd));
            return true;
        }
    }
    Room& room = shared->room;
    if (room.is_kept_from(door, fd.get())) {
        complain(listener, "descriptors are short: what is left is for programs");
        if (room.free_descriptor(door)) fd = lowered(std::move(fd));
        if (room.is_kept_from(door, fd.get())) {
            if (room.is_free_soon(door)) return false;
            turn_away(std::move(fd));
            return true;
        }
    }
    start_session(shared, std::move(fd), listener.door, peer);
    return true;
}

void HttpServer::Implementation::complain(Listener& listener, std::string_view what) {
    if (base::now() < listener.silent_until) return;
    listener.silent_until = base::now() + complaint_pause;
    shared->supervisor.log(config::LogLevel::warn, base::concat("[", listener.door->section.section, "]: ", what));
}

void HttpServer::Implementation::stop_accepting() {
    error_code ignored;
    for (const auto& listener : listeners) {
        listener->descriptor.close(ignored);
        listener->pause.cancel();
    }
    listeners.clear();
}

void HttpServer::Implementation::wind_down() {
    shared->winding_down = true;
    for (const auto& listener : listeners)
        if (auto first = std::exchange(listener->first, {})) turn_away(std::move(first->first));
    stop_accepting();
    for (const auto& door : shared->room.doors()) {
        const auto connections = door->connections;  // a copy: who is closed leaves the list
        for (Connection* connection : connections)
            if (connection->is_idle()) connection->close();
    }
}

void HttpServer::Implementation::close() {
    shared->closed = true;
    shared->passwords.close();
    stop_accepting();
    for (const auto& door : shared->room.doors())
        while (!door->connections.empty()) door->connections.front()->close();
}

HttpServer::HttpServer(boost::asio::io_context& loop, control::Supervisor& supervisor, logs::Files& files, Limits limits)
    : implementation_(std::make_shared<Implementation>(std::make_shared<Shared>(loop, supervisor, files, limits))) {}

void HttpServer::wind_down() { implementation_->wind_down(); }

HttpServer::~HttpServer() { implementation_->close(); }

void HttpServer::serve(base::Fd listening, const config::Server& server) {
    base::set_nonblocking(listening.get());
    asio::posix::stream_descriptor descriptor(implementation_->shared->loop, listening.get());
    static_cast<void>(listening.release());
    asio::steady_timer pause(implementation_->shared->loop);
    const auto listener = std::make_shared<Implementation::Listener>(Implementation::Listener{
        std::move(descriptor), implementation_->shared->room.add_door(server), std::move(pause)});
    implementation_->listeners.push_back(listener);
    if (implementation_->lets_in) implementation_->let_in(listener);
}

void HttpServer::begin() {
    if (std::exchange(implementation_->lets_in, true)) return;
    for (const auto& listener : implementation_->listeners) implementation_->let_in(listener);
}

std::size_t HttpServer::connections() const {
    std::size_t count = 0;
    for (const auto& door : implementation_->shared->room.doors()) count += door->connections.size();
    return count;
}

}  // namespace web
