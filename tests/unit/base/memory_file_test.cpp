#include "common/base/memory_file.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

TEST_CASE("a file in memory is empty, has no name; sealed, it stays as it is") {
    const base::Fd file = base::make_memory_file("x");
    REQUIRE(file);
    struct stat facts{};
    REQUIRE(::fstat(file.get(), &facts) == 0);
    CHECK(facts.st_size == 0);
    CHECK(facts.st_nlink == 0);
    REQUIRE(base::write_all(file.get(), "abc"));
    REQUIRE(base::seal_memory_file(file.get()));
    CHECK(::pwrite(file.get(), "d", 1, 0) == -1);
    CHECK(::ftruncate(file.get(), 0) == -1);
    char text[4] = {};
    CHECK(::pread(file.get(), text, sizeof text, 0) == 3);
    CHECK(std::string_view(text) == "abc");
}
