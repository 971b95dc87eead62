#include "supervisord/log/tail.hpp"

#include <sys/stat.h>

#include <limits>

#include "tests/unit/log/support.hpp"

namespace {

using logs::CannotRead;
using logs::Tail;

struct Eleven {
    test::Directory directory;
    std::string log = directory / "log";
    Eleven() { test::write_file(log, "0123456789\n"); }
};

std::string read(const std::string& path, std::int64_t offset, std::int64_t length) {
    const auto piece = logs::read_log(path, offset, length);
    REQUIRE(std::holds_alternative<std::string>(piece));
    return std::get<std::string>(piece);
}

CannotRead::Why why_not(const std::string& path, std::int64_t offset, std::int64_t length) {
    const auto piece = logs::read_log(path, offset, length);
    REQUIRE(std::holds_alternative<CannotRead>(piece));
    return std::get<CannotRead>(piece).why;
}

constexpr std::int64_t huge = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t tiny = std::numeric_limits<std::int64_t>::min();

}  // namespace

TEST_CASE("readLog answers as compat/rpc.md, section 4.6, says") {
    Eleven it;
    CHECK(read(it.log, 0, 0) == "0123456789\n");
    CHECK(read(it.log, -4, 0) == "789\n");
    CHECK(read(it.log, -400, 0) == "0123456789\n");
    CHECK(read(it.log, tiny, 0) == "0123456789\n");
    CHECK(read(it.log, 8, 0) == "89\n");
    CHECK(read(it.log, 2, 3) == "234");
    CHECK(read(it.log, 9, 30) == "9\n");
    CHECK(read(it.log, 9, huge) == "9\n");
    CHECK(read(it.log, 11, 5) == "");
    CHECK(read(it.log, 4000, 0) == "");
    CHECK(read(it.log, huge, huge) == "");
    CHECK(why_not(it.log, -1, 1) == CannotRead::Why::bad_arguments);
    CHECK(why_not(it.log, -1, -1) == CannotRead::Why::bad_arguments);
    CHECK(why_not(it.log, 0, -1) == CannotRead::Why::bad_arguments);
}

TEST_CASE("readLog names the file that is missing, and fails on what is no regular file") {
    Eleven it;
    const auto missing = logs::read_log(it.directory / "none", 0, 0);
    REQUIRE(std::holds_alternative<CannotRead>(missing));
    CHECK(std::get<CannotRead>(missing).why == CannotRead::Why::no_file);
    CHECK(std::get<CannotRead>(missing).detail == it.directory / "none");
    CHECK(why_not(it.directory / "none", -1, 1) == CannotRead::Why::no_file);
    const auto directory = logs::read_log(it.directory.path(), 0, 0);
    REQUIRE(std::holds_alternative<CannotRead>(directory));
    CHECK(std::get<CannotRead>(directory).why == CannotRead::Why::failed);
    CHECK(std::get<CannotRead>(directory).detail.empty());  // the original does not say what is wrong
    REQUIRE(::mkfifo((it.directory / "fifo").c_str(), 0600) == 0);
    CHECK(why_not(it.directory / "fifo", 0, 0) == CannotRead::Why::failed);
}

TEST_CASE("/dev/null is a log in which nothing is") {
    for (const std::int64_t offset : {0, -5}) CHECK(read("/dev/null", offset, 0).empty());
    CHECK(read("/dev/null", 0, 100).empty());
    CHECK(logs::tail_log("/dev/null", 0, 100) == Tail{"", 0, false});
}

TEST_CASE("readLog refuses to make an answer of more than its limit") {
    test::Directory directory;
    test::write_file(directory / "log", "");
    REQUIRE(::truncate((directory / "log").c_str(), logs::piece_limit + 1) == 0);
    CHECK(why_not(directory / "log", 0, 0) == CannotRead::Why::failed);
    CHECK(read(directory / "log", 0, 3).size() == 3);
    CHECK(logs::tail_log(directory / "log", 0, huge).bytes.size() == logs::piece_limit);
}

TEST_CASE("tailProcessLog answers as Supervisor does, offset ignored and all (Q68)") {
    Eleven it;
    CHECK(logs::tail_log(it.log, 0, 0) == Tail{"", 11, true});
    CHECK(logs::tail_log(it.log, 0, 4) == Tail{"789\n", 11, true});
    CHECK(logs::tail_log(it.log, 5, 3) == Tail{"89\n", 11, true});
    CHECK(logs::tail_log(it.log, 3, 8) == Tail{"3456789\n", 11, false});
    CHECK(logs::tail_log(it.log, 3, 20) == Tail{"0123456789\n", 11, false});
    CHECK(logs::tail_log(it.log, 5, 8) == Tail{"3456789\n", 11, false});
    CHECK(logs::tail_log(it.log, 10, 2) == Tail{"9\n", 11, false});
    CHECK(logs::tail_log(it.log, 11, 5) == Tail{"", 11, false});
    CHECK(logs::tail_log(it.log, 20, 5) == Tail{"", 11, false});
    CHECK(logs::tail_log(it.log, huge, huge) == Tail{"", 11, false});
    CHECK(logs::tail_log(it.log, 0, -3) == Tail{"", 11, true});
    CHECK(logs::tail_log(it.log, 0, huge) == Tail{"0123456789\n", 11, false});
    CHECK(logs::tail_log(it.directory / "none", 0, 5) == Tail{"", 0, false});
}
