// HTTP requests and answers as values, and what they look like on the wire.  Pure; knows neither sockets nor Beast.
#pragma once

#include <ctime>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace web {

/// What is known of a request before its body has come.
struct Head {
    std::string method;   // "POST"
    std::string target;   // as sent: "/logtail/web%3A1?x"
    int minor = 1;        // of HTTP/1.x
    bool has_length = false;  // of a body: Content-Length or chunked
    std::optional<std::string> authorization, origin, host;
    std::optional<std::string> fetch_site;  // Sec-Fetch-Site: how browsers see the page that asks, over https or on localhost
    bool is_of_browser = false;             // as far as its headers tell
    bool is_of_our_page = false;            // it brings the cookie that our pages set, and no other site's may send
    bool has_password = false;  // it came with one, and that was right
    bool is_for_all = false;    // to a Unix socket, which no browser reaches, or one that is insecure=true
    std::optional<std::string> if_modified_since;
    std::optional<std::string> log_position;  // that a client had reached in a log (site.hpp)
};

struct Request {
    Head head;
    std::string body;
};

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Response {
    int status = 200;
    Headers headers = {};  // without those that every answer has
    std::string body = {};
};

[[nodiscard]] std::string_view reason(int status);
/// The page that Supervisor answers errors with (compat/rpc.md, section 1.2).
/// why: a sentence more.
[[nodiscard]] Response error_page(int status, std::string_view why = {});
/// "Sun, 22 Nov 2026 07:44:54 GMT"
[[nodiscard]] std::string http_date(std::time_t time);
/// In any of the three ways that it may be written (RFC 7231, section 7.1.1.1).
[[nodiscard]] std::optional<std::time_t> read_http_date(const std::string& text);

/// How the connection goes on after an answer.
enum class After { keep, close };

/// The whole answer.  The body of an answer to HEAD is left out, its length is not.
[[nodiscard]] std::string write(const Response& response, const Head& request, After after, std::time_t now);
/// The beginning of an answer whose length is not known: in chunks, or for HTTP/1.0 until the connection ends.
[[nodiscard]] std::string write_stream_head(const Headers& headers, const Head& request, std::time_t now);
/// A piece of such an answer; the empty one is the last.  extension: `;name="value"`, which HTTP/1.0 has no place for.
[[nodiscard]] std::string write_chunk(std::string_view bytes, const Head& request, std::string_view extension = {});

/// Text of a path with its %xx decoded; broken ones stay as they are.
[[nodiscard]] std::string percent_decoded(std::string_view text);

}  // namespace web
