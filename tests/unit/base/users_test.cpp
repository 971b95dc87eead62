#include "common/base/users.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <optional>

TEST_CASE("a user is found by name and by number") {
    const auto root = base::find_user("root");
    REQUIRE(root.has_value());
    CHECK(root->uid == 0);
    CHECK(root->gid == 0);
    CHECK(root->home == "/root");
    CHECK(base::find_user("0")->name == "root");
    CHECK(base::find_user(" 0 ")->name == "root");
    CHECK(base::find_user(uid_t{0})->name == "root");
}

TEST_CASE("a user who is not there is refused in Supervisor's words") {
    CHECK(base::find_user("nosuch").error() == "Invalid user name nosuch");
    CHECK(base::find_user("98765").error() == "Invalid user id 98765");
    CHECK(base::find_user("-1").error() == "Invalid user id -1");
    CHECK(base::find_user("4294967296").error() == "Invalid user id 4294967296");  // not root, modulo 2^32
    CHECK_FALSE(base::find_user("").has_value());
}

TEST_CASE("a group is found by name and by number, or not") {
    CHECK(*base::find_group("root") == 0);
    CHECK(*base::find_group("0") == 0);
    CHECK_FALSE(base::find_group("nosuch").has_value());
    CHECK_FALSE(base::find_group("98765").has_value());
    CHECK_FALSE(base::find_group("-1").has_value());
    CHECK_FALSE(base::find_group("4294967296").has_value());
}

TEST_CASE("the groups of a user contain the primary one") {
    const auto groups = base::groups_of(*base::find_user("daemon"));
    CHECK(std::ranges::count(groups, base::find_user("daemon")->gid) == 1);
}

TEST_CASE("a tilde means a home as in Python's expanduser") {
    const char* before = std::getenv("HOME");
    const std::optional<std::string> kept = before ? std::optional<std::string>(before) : std::nullopt;
    ::setenv("HOME", "/home/me/", 1);
    CHECK(base::expand_home("~") == "/home/me");
    CHECK(base::expand_home("~/x/y") == "/home/me/x/y");
    CHECK(base::expand_home("~root/x") == "/root/x");
    CHECK(base::expand_home("~nosuch/x") == "~nosuch/x");
    CHECK(base::expand_home("/a/~") == "/a/~");
    CHECK(base::expand_home("") == "");
    ::setenv("HOME", "/", 1);
    CHECK(base::expand_home("~") == "/");
    CHECK(base::expand_home("~/x") == "/x");
    if (kept)
        ::setenv("HOME", kept->c_str(), 1);
    else
        ::unsetenv("HOME");
}
