#include <doctest/doctest.h>

#include "common/base/base64.hpp"
#include "supervisord/web/auth.hpp"

using web::Verdict;

namespace {

config::Server section(const char* username, const char* password) {
    config::Server server;
    server.username = username;
    server.password = password;
    return server;
}

Verdict basic(const config::Server& server, const std::string& credentials) {
    return web::look_at(server, "Basic " + base::base64(credentials)).verdict;
}

}  // namespace

TEST_CASE("a section without a username lets everybody in") {
    CHECK(web::look_at({}, std::nullopt).verdict == Verdict::welcome);
    CHECK(web::look_at({}, "Basic !!!").verdict == Verdict::welcome);
}

TEST_CASE("clear passwords may have colons, blanks and other letters") {
    for (const char* password : {"secret word", "a:b:c", "päss", ":", "{sha}x"}) {
        CAPTURE(password);
        const config::Server server = section("joe", password);
        CHECK(basic(server, std::string("joe:") + password) == Verdict::welcome);
        CHECK(basic(server, std::string("joe:") + password + "x") == Verdict::unauthorized);
        CHECK(basic(server, std::string("moe:") + password) == Verdict::unauthorized);
        CHECK(basic(server, std::string("joe:") + std::string(password).substr(1)) == Verdict::unauthorized);
        CHECK(basic(server, "joe:") == Verdict::unauthorized);
        CHECK(basic(server, ":") == Verdict::unauthorized);
        CHECK(basic(server, "joe") == Verdict::unauthorized);
    }
}

TEST_CASE("SHA passwords are compared with the digest of what is given") {
    const std::string digest = "{SHA}a9993e364706816aba3e25717850c26c9cd0d89d";  // of "abc", as FIPS 180 has it
    CHECK(basic(section("joe", digest.c_str()), "joe:abc") == Verdict::welcome);
    CHECK(basic(section("joe", digest.c_str()), "joe:abd") == Verdict::unauthorized);
    CHECK(basic(section("joe", digest.c_str()), "joe:" + digest) == Verdict::unauthorized);
    CHECK(basic(section("joe", "{SHA}A9993E364706816ABA3E25717850C26C9CD0D89D"), "joe:abc") == Verdict::unauthorized);
}

TEST_CASE("other schemes are not authorised, broken base64 is malformed") {
    const config::Server server = section("joe", "word");
    CHECK(web::look_at(server, std::nullopt).verdict == Verdict::unauthorized);
    for (const char* text : {"", "Basic", "Digest username=joe", "Bearer am9lOndvcmQ=", "am9lOndvcmQ="}) {
        CAPTURE(text);
        CHECK(web::look_at(server, text).verdict == Verdict::unauthorized);
    }
    CHECK(web::look_at(server, "Basic am9lOndvcmQ").verdict == Verdict::malformed);
    CHECK(web::look_at(server, "Basic !!").verdict == Verdict::malformed);
    CHECK(web::look_at(server, "bAsIc   am9lOndvcmQ= ").verdict == Verdict::welcome);
    CHECK(web::look_at(section("joe", ""), "Basic " + base::base64("joe:")).verdict == Verdict::welcome);
}

TEST_CASE("crypt passwords are for somebody else to check, whatever the name") {
    const config::Server server = section("joe", "{CRYPT}$6$x$y");
    for (const bool right : {true, false}) {
        const auto look = web::look_at(server, "Basic " + base::base64(right ? "joe:word:x" : "moe:word:x"));
        CHECK(look.verdict == Verdict::costly);
        CHECK(look.password == "word:x");
        CHECK(look.right_name == right);
    }
    CHECK(web::look_at(server, std::nullopt).verdict == Verdict::unauthorized);
}
