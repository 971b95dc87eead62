// Where a server is: unix:///path or http://host:port (compat/rpc.md, section 6).  Nothing is looked up, nothing connected.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "common/config/surroundings.hpp"

namespace config {

struct ServerUrl {
    std::string text;         // as it was given: messages begin with it
    std::string socket_path;  // empty: TCP
    std::string host;         // without the brackets of an IPv6 address
    std::string port = "80";

    [[nodiscard]] bool is_unix() const { return !socket_path.empty(); }
    /// For the Host header.
    [[nodiscard]] std::string authority() const;
};

inline constexpr std::string_view allowed_server_urls = "unix:///PATH of a socket, or http://HOST:PORT";

/// Credentials, path and query of an http URL are ignored, as Supervisor does.
[[nodiscard]] base::Result<ServerUrl> parse_server_url(std::string_view text);

/// A scheme plus a host or a path, as -s and SUPERVISOR_SERVER_URL need it.
[[nodiscard]] bool is_server_url(std::string_view text);
/// "unix://~/x/../y" becomes "unix:///home/me/y"; others stay as they are.
[[nodiscard]] std::string normalised_server_url(const std::string& url, const Surroundings& surroundings);

}  // namespace config
