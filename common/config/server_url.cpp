#include "common/config/server_url.hpp"

#include <algorithm>
#include <cstdint>

#include "common/base/fd.hpp"
#include "common/base/text.hpp"
#include "common/config/kinds.hpp"

namespace config {

using base::concat;
using base::Error;

namespace {

constexpr std::string_view unix_scheme = "unix://";

/// "[::1]:9001", "host:9001", "host"
base::Result<ServerUrl> split_authority(ServerUrl url, std::string_view authority) {
    std::string_view port;
    if (authority.starts_with('[')) {
        const auto close = authority.find(']');
        if (close == std::string_view::npos) return Error{concat("no closing bracket in serverurl ", url.text)};
        url.host = authority.substr(1, close - 1);
        port = authority.substr(close + 1);
    } else {
        const auto colon = authority.find(':');
        url.host = authority.substr(0, colon);
        if (colon != std::string_view::npos) port = authority.substr(colon);
    }
    if (url.host.empty()) return Error{concat("no host in serverurl ", url.text)};
    if (port.empty() || port == ":") return url;
    std::uint16_t number = 0;
    if (port.front() != ':' || !base::parse_digits(port.substr(1), number))
        return Error{concat("no valid port in serverurl ", url.text)};
    url.port = port.substr(1);
    return url;
}

}  // namespace

std::string ServerUrl::authority() const {
    if (is_unix()) return "localhost";
    const bool brackets = host.find(':') != std::string::npos;
    return brackets ? concat('[', host, "]:", port) : concat(host, ':', port);
}

base::Result<ServerUrl> parse_server_url(std::string_view text) {
    ServerUrl url;
    url.text = text;
    if (text.starts_with(unix_scheme)) {
        url.socket_path = text.substr(unix_scheme.size());
        if (url.socket_path.empty()) return Error{concat("no path in serverurl ", text)};
        return url;
    }
    if (!text.starts_with("http://")) return Error{concat("Unknown protocol for serverurl ", text)};
    std::string_view authority = text.substr(7);
    authority = authority.substr(0, authority.find_first_of("/?#"));
    const auto credentials = authority.rfind('@');
    if (credentials != std::string_view::npos) authority.remove_prefix(credentials + 1);
    return split_authority(std::move(url), authority);
}

bool is_server_url(std::string_view text) {
    const auto end = text.find(':');
    if (end == std::string_view::npos || end == 0) return false;
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    const bool scheme = letter(text[0]) && std::ranges::all_of(text.substr(0, end), [&](char c) {
        return letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
    });
    std::string_view rest = text.substr(end + 1);
    if (rest.starts_with("//")) rest.remove_prefix(2);
    const bool something = !rest.empty() && rest.front() != '?' && rest.front() != '#';
    return scheme && something;
}

std::string normalised_server_url(const std::string& url, const Surroundings& machine) {
    if (!url.starts_with(unix_scheme)) return url;
    const std::string path = expand_home(std::string_view(url).substr(unix_scheme.size()), machine);
    return concat(unix_scheme, base::absolute_path(path, machine.cwd));
}

}  // namespace config
