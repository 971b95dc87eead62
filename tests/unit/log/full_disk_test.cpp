// Logs that take no bytes.  Most cases need no full disk: /dev/full is one, and a directory that is missing another.
#include <sys/mount.h>
#include <sys/sysmacros.h>

#include "common/base/text.hpp"
#include "supervisord/log/output.hpp"
#include "tests/unit/log/support.hpp"

namespace {

using logs::Channel;
using logs::Output;
using logs::Pumped;
using State = Pumped::State;
using namespace std::chrono_literals;

struct Full {
    test::Directory directory;
    logs::Files files;
    logs::Journal journal = std::move(logs::Journal::create().value());
    base::Pipe pipe = test::make_pipe();
    base::Time now{};

    void child_writes(std::string_view text) { REQUIRE(base::write_all(pipe.write.get(), text)); }
    Pumped pump(Output& output) { return output.pump(pipe.read.get(), now); }
    /// As control does: waits as it is told.  The answer that is no `wait`.
    Pumped pump_until_done(Output& output) {
        for (;;) {
            Pumped pumped = pump(output);
            if (pumped.state != State::wait) return pumped;
            CHECK(pumped.retry_after > 0ms);
            now += pumped.retry_after;
        }
    }
};

logs::Stream err_of(std::string process = "p") { return {"group", std::move(process), Channel::err}; }

class SmallDisk {
public:
    SmallDisk(std::string path, const char* options) : path_(std::move(path)) {
        std::filesystem::create_directory(path_);
        mounted_ = ::mount("none", path_.c_str(), "tmpfs", 0, options) == 0;
    }
    ~SmallDisk() {
        if (mounted_) ::umount2(path_.c_str(), MNT_DETACH);
    }
    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;
    [[nodiscard]] bool is_there() const { return mounted_; }

private:
    std::string path_;
    bool mounted_ = false;
};

}  // namespace

TEST_CASE("a child on a full disk waits for a second, then its bytes are lost and counted") {
    Full it;
    Output output(it.journal, it.files, err_of(), {.path = "/dev/full"});
    REQUIRE(output.open() == 0);
    it.child_writes("12345");
    const base::Time start = it.now;
    const Pumped lost = it.pump_until_done(output);
    CHECK(lost.state == State::more);
    CHECK(lost.report == "p: 5 bytes of stderr lost: cannot write /dev/full: No space left on device");
    CHECK(it.now - start >= 1s);
    CHECK(it.now - start < 1200ms);
    it.child_writes("123");  // from now on nobody waits, and the report comes once a minute
    CHECK(it.pump(output).report.empty());
    it.child_writes("1234");
    it.now += 60s;
    CHECK(it.pump(output).report == "p: 7 bytes of stderr lost: cannot write /dev/full: No space left on device");
    it.child_writes("12");
    CHECK(it.pump(output).state == State::more);
    CHECK(output.remaining_report() == "p: 2 bytes of stderr lost: cannot write /dev/full: No space left on device");
    CHECK(output.remaining_report().empty());
}

TEST_CASE("a log whose directory is gone makes the child wait in front of its pipe, and goes on when it is back") {
    Full it;
    const std::string home = it.directory / "logs";
    Output output(it.journal, it.files, err_of(), {.path = home + "/x"});
    it.child_writes("one");
    Pumped pumped = it.pump(output);
    CHECK(pumped.state == State::wait);
    it.now += pumped.retry_after;
    std::filesystem::create_directory(home);
    CHECK(it.pump(output).bytes == 3);
    CHECK(test::content(home + "/x") == "one");
}

TEST_CASE("other streams go on while one waits for its disk") {
    Full it;
    Output stuck(it.journal, it.files, err_of("stuck"), {.path = "/dev/full"});
    Output fine(it.journal, it.files, err_of("fine"), {.path = it.directory / "x"});
    REQUIRE(stuck.open() == 0);
    REQUIRE(fine.open() == 0);
    it.child_writes("stuck");
    REQUIRE(it.pump(stuck).state == State::wait);
    for (int i = 0; i < 10; ++i) {
        it.child_writes("fine");
        CHECK(it.pump(fine).state == State::more);
        CHECK(it.pump(stuck).state == State::wait);
    }
    CHECK(test::content(it.directory / "x").size() == 40);
}

TEST_CASE("streams on one stuck log wait in front of their pipes, each for its time") {
    Full it;
    Output one(it.journal, it.files, err_of("one"), {.path = "/dev/full"});
    Output two(it.journal, it.files, err_of("two"), {.path = "/dev/full"});
    REQUIRE(one.open() == 0);
    REQUIRE(two.open() == 0);
    it.child_writes("one");
    REQUIRE(it.pump(one).state == State::wait);
    it.child_writes("two");
    const Pumped waiting = it.pump(two);
    CHECK(waiting.state == State::wait);
    CHECK(waiting.bytes == 0);
    CHECK(it.pump_until_done(two).report == "two: 3 bytes of stderr lost: cannot write /dev/full: No space left on device");
    CHECK(it.pump_until_done(one).report == "one: 3 bytes of stderr lost: cannot write /dev/full: No space left on device");
}

TEST_CASE("when all lanes but one are parked, the next stream loses rather than stops all others") {
    Full it;
    std::vector<std::unique_ptr<Output>> outputs;
    for (std::size_t i = 0; i < logs::lane_count; ++i) {
        // Each its own target, or they would wait for the first.
        const std::string link = it.directory / base::concat("full", i);
        REQUIRE(::mknod(link.c_str(), S_IFCHR | 0600, makedev(1, 7)) == 0);
        outputs.push_back(std::make_unique<Output>(it.journal, it.files, err_of(base::concat('p', i)), logs::Target{.path = link}));
        REQUIRE(outputs.back()->open() == 0);
        it.child_writes("x");
        const Pumped pumped = it.pump(*outputs.back());
        CHECK(pumped.state == (i + 1 < logs::lane_count ? State::wait : State::more));
        CHECK(pumped.report.empty() == (i + 1 < logs::lane_count));
    }
    Output fine(it.journal, it.files, err_of("fine"), {.path = it.directory / "x"});
    REQUIRE(fine.open() == 0);
    it.child_writes("fine");
    CHECK(it.pump(fine).state == State::more);
    CHECK(test::content(it.directory / "x") == "fine");
}

TEST_CASE("a batch that is parked when the controller ends is written by the next") {
    Full it;
    const std::string home = it.directory / "logs";
    const std::string log = home + "/x";
    std::filesystem::create_directory(home);
    {
        Output output(it.journal, it.files, err_of(), {.path = log, .strip_ansi = true});
        REQUIRE(output.open() == 0);
        std::filesystem::remove_all(home);
        CHECK(output.reopen().error().starts_with("cannot open " + log));
        CHECK(it.files.clear(log) == ENOENT);
    }
    {
        Output output(it.journal, it.files, err_of(), {.path = "/dev/full", .strip_ansi = true});
        REQUIRE(output.open() == 0);
        it.child_writes("one\x1b[3");
        REQUIRE(it.pump(output).state == State::wait);
    }
    auto adopted = logs::Journal::adopt(base::Fd(::fcntl(it.journal.fd(), F_DUPFD_CLOEXEC, 0)));
    REQUIRE(adopted);
    logs::Files files;
    CHECK(adopted->recover(files).parked == 1);  // still full
    std::filesystem::create_directory(home);
    Output output(*adopted, files, err_of(), {.path = log, .strip_ansi = true});
    CHECK(adopted->forget_unclaimed() == 0);
    CHECK(it.pump(output).state == State::more);
    it.child_writes("1mtwo");
    CHECK(it.pump(output).state == State::more);
    CHECK(test::content(log) == "onetwo");
}

TEST_CASE("what is parked for a stream that nobody claims is dropped, and its lane is free again") {
    Full it;
    {
        Output output(it.journal, it.files, err_of(), {.path = "/dev/full"});
        REQUIRE(output.open() == 0);
        it.child_writes("12345");
        REQUIRE(it.pump(output).state == State::wait);
    }
    auto adopted = logs::Journal::adopt(base::Fd(::fcntl(it.journal.fd(), F_DUPFD_CLOEXEC, 0)));
    REQUIRE(adopted);
    logs::Files files;
    CHECK(adopted->recover(files).parked == 1);
    CHECK(adopted->forget_unclaimed() == 5);
    CHECK(adopted->recover(files).parked == 0);
    CHECK(adopted->free_lane() == 0);
}

TEST_CASE("on a disk that fills up, what fits is written, and all is when there is room again") {
    Full it;
    const SmallDisk disk(it.directory / "disk", "size=64k");
    if (!disk.is_there()) {
        MESSAGE("skipped: mounting a tmpfs is not permitted here");
        return;
    }
    const std::string log = it.directory / "disk/log";
    const std::string filler = it.directory / "disk/filler";
    test::write_file(filler, std::string(40'000, 'f'));
    Output output(it.journal, it.files, err_of(), {.path = log});
    REQUIRE(output.open() == 0);
    std::string expected;
    for (int i = 0; i < 40; ++i) expected += std::string(999, static_cast<char>('a' + i % 26)) + "\n";
    it.child_writes(expected);
    CHECK(it.pump(output).state == State::wait);
    const std::string part = test::content(log);
    CHECK(part.size() > 0);
    CHECK(part.size() < expected.size());
    std::filesystem::remove(filler);
    it.now += 50ms;
    CHECK(it.pump(output).state == State::more);
    CHECK(test::content(log) == expected);
    CHECK(output.remaining_report().empty());
}

TEST_CASE("where memory for the journal is short, who needs another lane waits") {
    Full it;
    SmallDisk disk(it.directory.path() + "/memory", "size=1600k");
    if (!disk.is_there()) return;  // only root can
    base::Fd file(::open((it.directory.path() + "/memory/journal").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    auto journal = logs::Journal::create(std::move(file));
    REQUIRE(journal);
    Output stuck(*journal, it.files, {"group", "stuck", Channel::out}, {.path = "/dev/full"});
    Output other(*journal, it.files, err_of(), {.path = it.directory.path() + "/log", .strip_ansi = true});
    REQUIRE(stuck.open() == 0);
    REQUIRE(other.open() == 0);
    const base::Fd filler(::open((it.directory.path() + "/memory/filler").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    const std::string page(4096, 'x');
    while (::write(filler.get(), page.data(), page.size()) > 0) {}
    it.child_writes("stuck");
    REQUIRE(it.pump(stuck).state == State::wait);
    const auto more = test::make_pipe();
    REQUIRE(base::write_all(more.write.get(), "\x1b[1mother"));
    const auto refused = other.pump(more.read.get(), it.now);
    CHECK(refused.state == State::error);
    CHECK(refused.error == ENOSPC);
    CHECK(it.pump_until_done(stuck).state == State::more);  // after a second its bytes are lost
    CHECK(other.pump(more.read.get(), it.now).state == State::more);
    CHECK(test::content(it.directory.path() + "/log") == "other");
}
