#include "supervisord/log/follower.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <vector>

#include "supervisord/log/files.hpp"
#include "tests/unit/log/support.hpp"

namespace {

struct Followed {
    test::Directory directory;
    std::string log = directory / "log";
    logs::Files files;
    logs::Follower follower{log};

    void rotate() { CHECK(files.rotate(files.open(log).file, log, {1, 9}).error == 0); }
    logs::Watch watch() {
        return files.watch(log, [this](logs::Watch::Change change, const logs::File* file) {
            if (change == logs::Watch::Change::emptying) follower.emptying(file->dev, file->ino);
            if (change == logs::Watch::Change::emptied) follower.emptied(file->dev, file->ino);
        });
    }
    std::string next() { return follower.read(1 << 20); }
};

}  // namespace

TEST_CASE("following begins with the last 1024 bytes") {
    Followed it;
    test::write_file(it.log, std::string(3000, 'a') + std::string(1000, 'b'));
    REQUIRE(it.follower.open());
    CHECK(it.next() == std::string(24, 'a') + std::string(1000, 'b'));
    CHECK(it.next().empty());
    test::append(it.log, "more");
    CHECK(it.follower.read(3) == "mor");
    CHECK(it.next() == "e");
}

TEST_CASE("a file that is missing, or none, cannot be followed") {
    Followed it;
    CHECK_FALSE(it.follower.open());
    CHECK_FALSE(logs::Follower(it.directory.path()).open());
}

TEST_CASE("rotations lose nothing for a follower, however many lie between two looks") {
    Followed it;
    test::write_file(it.log, "0");
    REQUIRE(it.follower.open());
    CHECK(it.next() == "0");
    test::append(it.log, "1");
    it.rotate();
    test::append(it.log, "2");
    it.rotate();
    test::append(it.log, "3");
    it.rotate();
    test::append(it.log, "4");
    std::string all;
    for (std::string piece = it.next(); !piece.empty(); piece = it.next()) all += piece;
    CHECK(all == "1234");
}

TEST_CASE("who is slower than the rotations goes on with the oldest that is there, and is told") {
    Followed it;
    auto later = [&, time = std::time_t(1'000'000)](const std::string& text) mutable {
        test::append(it.log, text);
        const timespec times[2] = {{++time, 0}, {time, 0}};
        REQUIRE(::utimensat(AT_FDCWD, it.log.c_str(), times, 0) == 0);
    };
    const auto rotate = [&] { CHECK(it.files.rotate(it.files.open(it.log).file, it.log, {1, 2}).error == 0); };
    later("0");
    rotate();
    later("1");
    logs::Follower slow(it.log);
    REQUIRE(slow.open());
    for (const char* text : {"2", "3", "4", "5"}) {
        rotate();
        later(text);
    }
    std::string all;
    for (std::string piece = slow.read(1 << 20); !piece.empty(); piece = slow.read(1 << 20)) all += piece;
    CHECK(all == "1\n==> Rotated faster than it was read: something may be missing here <==\n345");
}

TEST_CASE("a line of ours is told from the log, and does not count in the position") {
    Followed it;
    test::write_file(it.log, "12345");
    REQUIRE(it.follower.open());
    CHECK(it.next() == "12345");
    CHECK_FALSE(it.follower.has_jumped());
    REQUIRE(::truncate(it.log.c_str(), 0) == 0);
    test::append(it.log, "new");
    CHECK(it.next() == "==> File truncated <==\n");
    CHECK(it.follower.has_jumped());
    const auto position = it.follower.position();
    CHECK(position.offset == 0);
    CHECK(it.next() == "new");
    CHECK_FALSE(it.follower.has_jumped());
    logs::Follower another(it.log);
    REQUIRE(another.open_at(position));
    CHECK(another.read(100) == "new");
}

TEST_CASE("the first bytes of another file are told from those of the one before, however late they come") {
    Followed it;
    test::write_file(it.log, "old");
    REQUIRE(it.follower.open());
    CHECK(it.next() == "old");
    it.rotate();
    CHECK(it.next().empty());
    CHECK(it.next().empty());
    test::append(it.log, "new");
    CHECK(it.next() == "new");
    CHECK(it.follower.has_jumped());
    CHECK(it.follower.position().offset == 3);
    test::append(it.log, "more");
    CHECK(it.next() == "more");
    CHECK_FALSE(it.follower.has_jumped());
}

TEST_CASE("a log that is removed while older backups are there is no gap") {
    Followed it;
    test::write_file(it.log, "0");
    it.rotate();
    const timespec past[2] = {{1'000'000, 0}, {1'000'000, 0}};
    REQUIRE(::utimensat(AT_FDCWD, (it.log + ".1").c_str(), past, 0) == 0);
    test::append(it.log, "1");
    REQUIRE(it.follower.open());
    CHECK(it.next() == "1");
    std::filesystem::remove(it.log);
    test::write_file(it.log, "2");
    CHECK(it.next() == "2");
}

TEST_CASE("a log that is emptied is told, and followed from its start") {
    Followed it;
    test::write_file(it.log, "something\n");
    REQUIRE(it.follower.open());
    CHECK(it.next() == "something\n");
    CHECK(it.files.rotate(it.files.open(it.log).file, it.log, {1, 0}).error == 0);
    test::append(it.log, "new\n");
    CHECK(it.next() == "==> File truncated <==\n");
    CHECK(it.next() == "new\n");
}

TEST_CASE("who is told that a log was emptied misses nothing of what comes, however much it is by then") {
    Followed it;
    test::write_file(it.log, "old\n");
    REQUIRE(it.follower.open());
    CHECK(it.next() == "old\n");
    const auto watch = it.watch();
    const auto opened = it.files.open(it.log).file;
    CHECK(it.files.rotate(opened, it.log, {1, 0}).error == 0);
    test::append(it.log, "new, and longer\n");
    CHECK(it.next() == "==> File truncated <==\n");
    CHECK(it.follower.has_jumped());
    CHECK(it.next() == "new, and longer\n");
    it.files.changed(*opened);
    CHECK(it.next().empty());
}

TEST_CASE("what was not read yet of a log that is emptied comes before the line that says so") {
    Followed it;
    test::write_file(it.log, "first\n");
    REQUIRE(it.follower.open());
    CHECK(it.next() == "first\n");
    const auto watch = it.watch();
    const auto opened = it.files.open(it.log).file;
    for (const std::string line : {"second\n", "third\n"}) {
        test::append(it.log, line);
        CHECK(it.files.rotate(opened, it.log, {1, 0}).error == 0);
    }
    test::append(it.log, "last\n");
    CHECK(it.follower.read(10) == "second\n==>");
    CHECK_FALSE(it.follower.has_jumped());
    CHECK(it.next() == " File truncated <==\nthird\n==> File truncated <==\n");
    CHECK(it.follower.has_jumped());
    CHECK(it.follower.position().offset == 0);
    CHECK(it.next() == "last\n");
    CHECK_FALSE(it.follower.has_jumped());
}

TEST_CASE("of what was not read of a log that is emptied a mebibyte is kept, and the gap is told") {
    Followed it;
    test::write_file(it.log, "");
    REQUIRE(it.follower.open());
    const auto watch = it.watch();
    const auto opened = it.files.open(it.log).file;
    for (int i = 0; i < 30; ++i) {
        test::append(it.log, std::string(2 << 20, 'x'));
        CHECK(it.files.rotate(opened, it.log, {1, 0}).error == 0);
    }
    std::string text;
    for (std::string piece = it.next(); !piece.empty(); piece = it.next()) text += piece;
    CHECK(text.find_first_not_of('x') == 1U << 20);
    CHECK(text.find("something may be missing here") != std::string::npos);
    CHECK(text.size() < (1 << 20) + 1000);
}

TEST_CASE("a log that cannot be emptied is followed on") {
    Followed it;
    test::write_file(it.log, "a");
    REQUIRE(it.follower.open());
    CHECK(it.next() == "a");
    test::append(it.log, "b");
    const auto opened = it.files.open(it.log).file;
    it.follower.emptying(opened->dev, opened->ino);  // and then it failed
    test::append(it.log, "c");
    CHECK(it.next() == "b");
    CHECK(it.next() == "c");
}

TEST_CASE("a file that is emptied while an older one is read does not disturb that") {
    Followed it;
    test::write_file(it.log, "old\n");
    REQUIRE(it.follower.open());
    CHECK(it.next() == "old\n");
    it.rotate();
    const auto opened = it.files.open(it.log).file;
    it.follower.emptied(opened->dev, opened->ino);
    test::append(it.log, "new\n");
    CHECK(it.next() == "new\n");
}

TEST_CASE("a log that is cleared is read to its end before the new one") {
    Followed it;
    test::write_file(it.log, "a");
    REQUIRE(it.follower.open());
    CHECK(it.next() == "a");
    test::append(it.log, "b");
    CHECK(it.files.clear(it.log) == 0);
    test::append(it.log, "c");
    CHECK(it.next() == "b");
    CHECK(it.next() == "c");
}

TEST_CASE("a log that is removed may come back") {
    Followed it;
    test::write_file(it.log, "a");
    REQUIRE(it.follower.open());
    CHECK(it.next() == "a");
    std::filesystem::remove(it.log);
    CHECK(it.next().empty());
    test::write_file(it.log, "b");
    CHECK(it.next() == "b");
}

TEST_CASE("who watches a path is told of writes, rotations and clearing, and no longer when the watch ends") {
    Followed it;
    int told = 0;
    {
        const auto watch = it.files.watch(it.log, [&](logs::Watch::Change, const logs::File*) { ++told; });
        const auto opened = it.files.open(it.log);
        it.files.changed(*opened.file);
        CHECK(told == 1);
        it.rotate();
        CHECK(told == 2);
        CHECK(it.files.clear(it.log) == 0);
        CHECK(told == 3);
    }
    CHECK(it.files.clear(it.log) == 0);
    CHECK(told == 3);
}

TEST_CASE("another follower goes on where one was, whatever was rotated since or before") {
    Followed it;
    test::write_file(it.log, std::string(2000, '0'));
    REQUIRE(it.follower.open());
    const auto begin = it.follower.position();
    CHECK(begin.offset == 2000 - logs::follow_from);
    std::int64_t taken = static_cast<std::int64_t>(it.next().size());
    const std::vector<std::string> parts = {"one", "two", "three", "four"};
    for (const auto& part : parts) {
        test::append(it.log, part);
        it.rotate();
    }
    test::append(it.log, "five");
    const std::string all = "onetwothreefourfive";
    for (std::size_t read = 0; read <= all.size(); ++read) {
        CAPTURE(read);
        logs::Follower other(it.log);
        // The client counts, and does not know where one file ends.
        REQUIRE(other.open_at({begin.file, begin.offset + taken + static_cast<std::int64_t>(read)}));
        std::string rest;
        for (std::string piece = other.read(1 << 20); !piece.empty(); piece = other.read(1 << 20)) rest += piece;
        CHECK(rest == all.substr(read));
    }
    logs::Follower beyond(it.log);
    CHECK_FALSE(beyond.open_at({begin.file, begin.offset + taken + static_cast<std::int64_t>(all.size()) + 1}));
    CHECK_FALSE(beyond.open_at({begin.file + 12345, 0}));
    CHECK_FALSE(beyond.open_at({begin.file, -1}));
}

TEST_CASE("a file that got the number of one that is gone is another") {
    Followed it;
    test::write_file(it.log, "before");
    logs::Follower::Position position;
    {
        logs::Follower before(it.log);
        REQUIRE(before.open());
        position = before.position();
    }
    std::filesystem::remove(it.log);
    test::write_file(it.log, "something else");  // where numbers are given again, this has it
    CHECK_FALSE(it.follower.open_at(position));
}
