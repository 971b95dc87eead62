// Where a server is: unix:///path or http://host:port (compat/rpc.md, section 6).  Pure: nothing is looked up.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.hpp"

namespace supervisorctl {

struct ServerUrl {
    std::string text;         // as it was given: messages begin with it
    std::string socket_path;  // empty: TCP
    std::string host;         // without the brackets of an IPv6 address
    std::string port = "80";

    [[nodiscard]] bool is_unix() const { return !socket_path.empty(); }
    /// For the Host header.
    [[nodiscard]] std::string authority() const;
};

/// Credentials, path and query of an http URL are ignored, as Supervisor does.
[[nodiscard]] base::Result<ServerUrl> parse_server_url(std::string_view text);

/// Escapes what may not stand in a path; keeps ":" and "/".
[[nodiscard]] std::string escaped_path(std::string_view path);

}  // namespace supervisorctl
