#include "supervisord/web/message.hpp"

#include <charconv>

#include "common/base/text.hpp"

namespace web {

namespace {

constexpr std::string_view server_name = "supervisord";

std::string begin(int status, const Head& request, std::time_t now) {
    return base::concat("HTTP/1.", request.minor, " ", status, " ", reason(status), "\r\nServer: ", server_name,
                        "\r\nDate: ", http_date(now), "\r\n");
}

void append(std::string& out, const Headers& headers) {
    for (const auto& [name, value] : headers) out += base::concat(name, ": ", value, "\r\n");
}

bool has_no_body(int status) { return status == 204 || status == 304; }

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

}  // namespace

std::string_view reason(int status) {
    switch (status) {
        case 200: return "OK";
        case 204: return "No Content";
        case 301: return "Moved Permanently";
        case 303: return "See Other";
        case 304: return "Not Modified";
        case 400: return "Bad Request";
        case 401: return "Unauthorized";
        case 403: return "Forbidden";
        case 404: return "Not Found";
        case 405: return "Method Not Allowed";
        case 411: return "Length Required";
        case 413: return "Payload Too Large";
        case 431: return "Request Header Fields Too Large";
        case 500: return "Internal Server Error";
        case 503: return "Service Unavailable";
        default: return "Unknown";
    }
}

Response error_page(int status, std::string_view why) {
    Response response{status, {{"Content-Type", "text/html"}}, {}};
    response.body = base::concat("<head>\r\n<title>Error response</title>\r\n</head>\r\n<body>\r\n"
                                 "<h1>Error response</h1>\r\n<p>Error code ", status, ".\r\n<p>Message: ", reason(status),
                                 ".\r\n", why.empty() ? "" : "<p>", why, why.empty() ? "" : "\r\n", "</body>\r\n");
    return response;
}

std::string http_date(std::time_t time) {
    std::tm parts{};
    ::gmtime_r(&time, &parts);
    char text[64];
    // Names of days and months in the C locale, which the program never leaves.
    const std::size_t length = std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
    return std::string(text, length);
}

std::optional<std::time_t> read_http_date(const std::string& text) {
    for (const char* form : {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y"}) {
        std::tm parts{};
        const char* end = ::strptime(text.c_str(), form, &parts);
        if (end && *end == '\0') return ::timegm(&parts);
    }
    return std::nullopt;
}

std::string write(const Response& response, const Head& request, After after, std::time_t now) {
    std::string out = begin(response.status, request, now);
    append(out, response.headers);
    if (!has_no_body(response.status)) out += base::concat("Content-Length: ", response.body.size(), "\r\n");
    if (after == After::close) out += "Connection: close\r\n";
    else if (request.minor == 0) out += "Connection: Keep-Alive\r\n";
    out += "\r\n";
    if (!has_no_body(response.status) && request.method != "HEAD") out += response.body;
    return out;
}

std::string write_stream_head(const Headers& headers, const Head& request, std::time_t now) {
    std::string out = begin(200, request, now);
    append(out, headers);
    if (request.minor > 0) out += "Transfer-Encoding: chunked\r\n";
    out += "\r\n";
    return out;
}

std::string write_chunk(std::string_view bytes, const Head& request, std::string_view extension) {
    if (request.minor == 0) return std::string(bytes);
    char digits[16];
    const auto [end, error] = std::to_chars(digits, digits + sizeof digits, bytes.size(), 16);
    return base::concat(std::string_view(digits, static_cast<std::size_t>(end - digits)), extension, "\r\n", bytes, "\r\n");
}

std::string percent_decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const int high = text[i] == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
        const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
        if (low < 0) {
            out += text[i];
            continue;
        }
        out += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return out;
}

}  // namespace web
