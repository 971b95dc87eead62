#include "supervisord/web/safety.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>

#include <cstring>
#include <memory>

#include "common/base/text.hpp"
#include "supervisord/web/passwords.hpp"

namespace web {

namespace {

bool is_loopback(const sockaddr& address) {
    if (address.sa_family == AF_INET) {
        sockaddr_in in{};
        std::memcpy(&in, &address, sizeof in);
        return ntohl(in.sin_addr.s_addr) >> 24 == 127;
    }
    sockaddr_in6 in{};
    std::memcpy(&in, &address, sizeof in);
    if (IN6_IS_ADDR_V4MAPPED(&in.sin6_addr)) return in.sin6_addr.s6_addr[12] == 127;
    return IN6_IS_ADDR_LOOPBACK(&in.sin6_addr);
}

/// A name without an address is somebody else's error.
bool is_on_loopback_only(const std::string& host) {
    if (host.empty()) return false;
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (::getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) return true;
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(found, &::freeaddrinfo);
    for (const addrinfo* one = found; one; one = one->ai_next)
        if (!is_loopback(*one->ai_addr)) return false;
    return true;
}

}  // namespace

std::optional<Danger> find_danger(const config::Server& server) {
    if (server.password && is_crypt(*server.password) && !can_be_checked(*server.password))
        return Danger{"password", "behind {CRYPT} stands no hash that crypt(3) of this machine knows; `openssl passwd -6` or "
                                  "`mkpasswd` makes one"};
    const bool is_open = server.family == config::Server::Family::inet && !server.username && !server.insecure;
    if (!is_open || is_on_loopback_only(server.host)) return std::nullopt;
    return Danger{"port", base::concat(server.host.empty() ? "all addresses of this machine" : server.host,
                                       " can be reached from others, and whoever does could run any command; it has to be an "
                                       "address like 127.0.0.1, or have username and password, or, if that is what is wanted, "
                                       "insecure=true")};
}

}  // namespace web
