#include "supervisorctl/server_url.hpp"

#include <cstdint>

#include "common/base/text.hpp"

namespace supervisorctl {

using base::concat;
using base::Error;

namespace {

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
    if (text.starts_with("unix://")) {
        url.socket_path = text.substr(7);
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

std::string escaped_path(std::string_view path) {
    constexpr std::string_view kept = "-._~:/";
    constexpr char digits[] = "0123456789ABCDEF";
    std::string out;
    for (const char c : path) {
        const bool alphanumeric = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (alphanumeric || kept.find(c) != std::string_view::npos) {
            out += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out += '%';
        out += digits[byte >> 4];
        out += digits[byte & 15];
    }
    return out;
}

}  // namespace supervisorctl
