#include "supervisord/log/rotation.hpp"

#include <doctest/doctest.h>

#include "supervisord/log/files.hpp"
#include "tests/unit/log/support.hpp"

using logs::Limits;
using logs::Rename;

TEST_CASE("a log is full when the next byte would go to or beyond its limit") {
    CHECK_FALSE(logs::is_full(9, {10, 1}));
    CHECK(logs::is_full(10, {10, 1}));
    CHECK(logs::is_full(11, {10, 0}));
    CHECK_FALSE(logs::is_full(1'000'000, {0, 1}));
    CHECK_FALSE(logs::is_full(1'000'000, {-5, 1}));
}

TEST_CASE("the renames of a rotation begin at the first gap and end with the log") {
    using Renames = std::vector<Rename>;
    CHECK(logs::rotation("f", 3, 1) == Renames{{"f", "f.1"}});
    CHECK(logs::rotation("f", 3, 2) == Renames{{"f.1", "f.2"}, {"f", "f.1"}});
    CHECK(logs::rotation("f", 3, 3) == Renames{{"f.2", "f.3"}, {"f.1", "f.2"}, {"f", "f.1"}});
    CHECK(logs::rotation("f", 3, 4) == Renames{{"f.2", "f.3"}, {"f.1", "f.2"}, {"f", "f.1"}});  // no gap: the oldest goes
    CHECK(logs::rotation("f", 1, 2) == Renames{{"f", "f.1"}});
}

namespace {

struct Rotated {
    test::Directory directory;
    std::string log = directory / "log";
    logs::Files files;

    logs::Opened rotate(const Limits& limits) {
        const auto opened = files.open(log);
        REQUIRE(opened.file);
        return files.rotate(opened.file, log, limits);
    }
    [[nodiscard]] std::string backup(int number) const { return logs::backup_name(log, number); }
};

}  // namespace

TEST_CASE("a rotation keeps as many backups as are allowed and leaves an empty log") {
    Rotated it;
    for (const std::string_view text : {"one", "two", "three", "four"}) {
        test::append(it.log, text);
        CHECK(it.rotate({1, 2}).error == 0);
        CHECK(test::content(it.log).empty());
    }
    CHECK(test::content(it.backup(1)) == "four");
    CHECK(test::content(it.backup(2)) == "three");
    CHECK_FALSE(test::exists(it.backup(3)));
}

TEST_CASE("without backups a full log is emptied in place") {
    Rotated it;
    test::write_file(it.log, "text");
    const auto before = test::inode(it.log);
    const auto rotated = it.rotate({1, 0});
    CHECK(rotated.error == 0);
    CHECK(rotated.file->size == 0);
    CHECK(test::inode(it.log) == before);
    CHECK(test::content(it.log).empty());
}

TEST_CASE("a gap that a death in a rotation left is closed by the next, and no file is lost") {
    Rotated it;
    test::write_file(it.log, "new");
    test::write_file(it.backup(1), "1");
    test::write_file(it.backup(3), "2");
    CHECK(it.rotate({1, 3}).error == 0);
    CHECK(test::content(it.backup(1)) == "new");
    CHECK(test::content(it.backup(2)) == "1");
    CHECK(test::content(it.backup(3)) == "2");
}

TEST_CASE("a log that somebody moved away is not rotated again: its successor is opened") {
    Rotated it;
    const auto opened = it.files.open(it.log);
    test::append(it.log, "old");
    std::filesystem::rename(it.log, it.directory / "moved");
    const auto rotated = it.files.rotate(opened.file, it.log, {1, 5});
    CHECK(rotated.error == 0);
    CHECK(rotated.file != opened.file);
    CHECK(opened.file->stale);
    CHECK_FALSE(test::exists(it.backup(1)));
    CHECK(test::content(it.directory / "moved") == "old");
}

TEST_CASE("the successor of a log has its permissions") {
    Rotated it;
    test::write_file(it.log, "secret");
    REQUIRE(::chmod(it.log.c_str(), 0600) == 0);
    CHECK(it.rotate({1, 1}).error == 0);
    CHECK(test::permissions(it.log) == 0600);
}

TEST_CASE("what the names in /dev and /proc lead to is never moved") {
    test::Directory directory;
    test::write_file(directory / "target", "text");
    const base::Fd target(::open((directory / "target").c_str(), O_RDWR | O_CLOEXEC));
    const std::string name = "/proc/self/fd/" + std::to_string(target.get());
    logs::Files files;
    const auto opened = files.open(name);
    REQUIRE(opened.file);
    CHECK(files.rotate(opened.file, name, {1, 3}).file == opened.file);
    CHECK(files.rotate(opened.file, name, {1, 0}).file == opened.file);
    CHECK(files.clear(name) == EINVAL);
    CHECK(test::content(directory / "target") == "text");
}

TEST_CASE("one file has one open description, whatever it is called") {
    test::Directory directory;
    test::write_file(directory / "a", "");
    std::filesystem::create_hard_link(directory / "a", directory / "b");
    logs::Files files;
    const auto a = files.open(directory / "a");
    const auto b = files.open(directory / "b");
    const auto c = files.open(directory / "c");
    CHECK(a.file == b.file);
    CHECK(a.file != c.file);
    CHECK(files.open(directory.path()).error == EISDIR);
}
