#include <doctest/doctest.h>

#include "common/config/server_url.hpp"

using config::parse_server_url;

TEST_CASE("a URL with unix:// names a path") {
    const auto url = parse_server_url("unix:///run/supervisor.sock");
    REQUIRE(url.has_value());
    CHECK(url->is_unix());
    CHECK(url->socket_path == "/run/supervisor.sock");
    CHECK(url->authority() == "localhost");
}

TEST_CASE("a URL with http:// names a host and a port, and nothing else of it matters") {
    struct Case {
        const char *text, *host, *port, *authority;
    };
    for (const Case& c : {Case{"http://localhost:9001", "localhost", "9001", "localhost:9001"},
                          Case{"http://h", "h", "80", "h:80"},
                          Case{"http://h:", "h", "80", "h:80"},
                          Case{"http://u:p@h:9001/x?y#z", "h", "9001", "h:9001"},
                          Case{"http://[::1]:9001/", "::1", "9001", "[::1]:9001"},
                          Case{"http://[::1]", "::1", "80", "[::1]:80"}}) {
        CAPTURE(c.text);
        const auto url = parse_server_url(c.text);
        REQUIRE(url.has_value());
        CHECK(url->host == c.host);
        CHECK(url->port == c.port);
        CHECK(url->authority() == c.authority);
    }
}

TEST_CASE("a URL that leads nowhere is refused with its text") {
    CHECK(parse_server_url("https://localhost").error() == "Unknown protocol for serverurl https://localhost");
    CHECK(parse_server_url("foo").error() == "Unknown protocol for serverurl foo");
    CHECK(parse_server_url("unix://").error() == "no path in serverurl unix://");
    CHECK(parse_server_url("http://").error() == "no host in serverurl http://");
    for (const char* text : {"http://h:x", "http://h:99999", "http://h:-1", "http://[::1]9001", "http://[::1", "http://h:9001 x"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_server_url(text).has_value());
    }
}

TEST_CASE("URLs of servers") {
    for (const char* url : {"http://x", "http://x:9001", "unix:///tmp/x", "unix:/tmp/x"}) CHECK(config::is_server_url(url));
    for (const char* url : {"", "foo", "http://", "://x", ":x"}) CHECK(!config::is_server_url(url));
}
