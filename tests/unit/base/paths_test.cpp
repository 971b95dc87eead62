#include <doctest/doctest.h>
#include <unistd.h>

#include "common/base/fd.hpp"

TEST_CASE("the directory of a path is what Python calls its dirname") {
    struct {
        std::string_view path, directory;
    } const cases[] = {
        {"", ""}, {"a", ""}, {"/", "/"}, {"/a", "/"}, {"//a", "/"}, {"a/b", "a"}, {"/a/b", "/a"}, {"/a/b/", "/a/b"}, {"/a//b", "/a"},
    };
    for (const auto& row : cases) {
        CAPTURE(row.path);
        CHECK(base::directory_of(row.path) == row.directory);
    }
}

TEST_CASE("a path becomes absolute and plain as in Python's abspath") {
    struct {
        std::string_view path, absolute;
    } const cases[] = {
        {"", "/srv/app"},          {".", "/srv/app"},       {"x", "/srv/app/x"},   {"./x/./y", "/srv/app/x/y"},
        {"../x", "/srv/x"},        {"../../../x", "/x"},    {"/a/../b", "/b"},     {"/a//b/", "/a/b"},
        {"/", "/"},                {"/..", "/"},            {"a/..", "/srv/app"},  {"/a/b/../../..", "/"},
        {"//a/./b", "//a/b"},      {"//../a", "//a"},       {"///a", "/a"},        {"//", "//"},
    };
    for (const auto& row : cases) {
        CAPTURE(row.path);
        CHECK(base::absolute_path(row.path, "/srv/app") == row.absolute);
    }
    CHECK(base::absolute_path("x", "/") == "/x");
}

TEST_CASE("the current directory is where a relative path leads") {
    const std::string before = base::current_directory();
    REQUIRE(::chdir("/usr") == 0);
    CHECK(base::current_directory() == "/usr");
    REQUIRE(::chdir(before.c_str()) == 0);
}
