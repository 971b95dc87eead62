#include "supervisord/log/output.hpp"

#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <iterator>
#include <map>
#include <random>
#include <thread>
#include <vector>

#include "tests/unit/log/support.hpp"

namespace {

using logs::Channel;
using logs::Output;
using logs::Pumped;
using State = Pumped::State;
using namespace std::chrono_literals;

struct Pumping {
    test::Directory directory;
    std::string log = directory / "out.log";
    logs::Files files;
    logs::Journal journal = std::move(logs::Journal::create().value());
    base::Pipe pipe = test::make_pipe();
    base::Time now{};

    void child_writes(std::string_view text) { REQUIRE(base::write_all(pipe.write.get(), text)); }

    /// Until nothing is there; what the last call answered.
    Pumped pump_all(Output& output) {
        for (;;) {
            const Pumped pumped = output.pump(pipe.read.get(), now);
            if (pumped.state != State::more) return pumped;
        }
    }
};

logs::Stream out_of(std::string process = "p") { return {"group", std::move(process), Channel::out}; }

}  // namespace

TEST_CASE("what a child writes is appended to its log, byte for byte") {
    Pumping it;
    test::write_file(it.log, "before\n");
    Output output(it.journal, it.files, out_of(), {.path = it.log});
    REQUIRE(output.open() == 0);
    const std::string bytes("a\0b\xff\n\x1b[1mno line end", 18);
    it.child_writes(bytes);
    const Pumped pumped = output.pump(it.pipe.read.get(), it.now);
    CHECK(pumped.state == State::more);
    CHECK(pumped.bytes == bytes.size());
    CHECK(output.pump(it.pipe.read.get(), it.now).state == State::empty);
    it.pipe.write.reset();
    CHECK(output.pump(it.pipe.read.get(), it.now).state == State::end_of_file);
    CHECK(test::content(it.log) == "before\n" + bytes);
}

TEST_CASE("a log that cannot be opened is an error of the spawn") {
    Pumping it;
    CHECK(Output(it.journal, it.files, out_of(), {.path = it.directory.path()}).open() == EISDIR);
    CHECK(Output(it.journal, it.files, out_of(), {.path = it.directory / "none/x"}).open() == ENOENT);
}

TEST_CASE("without a log the output is taken and goes nowhere") {
    Pumping it;
    Output output(it.journal, it.files, out_of(), {});
    REQUIRE(output.open() == 0);
    for (int i = 0; i < 100; ++i) {
        it.child_writes(std::string(60000, 'x'));
        CHECK(output.pump(it.pipe.read.get(), it.now).bytes == 60000);
    }
    CHECK(std::filesystem::is_empty(it.directory.path()));
}

TEST_CASE("a full log is rotated after the batch that filled it") {
    Pumping it;
    Output output(it.journal, it.files, out_of(), {.path = it.log, .limits = {100, 2}});
    REQUIRE(output.open() == 0);
    const auto write = [&](char c, std::size_t count) {
        it.child_writes(std::string(count, c));
        CHECK(it.pump_all(output).state == State::empty);
    };
    write('a', 99);
    CHECK(test::content(it.log).size() == 99);
    write('b', 1);
    CHECK(test::content(it.log).empty());
    CHECK(test::content(it.log + ".1") == std::string(99, 'a') + "b");
    write('c', 250);  // one batch, one file
    write('d', 100);
    CHECK(test::content(it.log + ".1") == std::string(100, 'd'));
    CHECK(test::content(it.log + ".2") == std::string(250, 'c'));
    CHECK_FALSE(test::exists(it.log + ".3"));
}

TEST_CASE("a limit without backups empties the log") {
    Pumping it;
    Output output(it.journal, it.files, out_of(), {.path = it.log, .limits = {10, 0}});
    REQUIRE(output.open() == 0);
    it.child_writes("0123456789");
    CHECK(it.pump_all(output).state == State::empty);
    it.child_writes("abc");
    CHECK(it.pump_all(output).state == State::empty);
    CHECK(test::content(it.log) == "abc");
    CHECK_FALSE(test::exists(it.log + ".1"));
}

TEST_CASE("with whole lines a log ends with the last line of the batch that filled it") {
    struct Case {
        std::vector<std::string> batches;
        std::vector<std::string> files;  // the oldest first
    };
    const std::string unfinished(20, 'y');
    for (const Case& it_is : {Case{{"0123456\nab", "c\n"}, {"0123456\nabc\n", ""}},      // the lines do not fill it yet
                              Case{{"01234567\n9\nab", "c\n"}, {"01234567\n9\n", "abc\n"}},
                              Case{{"0123456789\n", "x"}, {"0123456789\n", "x"}},
                              Case{{unfinished, unfinished, "z\n", "x"}, {unfinished + unfinished + "z\n", "x"}},
                              Case{{"a\nb\n" + unfinished + "\nrest", "\n"}, {"a\nb\n" + unfinished + "\n", "rest\n"}}}) {
        Pumping it;
        Output output(it.journal, it.files, out_of(), {.path = it.log, .limits = {10, 9}, .whole_lines = true});
        REQUIRE(output.open() == 0);
        for (const auto& batch : it_is.batches) {
            it.child_writes(batch);
            CHECK(it.pump_all(output).state == State::empty);
        }
        CHECK(test::content(it.log + ".1") == it_is.files[0]);
        CHECK(test::content(it.log) == it_is.files[1]);
        CHECK_FALSE(test::exists(it.log + ".2"));
    }
}

TEST_CASE("whole lines of any length in pieces of any size, rotated, are what was written") {
    std::mt19937 random(7);
    for (int round = 0; round < 30; ++round) {
        Pumping it;
        Output output(it.journal, it.files, out_of(), {.path = it.log, .limits = {2000, 100'000}, .whole_lines = true});
        REQUIRE(output.open() == 0);
        std::string all;
        for (int line = 0; line < 200; ++line) all += std::to_string(line) + std::string(random() % (round * 20 + 1), 'x') + "\n";
        for (std::size_t at = 0; at < all.size();) {
            const std::size_t size = std::min<std::size_t>(all.size() - at, random() % 900 + 1);
            it.child_writes(std::string_view(all).substr(at, size));
            CHECK(it.pump_all(output).state == State::empty);
            at += size;
        }
        std::string found;
        int backups = 0;
        while (test::exists(it.log + "." + std::to_string(backups + 1))) ++backups;
        for (int number = backups; number > 0; --number) {
            const std::string backup = test::content(it.log + "." + std::to_string(number));
            CHECK(backup.ends_with('\n'));
            CHECK(backup.size() >= 2000);
            found += backup;
        }
        CHECK(found + test::content(it.log) == all);
    }
}

TEST_CASE("a line that is longer than the limit is cut rather than kept in a log without end") {
    Pumping it;
    Output output(it.journal, it.files, out_of(), {.path = it.log, .limits = {1000, 9}, .whole_lines = true});
    REQUIRE(output.open() == 0);
    const std::string piece(50'000, 'x');
    for (int i = 0; i < 6; ++i) {
        it.child_writes(piece);
        CHECK(it.pump_all(output).state == State::empty);
    }
    CHECK(test::content(it.log + ".1").size() == 300'000);
    CHECK(test::content(it.log).empty());
}

TEST_CASE("with whole lines a rotation that is refused loses nothing") {
    Pumping it;
    Output output(it.journal, it.files, out_of(), {.path = it.log, .limits = {5, 1}, .whole_lines = true});
    std::filesystem::create_directory(it.log + ".1");
    REQUIRE(output.open() == 0);
    it.child_writes("one two\nthr");
    CHECK(output.pump(it.pipe.read.get(), it.now).report == "cannot rotate " + it.log + ": Is a directory");
    it.child_writes("ee\n");
    CHECK(it.pump_all(output).state == State::empty);
    CHECK(test::content(it.log) == "one two\nthree\n");
}

TEST_CASE("a rotation that is refused loses nothing, and is reported once a minute") {
    Pumping it;
    Output output(it.journal, it.files, out_of(), {.path = it.log, .limits = {5, 1}});
    std::filesystem::create_directory(it.log + ".1");  // a file cannot take its name
    REQUIRE(output.open() == 0);
    it.child_writes("one two");
    CHECK(output.pump(it.pipe.read.get(), it.now).report == "cannot rotate " + it.log + ": Is a directory");
    it.child_writes("three");
    CHECK(output.pump(it.pipe.read.get(), it.now).report.empty());
    CHECK(test::content(it.log) == "one twothree");
    it.now += 61s;
    it.child_writes("four");
    CHECK_FALSE(output.pump(it.pipe.read.get(), it.now).report.empty());
}

TEST_CASE("sequences are stripped across batches, and an ESC at the end comes out") {
    Pumping it;
    Output output(it.journal, it.files, out_of(), {.path = it.log, .strip_ansi = true});
    REQUIRE(output.open() == 0);
    for (const std::string_view piece : {"a\x1b", "[3", "1mred\x1b[0", "m b\x1b"}) {
        it.child_writes(piece);
        CHECK(it.pump_all(output).state == State::empty);
    }
    CHECK(test::content(it.log) == "ared b");
    it.pipe.write.reset();
    CHECK(it.pump_all(output).state == State::end_of_file);
    CHECK(test::content(it.log) == "ared b\x1b");
}

TEST_CASE("half a sequence of one child does not touch the output of the next") {
    Pumping it;
    Output output(it.journal, it.files, out_of(), {.path = it.log, .strip_ansi = true});
    REQUIRE(output.open() == 0);
    it.child_writes("one\x1b[3");
    CHECK(it.pump_all(output).state == State::empty);
    REQUIRE(output.open() == 0);
    it.child_writes("1mtwo");
    CHECK(it.pump_all(output).state == State::empty);
    CHECK(test::content(it.log) == "one1mtwo");
}

TEST_CASE("what stands between capture tokens goes to the hook and not to the log, whatever the batches") {
    Pumping it;
    Output output(it.journal, it.files, out_of(), {.path = it.log, .strip_ansi = true, .capture = true});
    std::string captured;
    std::uint64_t end = 0, sent = 0;
    output.set_hook([&](const logs::Text& text) {
        for (const auto& piece : text.pieces)
            captured += piece.what == logs::Piece::What::complete ? "|" : piece.what == logs::Piece::What::captured ? piece.bytes : "";
        end = text.end;
    });
    REQUIRE(output.open() == 0);
    for (const std::string_view piece : {"pre<!--XSUPER", "VISOR:BEGIN-->o\x1b[1mn", "e<!--XSUPERVISOR:EN", "D--", ">post<!--XS"}) {
        it.child_writes(piece);
        sent += piece.size();
        CHECK(it.pump_all(output).state == State::empty);
        CHECK(end == sent);
    }
    CHECK(captured == "one|");
    CHECK(test::content(it.log) == "prepost");
    it.pipe.write.reset();
    CHECK(it.pump_all(output).state == State::end_of_file);
    CHECK(test::content(it.log) == "prepost<!--XS");
}

TEST_CASE("a capture that one child did not end is none of the next one's") {
    Pumping it;
    Output output(it.journal, it.files, out_of(), {.path = it.log, .capture = true});
    REQUIRE(output.open() == 0);
    it.child_writes("<!--XSUPERVISOR:BEGIN-->lost");
    CHECK(it.pump_all(output).state == State::empty);
    REQUIRE(output.open() == 0);
    it.child_writes("two");
    CHECK(it.pump_all(output).state == State::empty);
    CHECK(test::content(it.log) == "two");
}

TEST_CASE("two outputs on one file see each other's rotations") {
    Pumping it;
    Output one(it.journal, it.files, out_of("one"), {.path = it.log, .limits = {10, 5}});
    Output two(it.journal, it.files, out_of("two"), {.path = it.log, .limits = {10, 5}});
    REQUIRE(one.open() == 0);
    REQUIRE(two.open() == 0);
    it.child_writes("11111");
    CHECK(it.pump_all(one).state == State::empty);
    it.child_writes("22222");
    CHECK(it.pump_all(two).state == State::empty);
    it.child_writes("more");
    CHECK(it.pump_all(one).state == State::empty);
    CHECK(test::content(it.log + ".1") == "1111122222");
    CHECK(test::content(it.log) == "more");
}

TEST_CASE("after a rename the old file is written to until the log is reopened") {
    Pumping it;
    Output output(it.journal, it.files, out_of(), {.path = it.log});
    CHECK(output.reopen());  // not open: nothing to do
    CHECK_FALSE(test::exists(it.log));
    REQUIRE(output.open() == 0);
    std::filesystem::rename(it.log, it.log + ".moved");
    it.child_writes("one");
    CHECK(it.pump_all(output).state == State::empty);
    CHECK(output.reopen());
    it.child_writes("two");
    CHECK(it.pump_all(output).state == State::empty);
    CHECK(test::content(it.log + ".moved") == "one");
    CHECK(test::content(it.log) == "two");
}

TEST_CASE("clear removes the log and begins a new one with its permissions, whether it is open or not") {
    Pumping it;
    Output output(it.journal, it.files, out_of(), {.path = it.log});
    test::write_file(it.log, "old");
    REQUIRE(::chmod(it.log.c_str(), 0600) == 0);
    CHECK(output.clear());
    CHECK(test::content(it.log).empty());
    REQUIRE(output.open() == 0);
    it.child_writes("one");
    CHECK(it.pump_all(output).state == State::empty);
    CHECK(output.clear());
    it.child_writes("two");
    CHECK(it.pump_all(output).state == State::empty);
    CHECK(test::content(it.log) == "two");
    CHECK(test::permissions(it.log) == 0600);
}

TEST_CASE("clear makes no log of a program that has none yet") {
    Pumping it;
    Output output(it.journal, it.files, out_of(), {.path = it.log});
    CHECK(output.clear());
    CHECK_FALSE(test::exists(it.log));
}

TEST_CASE("what is no regular file is neither cleared nor rotated (Q51, Q52)") {
    Pumping it;
    REQUIRE(::mkfifo(it.log.c_str(), 0600) == 0);
    Output output(it.journal, it.files, out_of(), {.path = it.log, .limits = {10, 3}});
    REQUIRE(output.open() == 0);  // without a reader
    const base::Fd reader(::open(it.log.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    it.child_writes("more than ten bytes");
    const Pumped pumped = output.pump(it.pipe.read.get(), it.now);
    CHECK(pumped.state == State::more);
    CHECK(pumped.report.empty());
    char buffer[100];
    CHECK(::read(reader.get(), buffer, sizeof buffer) == 19);
    const auto cleared = output.clear();
    REQUIRE_FALSE(cleared);
    CHECK(cleared.error() == "cannot clear " + it.log + ": not a regular file");
    CHECK(std::filesystem::is_fifo(it.log));
}

TEST_CASE("a reader that is slow slows the child, and loses nothing") {
    Pumping it;
    REQUIRE(::mkfifo(it.log.c_str(), 0600) == 0);
    const base::Fd reader(::open(it.log.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    Output output(it.journal, it.files, out_of(), {.path = it.log});
    REQUIRE(output.open() == 0);
    base::set_nonblocking(it.pipe.write.get());
    std::string written, read;
    std::string buffer(3000, '\0');
    bool waited = false;
    for (int turn = 0; read.size() < 1'000'000; ++turn) {
        const std::string piece(5000, static_cast<char>('a' + turn % 26));
        if (const ssize_t count = ::write(it.pipe.write.get(), piece.data(), piece.size()); count > 0)
            written += piece.substr(0, static_cast<std::size_t>(count));
        waited = output.pump(it.pipe.read.get(), it.now).state == State::wait || waited;
        it.now += 5s;  // far less than ten between two signs of life
        if (const ssize_t count = ::read(reader.get(), buffer.data(), buffer.size()); count > 0) read.append(buffer, 0, static_cast<std::size_t>(count));
    }
    CHECK(waited);
    CHECK(written.starts_with(read));
    CHECK(output.remaining_report().empty());
}

TEST_CASE("a hook hears each batch, raw and as it was logged, when it is in the log") {
    Pumping it;
    Output output(it.journal, it.files, out_of(), {.path = it.log, .strip_ansi = true});
    REQUIRE(output.open() == 0);
    std::string raw, text, in_log;
    output.set_hook([&](const logs::Text& batch) {
        raw += batch.raw;
        text += batch.text;
        in_log = test::content(it.log);
    });
    it.child_writes("\x1b[1mhello\n");
    CHECK(it.pump_all(output).state == State::empty);
    CHECK(raw == "\x1b[1mhello\n");
    CHECK(text == "hello\n");
    CHECK(in_log == "hello\n");
}

TEST_CASE("more is taken from a large pipe than one batch, in order") {
    Pumping it;
    if (::fcntl(it.pipe.write.get(), F_SETPIPE_SZ, 1024 * 1024) < 0) {
        MESSAGE("skipped: pipes of 1 MiB are not permitted here");
        return;
    }
    Output output(it.journal, it.files, out_of(), {.path = it.log, .strip_ansi = true});
    REQUIRE(output.open() == 0);
    std::string expected, coloured;
    while (coloured.size() < 900'000) {
        const std::string line = "line " + std::to_string(expected.size()) + "\n";
        coloured += "\x1b[32m" + line;
        expected += line;
    }
    it.child_writes(coloured);
    CHECK(output.pump(it.pipe.read.get(), it.now).bytes <= logs::batch_limit);
    CHECK(it.pump_all(output).state == State::empty);
    CHECK(test::content(it.log) == expected);
}

TEST_CASE("a descriptor that is no pipe is an error") {
    Pumping it;
    Output output(it.journal, it.files, out_of(), {.path = it.log});
    REQUIRE(output.open() == 0);
    const Pumped pumped = output.pump(-1, it.now);
    CHECK(pumped.state == State::error);
    CHECK(pumped.error == EBADF);
}

TEST_CASE("logs that are rotated away are closed by somebody else, who is then gone") {
    const auto entries = [](const char* directory) {
        return std::distance(std::filesystem::directory_iterator(directory), std::filesystem::directory_iterator());
    };
    Pumping it;
    Output output(it.journal, it.files, out_of(), {.path = it.log, .limits = {60000, 1}});
    REQUIRE(output.open() == 0);
    const auto descriptors = entries("/proc/self/fd"), threads = entries("/proc/self/task");
    for (int i = 0; i < 100; ++i) {
        it.child_writes(std::string(60000, 'x'));
        CHECK(it.pump_all(output).state == State::empty);
    }
    CHECK(test::content(it.log + ".1").size() == 60000);
    CHECK_FALSE(test::exists(it.log + ".2"));
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while ((entries("/proc/self/fd") > descriptors || entries("/proc/self/task") > threads) && std::chrono::steady_clock::now() < deadline)
        std::this_thread::sleep_for(1ms);
    CHECK(entries("/proc/self/fd") <= descriptors);  // fewer when there still was somebody at first, for another test
    CHECK(entries("/proc/self/task") <= threads);
}
