#include "supervisord/takeover.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>

#include "common/base/clock.hpp"
#include "common/base/fd.hpp"
#include "common/base/text.hpp"
#include "supervisord/keeper/takeover.hpp"

namespace launch {

using base::concat;

namespace {

constexpr std::chrono::seconds patience{5};
constexpr std::string_view unix = "unix:", inet = "inet:";  // held_name()
constexpr std::string_view question = "GET / HTTP/1.0\r\n\r\n";  // any answer will do, a refusal too

bool wait(int fd, short events, base::Time until) {
    pollfd ready{.fd = fd, .events = events, .revents = 0};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - base::now()).count();
    return left > 0 && ::poll(&ready, 1, static_cast<int>(left)) == 1;
}

/// As a client of this machine would.  A server is named as held_name() does it; one that listens on all addresses is asked
/// at the loopback.
base::Fd connect_to(std::string_view server) {
    sockaddr_storage storage{};
    socklen_t size = sizeof(sockaddr_un);
    if (server.starts_with(unix)) {
        auto& address = reinterpret_cast<sockaddr_un&>(storage);
        address.sun_family = AF_UNIX;
        if (server.size() - unix.size() >= sizeof address.sun_path) return {};
        std::memcpy(address.sun_path, server.data() + unix.size(), server.size() - unix.size());
    } else {
        auto& address = reinterpret_cast<sockaddr_in&>(storage);
        size = sizeof address;
        address.sin_family = AF_INET;
        const std::size_t colon = server.rfind(':');
        std::uint16_t port = 0;
        if (!base::parse_digits(server.substr(colon + 1), port)) return {};
        address.sin_port = htons(port);
        const std::string host(server.substr(inet.size(), colon - inet.size()));
        if (::inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1 || address.sin_addr.s_addr == INADDR_ANY)
            address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    }
    base::Fd fd(::socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd || (::connect(fd.get(), reinterpret_cast<sockaddr*>(&storage), size) != 0 && errno != EINPROGRESS)) return {};
    return fd;
}

bool answers(std::string_view server) {
    const base::Time until = base::now() + patience;
    const base::Fd fd = connect_to(server);
    if (!fd || !wait(fd.get(), POLLOUT, until)) return false;
    char byte = 0;
    return ::send(fd.get(), question.data(), question.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(question.size()) &&
           wait(fd.get(), POLLIN, until) && ::recv(fd.get(), &byte, 1, 0) == 1;
}

std::string joined(const std::vector<pid_t>& pids) {
    std::string text;
    for (const pid_t pid : pids) text += concat(text.empty() ? "" : ", ", pid);
    return text;
}

}  // namespace

base::Result<std::vector<std::string>> held_by_other(const std::string& directory) {
    auto incumbent = keeper::find_incumbent(directory);
    if (incumbent.is_of_this_version) return std::move(incumbent.holds);
    return base::Error{concat("--takeover: process ", incumbent.keeper, " is a supervisord of another version, whose programs this one "
                              "cannot take over.  Use its own version, or `supervisorctl shutdown` to end it")};
}

base::Result<std::vector<Message>> take_over(const std::string& directory) {
    const auto incumbent = keeper::find_incumbent(directory);
    for (const auto& server : incumbent.holds)
        if (!incumbent.stands_still && (server.starts_with(unix) || server.starts_with(inet)) && answers(server))
            return base::Error{concat("--takeover is for a supervisord that does not answer, and one answers at ", server,
                                      ".  Use `supervisorctl shutdown` to end it, or `supervisorctl upgrade` for a new version")};
    const auto ended = keeper::end_owners(directory);
    if (!ended) return base::Error{concat("--takeover: ", ended.error())};
    if (ended->empty()) return std::vector<Message>();
    return std::vector<Message>{{config::LogLevel::warn, concat("--takeover: a supervisord that did not answer was ended (processes ",
                                                                joined(*ended), "), its programs go on")}};
}

}  // namespace launch
