#include "supervisord/log/journal.hpp"

#include <sys/mman.h>

#include "supervisord/log/batch.hpp"
#include "supervisord/log/output.hpp"
#include "tests/unit/log/support.hpp"

namespace {

using logs::Channel;
using logs::Journal;
using logs::Lane;

const logs::Stream stream{"g", "p", Channel::out};

void set_path(Lane& lane, std::string_view path) {
    path.copy(lane.path, sizeof lane.path - 1);
    lane.path[path.size()] = '\0';
}

/// A batch in the middle, as a dead controller leaves it: "0123456789" for a log, some of it written.
struct Interrupted {
    test::Directory directory;
    std::string log = directory / "log";
    logs::Files files;
    Journal journal = std::move(Journal::create().value());

    Lane& leave(std::string_view already_in_log, std::uint64_t known_to_be_written = 0, std::uint32_t flags = 0) {
        const auto opened = files.open(log);
        REQUIRE(opened.file);
        Lane& lane = journal.lane(0);
        Journal::name_lane(lane, journal.claim(stream), Journal::lane_name(stream));
        constexpr std::string_view bytes = "0123456789";
        bytes.copy(lane.bytes, bytes.size());
        lane.pos = Journal::offset_of(0) + 10;
        log.copy(lane.path, log.size());
        lane.flags = flags;
        logs::aim(lane, *opened.file);
        logs::activate(lane);
        test::append(log, already_in_log);
        lane.written = known_to_be_written;
        return lane;
    }

    logs::Recovered recover() {
        auto adopted = Journal::adopt(base::Fd(::fcntl(journal.fd(), F_DUPFD_CLOEXEC, 0)));
        REQUIRE(adopted);
        logs::Files others;
        return adopted->recover(others);
    }
};

}  // namespace

TEST_CASE("the rest of an interrupted batch is written, whatever was in the log already") {
    for (const std::string_view already : {"", "0", "01234", "0123456789"}) {
        Interrupted it;
        test::write_file(it.log, "before ");
        it.leave(already);
        CHECK(it.recover().finished == 1);
        CHECK(test::content(it.log) == "before 0123456789");
        CHECK(it.recover().finished == 0);
        CHECK(test::content(it.log) == "before 0123456789");
    }
}

TEST_CASE("a log that an interrupted batch made full is rotated by the next controller") {
    for (const bool whole_lines : {false, true}) {
        for (const bool ends_with_line : {false, true}) {
            CAPTURE(whole_lines);
            CAPTURE(ends_with_line);
            Interrupted it;
            it.leave("01234").bytes[9] = ends_with_line ? '\n' : '9';
            const std::string all = ends_with_line ? "012345678\n" : "0123456789";
            auto adopted = Journal::adopt(base::Fd(::fcntl(it.journal.fd(), F_DUPFD_CLOEXEC, 0)));
            REQUIRE(adopted);
            logs::Files files;
            CHECK(adopted->recover(files).finished == 1);
            const logs::Target target{.path = it.log, .limits = {10, 3}, .whole_lines = whole_lines};
            { const logs::Output first(*adopted, files, stream, target); }
            const bool rotated = ends_with_line || !whole_lines;
            CHECK(test::content(it.log) == (rotated ? "" : all));
            CHECK(test::content(it.log + ".1") == (rotated ? all : ""));
            { const logs::Output second(*adopted, files, stream, target); }  // as after a reload
            CHECK_FALSE(test::exists(it.log + ".2"));
        }
    }
}

TEST_CASE("a log that somebody cut meanwhile gets what is not known to be written: rather twice than never") {
    Interrupted it;
    test::write_file(it.log, "before ");
    it.leave("01234", 3);
    std::filesystem::resize_file(it.log, 0);
    CHECK(it.recover().finished == 1);
    CHECK(test::content(it.log) == "3456789");
}

TEST_CASE("a log that somebody replaced meanwhile gets what is not known to be in the old one") {
    Interrupted it;
    it.leave("01234", 5);
    std::filesystem::remove(it.log);
    test::write_file(it.log, "other ");
    CHECK(it.recover().finished == 1);
    CHECK(test::content(it.log) == "other 56789");
}

TEST_CASE("bytes that others appended are not taken for ours") {
    for (const auto& [already, known, expected] : {std::tuple{"foreign", 0u, "foreign0123456789"}, std::tuple{"foreign0123456789", 0u, "foreign0123456789"},
                                                   std::tuple{"0123456789foreign", 10u, "0123456789foreign"}}) {
        Interrupted it;
        it.leave(already, known);
        CHECK(it.recover().finished == 1);
        CHECK(test::content(it.log) == expected);
    }
}

TEST_CASE("a batch that had taken nothing is nothing") {
    Interrupted it;
    it.leave("").pos = Journal::offset_of(0);
    const auto recovered = it.recover();
    CHECK(recovered.finished == 0);
    CHECK(test::content(it.log).empty());
}

TEST_CASE("a batch whose hook has perhaps not heard it is handed to the next controller") {
    Interrupted it;
    Lane& lane = it.leave("0123456789", 10, logs::flag::heard);
    logs::StreamState after;
    after.passed = 10;
    logs::commit(lane, after);
    for (int controllers = 0; controllers < 2; ++controllers) {  // the first may die before it has heard it, too
        const auto recovered = it.recover();
        REQUIRE(recovered.unheard.size() == 1);
        CHECK(recovered.unheard[0].stream == stream);
        CHECK(recovered.unheard[0].raw == "0123456789");
        CHECK(recovered.unheard[0].text == "0123456789");
        CHECK(recovered.unheard[0].end == 10);
    }
    auto adopted = Journal::adopt(base::Fd(::fcntl(it.journal.fd(), F_DUPFD_CLOEXEC, 0)));
    REQUIRE(adopted);
    logs::Files others;
    CHECK(adopted->recover(others).unheard.size() == 1);
    adopted->settle_heard();
    CHECK(adopted->state(0).passed == 10);
    CHECK(it.recover().unheard.empty());
    CHECK(test::content(it.log) == "0123456789");
}

TEST_CASE("the state of a stream outlives the controller, and is forgotten when nobody claims it") {
    test::Directory directory;
    Journal journal = std::move(Journal::create().value());
    const auto again = [&] { return std::move(Journal::adopt(base::Fd(::fcntl(journal.fd(), F_DUPFD_CLOEXEC, 0))).value()); };
    const auto row = journal.claim(stream);
    journal.state(row).lost = 7;
    {
        Journal next = again();
        CHECK(next.claim(stream) == row);
        CHECK(next.state(row).lost == 7);
        CHECK(next.claim({"g", "p", Channel::err}) != row);
        CHECK(next.claim({"other", "p", Channel::out}) != row);
        next.forget_unclaimed();
    }
    again().forget_unclaimed();
    Journal last = again();
    CHECK(last.state(last.claim(stream)).lost == 0);
}

TEST_CASE("only as many streams are remembered as there is room for") {
    Journal journal = std::move(Journal::create().value());
    for (std::size_t i = 0; i < logs::row_count; ++i) CHECK(journal.claim({"g", std::to_string(i), Channel::out}) != Journal::no_row);
    CHECK(journal.claim(stream) == Journal::no_row);
    journal.give_up(journal.claim({"g", "77", Channel::out}));
    CHECK(journal.claim(stream) != Journal::no_row);
    CHECK(journal.claim({"g", std::string(1000, 'x'), Channel::out}) == Journal::no_row);
}

TEST_CASE("what is no journal is not adopted") {
    base::Fd empty(::memfd_create("other", MFD_CLOEXEC));
    CHECK_FALSE(Journal::adopt(std::move(empty)));
    base::Fd other(::memfd_create("other", MFD_CLOEXEC));
    REQUIRE(::ftruncate(other.get(), sizeof(logs::JournalMap)) == 0);
    CHECK_FALSE(Journal::adopt(std::move(other)));
    CHECK_FALSE(Journal::adopt(base::Fd()));
}

TEST_CASE("a batch that somebody has written over is none, and the next controller comes to an end with it") {
    Interrupted it;
    Lane& lane = it.leave("012", 3);
    SUBCASE("more than there is room for") { lane.pos += 1 << 30; }
    SUBCASE("less than nothing") { lane.pos = 0; }
    SUBCASE("a name without an end") { std::memset(lane.name, 'x', sizeof lane.name); }
    SUBCASE("a path without an end") { std::memset(lane.path, 'x', sizeof lane.path); }
    SUBCASE("a prefix without an end") { std::memset(lane.prefix, 'x', sizeof lane.prefix); }
    SUBCASE("a place in a sequence that there is not") {
        lane.flags = logs::flag::strip;
        lane.state[0].strip.place = static_cast<logs::StripState::Place>(9);
    }
    SUBCASE("more of a token than it has") { lane.state[0].capture.matched = 200; }
    SUBCASE("neither inside nor outside") { std::memset(&lane.state[0].prefix.inside, 9, 1); }
    const auto recovered = it.recover();
    CHECK(recovered.spoilt == 1);
    CHECK(recovered.finished == 0);
    CHECK(test::content(it.log) == "012");
    CHECK(it.recover().spoilt == 0);
}

TEST_CASE("a lane that is parked, and of no batch, is free") {
    Interrupted it;
    Lane& lane = it.leave("", 0, logs::flag::strip);
    lane.pos = 0;
    SUBCASE("nothing else") { lane.word = logs::word::parked; }
    SUBCASE("and committed") { lane.word = logs::word::parked | logs::word::pending; }
    Journal next = std::move(Journal::adopt(base::Fd(::fcntl(it.journal.fd(), F_DUPFD_CLOEXEC, 0))).value());
    (void)next.recover(it.files);
    CHECK(next.forget_unclaimed() == 0);
    CHECK(next.free_lane() == 0);
    CHECK_FALSE(next.parked_lane(0));
}

TEST_CASE("what a stream remembers that somebody has written over is forgotten, and so is a name without an end") {
    Journal journal = std::move(Journal::create().value());
    const auto row = journal.claim(stream), other = journal.claim({"g", "q", Channel::out});
    journal.state(row).passed = 5;
    journal.state(row).strip.place = static_cast<logs::StripState::Place>(9);
    journal.state(other).passed = 7;
    const std::string name(logs::name_limit, 'x');
    REQUIRE(::pwrite(journal.fd(), name.data(), name.size(), offsetof(logs::JournalMap, row[2])) == static_cast<ssize_t>(name.size()));
    const std::uint32_t used = 3;
    REQUIRE(::pwrite(journal.fd(), &used, sizeof used, offsetof(logs::JournalMap, rows_used)) == sizeof used);
    Journal next = std::move(Journal::adopt(base::Fd(::fcntl(journal.fd(), F_DUPFD_CLOEXEC, 0))).value());
    CHECK(next.claim(stream) == row);
    CHECK(next.state(row).strip.place == logs::StripState::Place::text);
    CHECK(next.state(row).passed == 0);
    CHECK(next.state(next.claim({"g", "q", Channel::out})).passed == 7);
    CHECK(next.claim({"g", "r", Channel::out}) == 2);
}

TEST_CASE("of a parked batch no more is written than there is") {
    Interrupted it;
    it.leave("", std::uint64_t{1} << 40).base = std::uint64_t{1} << 50;
    set_path(it.journal.lane(0), "/nowhere/log");
    logs::park(it.journal.lane(0));
    Journal next = std::move(Journal::adopt(base::Fd(::fcntl(it.journal.fd(), F_DUPFD_CLOEXEC, 0))).value());
    CHECK(next.recover(it.files).parked == 1);
    SUBCASE("which nobody claims") { CHECK(next.forget_unclaimed() == 0); }
    SUBCASE("which goes on") {
        logs::Output output(next, it.files, stream, {.path = it.log});
        CHECK(output.finish(base::now()).state == logs::Pumped::State::more);
        CHECK(test::content(it.log) == "");
    }
}

TEST_CASE("of so many batches that cannot be written the last is given up: a lane is free for the others") {
    Interrupted it;
    for (unsigned number = 0; number < logs::lane_count; ++number) {
        const logs::Stream one{"g", base::concat("p", number), Channel::out};
        Lane& lane = it.journal.lane(number);
        REQUIRE(it.journal.secure(number, true));
        Journal::name_lane(lane, it.journal.claim(one), Journal::lane_name(one));
        lane.bytes[0] = 'x';
        lane.pos = Journal::offset_of(number) + 1;
        set_path(lane, "/nowhere/log");
        logs::activate(lane);
        if (number > 0) logs::park(lane);
    }
    Journal next = std::move(Journal::adopt(base::Fd(::fcntl(it.journal.fd(), F_DUPFD_CLOEXEC, 0))).value());
    const auto recovered = next.recover(it.files);
    CHECK(recovered.parked == logs::lane_count - 1);
    CHECK(next.free_lane() == 0);
    CHECK(next.state(next.claim({"g", "p0", Channel::out})).lost == 1);
}
