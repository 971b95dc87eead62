#include <doctest/doctest.h>

#include "supervisord/web/message.hpp"

using web::After;
using web::Head;

namespace {

Head head(const char* method, int minor) {
    Head head;
    head.method = method;
    head.minor = minor;
    return head;
}

constexpr std::time_t moment = 1795333494;
constexpr const char* common = "Server: supervisord\r\nDate: Sun, 22 Nov 2026 07:44:54 GMT\r\n";

}  // namespace

TEST_CASE("answers on the wire") {
    const web::Response plain{200, {{"Content-Type", "text/xml"}}, "body"};
    CHECK(web::write(plain, head("POST", 1), After::keep, moment) ==
          std::string("HTTP/1.1 200 OK\r\n") + common + "Content-Type: text/xml\r\nContent-Length: 4\r\n\r\nbody");
    CHECK(web::write(plain, head("POST", 1), After::close, moment) ==
          std::string("HTTP/1.1 200 OK\r\n") + common + "Content-Type: text/xml\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbody");
    CHECK(web::write(plain, head("POST", 0), After::keep, moment) ==
          std::string("HTTP/1.0 200 OK\r\n") + common + "Content-Type: text/xml\r\nContent-Length: 4\r\nConnection: Keep-Alive\r\n\r\nbody");
    CHECK(web::write(plain, head("HEAD", 1), After::keep, moment) ==
          std::string("HTTP/1.1 200 OK\r\n") + common + "Content-Type: text/xml\r\nContent-Length: 4\r\n\r\n");
    CHECK(web::write(web::Response{204}, head("POST", 1), After::keep, moment) ==
          std::string("HTTP/1.1 204 No Content\r\n") + common + "\r\n");
}

TEST_CASE("errors have the page of Supervisor") {
    CHECK(web::error_page(404).body ==
          "<head>\r\n<title>Error response</title>\r\n</head>\r\n<body>\r\n<h1>Error response</h1>\r\n<p>Error code 404.\r\n"
          "<p>Message: Not Found.\r\n</body>\r\n");
    CHECK(web::error_page(404).headers == web::Headers{{"Content-Type", "text/html"}});
}

TEST_CASE("an error page may say why") {
    CHECK(web::error_page(403, "Because.").body.ends_with("<p>Message: Forbidden.\r\n<p>Because.\r\n</body>\r\n"));
}

TEST_CASE("streams are chunked, but not for HTTP/1.0") {
    CHECK(web::write_stream_head({{"A", "b"}}, head("GET", 1), moment) ==
          std::string("HTTP/1.1 200 OK\r\n") + common + "A: b\r\nTransfer-Encoding: chunked\r\n\r\n");
    CHECK(web::write_stream_head({}, head("GET", 0), moment) == std::string("HTTP/1.0 200 OK\r\n") + common + "\r\n");
    CHECK(web::write_chunk(std::string(26, 'x'), head("GET", 1)) == "1a\r\n" + std::string(26, 'x') + "\r\n");
    CHECK(web::write_chunk("", head("GET", 1)) == "0\r\n\r\n");
    CHECK(web::write_chunk("abc", head("GET", 1), ";a=\"b\"") == "3;a=\"b\"\r\nabc\r\n");
    CHECK(web::write_chunk("abc", head("GET", 0), ";a=\"b\"") == "abc");
    CHECK(web::write_chunk("abc", head("GET", 0)) == "abc");
}

TEST_CASE("dates are read in the three ways that they may be written, and in no other") {
    for (const char* text : {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"}) {
        CAPTURE(text);
        CHECK(web::read_http_date(text) == std::optional<std::time_t>(784111777));
    }
    CHECK(web::read_http_date(web::http_date(784111777)) == std::optional<std::time_t>(784111777));
    for (const char* text : {"", "never", "784111777", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 GMT; length=5",
                             "Sun, 46 Nov 1994 08:49:37 GMT"}) {
        CAPTURE(text);
        CHECK_FALSE(web::read_http_date(text));
    }
}

TEST_CASE("percent signs that encode nothing stay") {
    CHECK(web::percent_decoded("g%3Aa%3a%2") == "g:a:%2");
    CHECK(web::percent_decoded("%zz%") == "%zz%");
    CHECK(web::percent_decoded("%41") == "A");
}
