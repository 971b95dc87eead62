// Controllers that are killed while they pump: at crash points and at random moments.  Each is followed by another, which
// adopts the journal and recovers, until as many have died as wanted; then the rotated files, in order, must hold what
// the children wrote, byte for byte.  LOG_KILLS=5000 makes it long; without, a few seconds must do for each scene, however
// many controllers die in them.
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <random>
#include <tuple>
#include <vector>

#include "common/base/signals.hpp"
#include "common/base/text.hpp"
#include "supervisord/log/output.hpp"
#include "supervisord/log/staging.hpp"
#include "tests/unit/log/support.hpp"

namespace {

using logs::Channel;
using logs::Output;
using State = logs::Pumped::State;

struct Length {
    int kills = 60;
    std::chrono::seconds at_most{4};
};

Length length() {
    const char* kills = std::getenv("LOG_KILLS");
    return kills ? Length{std::atoi(kills), std::chrono::hours(1)} : Length{};
}

/// The lines of one child, always the same ones, as they are written and as they should be in the log.
class Lines {
public:
    Lines(std::string name, bool coloured) : name_(std::move(name)), coloured_(coloured) {}

    struct Line {
        std::string raw, text;
    };
    Line next() {
        const std::string number = std::to_string(number_++);
        const std::string filling(number_ * 7919 % 1999, static_cast<char>(name_[0] + number_ % 20));
        Line line{name_ + number + filling + "\n", name_ + number + filling + "\n"};
        if (coloured_) line.raw = "\x1b[1;32m" + name_ + "\x1b[0m" + number + "\x1b[" + number + "m" + filling + "\x1b[K\n";
        return line;
    }

private:
    std::string name_;
    bool coloured_;
    std::uint64_t number_ = 0;
};

/// A test that is ended from outside leaves nobody who waits for a pipe for ever.
void end_with_the_test() { ::prctl(PR_SET_PDEATHSIG, SIGKILL); }

struct Shared {
    std::atomic<bool> stop, all_is_written;
    std::atomic<std::uint64_t> lines[2];
};

struct Child {
    Lines lines;
    std::string log;
    bool coloured;
    base::Pipe pipe = test::make_pipe();
    pid_t pid = 0, reader = 0;
};

/// What a log is.
enum class Kind { file, fifo, terminal };

constexpr const char* before_lines = "<some name> ";

struct Scene {
    const char* crashes;       // the crash file
    logs::Limits limits;
    bool one_file = false;     // both children write to it
    bool random_kills = false; // from outside as well
    bool whole_lines = false;  // no backup may end within one
    bool prefix = false;       // before each line
    Kind kind = Kind::file;    // else somebody reads it, slowly now and then
};

class Play {
public:
    explicit Play(const Scene& scene) : scene_(scene) {
        shared_ = static_cast<Shared*>(::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
        REQUIRE(shared_ != MAP_FAILED);
        test::write_file(directory_ / "crashes", scene.crashes);
        // The first in capitals, the second not: they can be told apart in one file.
        children_.push_back({Lines("A", false), directory_ / "one.log", false});
        children_.push_back({Lines("a", !scene.one_file), directory_ / (scene.one_file ? "one.log" : "two.log"), !scene.one_file});
    }
    ~Play() { ::munmap(shared_, sizeof(Shared)); }
    Play(const Play&) = delete;
    Play& operator=(const Play&) = delete;

    void perform(const Length& length) {
        const base::Time start = base::now();
        for (std::size_t i = 0; i < children_.size(); ++i) {
            if (scene_.kind != Kind::file) start_reader(i);
            start_child(i);
        }
        int killed = 0;
        for (;;) {
            const auto lasts = base::now() - start;
            const bool have_lines = shared_->lines[0] > 0 && shared_->lines[1] > 0;
            if ((killed >= length.kills || (killed > 0 && lasts > length.at_most)) && (have_lines || lasts > std::chrono::minutes(1)))
                shared_->stop = true;
            const int status = live_and_die();
            if (WIFEXITED(status)) {
                REQUIRE(WEXITSTATUS(status) == 0);
                if (shared_->stop) break;
                continue;  // its time was over before anything happened to it
            }
            REQUIRE(WTERMSIG(status) == SIGKILL);
            ++killed;
            collect();
        }
        collect();
        shared_->all_is_written = true;
        for (auto& child : children_)
            for (const pid_t pid : {child.pid, child.reader})
                if (pid > 0) ::waitpid(pid, nullptr, 0);
        check();
        if (scene_.whole_lines) CHECK(rotated_ > 0);
    }

private:
    Scene scene_;
    test::Directory directory_;
    logs::Journal journal_ = std::move(logs::Journal::create().value());
    base::Fd staging_;  // as the keeper holds it
    Shared* shared_ = nullptr;
    std::vector<Child> children_;
    int rotated_ = 0;
    std::string found_[2];  // what the logs held, oldest first; without what they hold now
    std::mt19937 random_{20260101};

    void start_child(std::size_t index) {
        Child& child = children_[index];
        child.pid = ::fork();
        if (child.pid != 0) {
            child.pipe.write.reset();
            return;
        }
        end_with_the_test();
        std::mt19937 random(static_cast<unsigned>(index) + 1);
        std::string buffer;
        std::uint64_t lines = 0;
        while (!shared_->stop) {
            for (int i = 0; i < 5; ++i, ++lines) buffer += child.lines.next().raw;
            // Cut anywhere, so that batches end in the middle of lines and of sequences.
            for (std::size_t at = 0; at < buffer.size();) {
                const std::size_t size = std::min<std::size_t>(buffer.size() - at, random() % 3000 + 1);
                if (!base::write_all(child.pipe.write.get(), std::string_view(buffer).substr(at, size))) ::_exit(1);
                at += size;
            }
            buffer.clear();
            shared_->lines[index] = lines;
        }
        ::_exit(0);
    }

    [[nodiscard]] std::string read_from(std::size_t index) const { return directory_ / base::concat("read", index); }

    /// The reading end of a log, and its name.
    base::Fd make_log(Child& child) {
        if (scene_.kind == Kind::fifo) {
            REQUIRE(::mkfifo(child.log.c_str(), 0600) == 0);
            return base::Fd(::open(child.log.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
        }
        int terminal = -1, program = -1;
        termios raw{};
        ::cfmakeraw(&raw);
        char name[100];
        REQUIRE(::openpty(&terminal, &program, name, &raw, nullptr) == 0);  // the program's end stays open: else there is an end of it
        child.log = name;
        base::set_nonblocking(terminal);
        return base::Fd(terminal);
    }

    void start_reader(std::size_t index) {
        const base::Fd log = make_log(children_[index]);
        if (!staging_) {
            base::Pipe ends = test::make_pipe();
            staging_ = base::open_both_ways(ends.read, O_NONBLOCK);
            REQUIRE(staging_);
        }
        children_[index].reader = ::fork();
        if (children_[index].reader != 0) return;
        end_with_the_test();
        for (auto& child : children_) child.pipe = {};  // else they have no end
        const base::Fd found(::open(read_from(index).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
        std::mt19937 random(static_cast<unsigned>(index) + 7);
        char bytes[65536];
        for (;;) {
            const bool is_all = shared_->all_is_written;
            const ssize_t count = ::read(log.get(), bytes, random() % sizeof bytes + 1);
            if (count > 0 && !base::write_all(found.get(), {bytes, static_cast<std::size_t>(count)})) ::_exit(1);
            if (count <= 0 && is_all) ::_exit(0);
            pollfd readable{log.get(), POLLIN, 0};
            ::poll(&readable, random() % 8 ? 1 : 0, static_cast<int>(random() % 4));
        }
    }

    /// One controller, from its start to its end.
    int live_and_die() {
        const auto life = std::chrono::microseconds(random_() % 3000);
        const pid_t pid = ::fork();
        if (pid == 0) {
            end_with_the_test();
            ::setenv("SUPERVISORD_CRASH_FILE", (directory_ / "crashes").c_str(), 1);
            ::_exit(control());
        }
        if (scene_.random_kills && !shared_->stop) {
            const auto until = std::chrono::steady_clock::now() + life;
            while (std::chrono::steady_clock::now() < until) {}
            REQUIRE(base::send_signal(pid, SIGKILL));  // ours to reap: its pid is not another's yet
        }
        int status = 0;
        REQUIRE(::waitpid(pid, &status, 0) == pid);
        return status;
    }

    int control() {
        auto journal = logs::Journal::adopt(base::Fd(::fcntl(journal_.fd(), F_DUPFD_CLOEXEC, 0)));
        if (!journal) return 10;
        logs::Staging staging(base::Fd(staging_ ? ::fcntl(staging_.get(), F_DUPFD_CLOEXEC, 0) : -1), {});
        logs::Files files(&staging);
        std::ignore = journal->recover(files);
        std::vector<std::unique_ptr<Output>> outputs;
        for (std::size_t i = 0; i < children_.size(); ++i)
            outputs.push_back(std::make_unique<Output>(*journal, files, logs::Stream{"g", std::to_string(i), Channel::out},
                                                       logs::Target{.path = children_[i].log, .limits = scene_.limits, .strip_ansi = children_[i].coloured,
                                                                    .prefix = scene_.prefix ? before_lines : "",
                                                                    .whole_lines = scene_.whole_lines}));
        if (journal->forget_unclaimed() != 0) return 11;
        const base::Time start = base::now();
        std::size_t ended = 0;
        while (ended < outputs.size()) {
            // Not for ever: a child that is not killed and has little to do ends when all is told.
            if (!shared_->stop && base::now() - start > std::chrono::milliseconds(20)) return 0;
            pollfd readable[2];
            for (std::size_t i = 0; i < 2; ++i) readable[i] = {outputs[i] ? children_[i].pipe.read.get() : -1, POLLIN, 0};
            ::poll(readable, 2, 10);
            for (std::size_t i = 0; i < 2; ++i) {
                if (!outputs[i] || !readable[i].revents) continue;
                const auto pumped = outputs[i]->pump(children_[i].pipe.read.get(), start);  // time stands still: no patience ends
                if (pumped.state == State::error) return 12;
                if (pumped.report.find("lost") != std::string::npos) return 13;
                if (pumped.state != State::end_of_file) continue;
                outputs[i].reset();
                ++ended;
            }
        }
        return 0;
    }

    /// Takes the backups away, as long as nobody lives who would write to them.
    void collect() {
        if (scene_.kind != Kind::file) return;
        for (std::size_t i = 0; i < (scene_.one_file ? 1 : 2); ++i) {
            std::vector<std::pair<int, std::string>> backups;
            for (const auto& entry : std::filesystem::directory_iterator(directory_.path())) {
                const std::string path = entry.path();
                if (path.starts_with(children_[i].log + ".")) backups.emplace_back(std::atoi(path.c_str() + children_[i].log.size() + 1), path);
            }
            std::ranges::sort(backups, std::greater{});
            for (const auto& [number, path] : backups) {
                const std::string backup = test::content(path);
                if (scene_.whole_lines) CHECK(backup.ends_with('\n'));
                rotated_ += 1;
                found_[i] += backup;
                std::filesystem::remove(path);
            }
        }
    }

    [[nodiscard]] std::string found(std::size_t index) const {
        return scene_.kind == Kind::file ? found_[index] + test::content(children_[index].log) : test::content(read_from(index));
    }

    void check() {
        std::string found[2] = {this->found(0), ""};
        if (scene_.one_file) {
            // Batches of the two take turns; digits and line ends say nothing about whose they are.
            const auto letters = [](std::string_view text, bool capital) {
                std::string kept;
                for (const char c : text)
                    if ((c >= 'a' && c <= 'z' && !capital) || (c >= 'A' && c <= 'Z' && capital)) kept.push_back(c);
                return kept;
            };
            CHECK(compare(letters(found[0], true), 0, letters));
            CHECK(compare(letters(found[0], false), 1, letters));
            return;
        }
        found[1] = this->found(1);
        const auto all = [this](std::string_view text, bool) { return base::concat(scene_.prefix ? before_lines : "", text); };
        CHECK(compare(found[0], 0, all));
        CHECK(compare(found[1], 1, all));
    }

    bool compare(const std::string& found, std::size_t index, auto kept) {
        std::size_t at = 0;
        CHECK(shared_->lines[index] > 0);
        for (std::uint64_t line = 0; line < shared_->lines[index]; ++line) {
            const std::string wanted = kept(children_[index].lines.next().text, index == 0);
            if (found.compare(at, wanted.size(), wanted) != 0) {
                MESSAGE("child ", index, ", line ", line, ", byte ", at, ": ", found.substr(at, 80), " instead of ", wanted);
                return false;
            }
            at += wanted.size();
        }
        if (at != found.size()) MESSAGE("child ", index, ": ", found.size() - at, " bytes too many: ", found.substr(at, 80));
        return at == found.size();
    }
};

constexpr logs::Limits small_files{60'000, 100'000};

}  // namespace

TEST_CASE("killed in the first write that a full disk takes again, after an older log was opened, nothing is doubled") {
    test::Directory directory;
    const std::string log = directory / "log", crashes = directory / "crashes";
    logs::Journal journal = std::move(logs::Journal::create().value());
    const auto pipe = test::make_pipe();
    test::write_file(log, "before ");
    REQUIRE(base::write_all(pipe.write.get(), "0123456789"));
    const pid_t pid = ::fork();
    if (pid == 0) {
        ::setenv("SUPERVISORD_CRASH_FILE", crashes.c_str(), 1);
        logs::Files files;
        Output output(journal, files, {"g", "p", Channel::out}, {.path = log});
        test::write_file(crashes, "journal.full_disk 1\n");
        if (output.pump(pipe.read.get(), base::now()).state != State::wait) ::_exit(1);
        test::write_file(crashes, "journal.short_write 1\njournal.part_written 1\n");
        std::ignore = output.pump(pipe.read.get(), base::now());
        ::_exit(2);
    }
    int status = 0;
    REQUIRE(::waitpid(pid, &status, 0) == pid);
    REQUIRE(WIFSIGNALED(status));
    CHECK(test::content(log) == "before 01234");
    logs::Files files;
    CHECK(journal.recover(files).finished == 1);
    CHECK(test::content(log) == "before 0123456789");
}

TEST_CASE("killed between any two steps of a batch, no byte is lost and none is doubled") {
    Play({.crashes = "journal.short_write 0.3\njournal.* 0.02\nrecovery.* 0.1\n", .limits = small_files}).perform(length());
}

TEST_CASE("killed at any moment, no byte is lost and none is doubled") {
    Play({.crashes = "", .limits = small_files, .random_kills = true}).perform(length());
}

TEST_CASE("killed in the middle of rotations, no file is lost") {
    Play({.crashes = "journal.short_write 0.3\nrotation.* 0.1\njournal.* 0.005\n", .limits = {9'000, 100'000}}).perform(length());
}

TEST_CASE("killed while logs are rotated between lines, no byte is lost and no line is cut") {
    Play({.crashes = "journal.short_write 0.3\njournal.full_disk 0.02\njournal.* 0.005\nrotation.* 0.1\nrecovery.* 0.1\n",
          .limits = {9'000, 100'000}, .random_kills = true, .whole_lines = true}).perform(length());
}

TEST_CASE("killed while the disk is full now and then, no byte is lost and none is doubled") {
    Play({.crashes = "journal.full_disk 0.2\njournal.short_write 0.3\njournal.* 0.02\nrecovery.* 0.1\n", .limits = small_files}).perform(length());
}

TEST_CASE("killed with two children on one file, no byte is lost and none is doubled") {
    Play({.crashes = "journal.full_disk 0.05\njournal.short_write 0.3\njournal.* 0.02\nrotation.* 0.1\nrecovery.* 0.1\n",
          .limits = small_files, .one_file = true, .random_kills = true}).perform(length());
}

TEST_CASE("killed while each line gets a prefix, no line lacks it or has it twice") {
    Play({.crashes = "journal.full_disk 0.05\njournal.short_write 0.3\njournal.* 0.02\nrecovery.* 0.1\n",
          .limits = {9'000, 100'000}, .random_kills = true, .whole_lines = true, .prefix = true}).perform(length());
}

TEST_CASE("killed while somebody reads a FIFO, no byte is lost and none is doubled") {
    for (const bool random : {false, true})
        Play({.crashes = random ? "" : "journal.short_write 0.3\njournal.* 0.02\nrecovery.* 0.1\n", .limits = {}, .random_kills = random, .kind = Kind::fifo})
            .perform(length());
}

TEST_CASE("killed while somebody reads a terminal, no byte is lost and none is doubled") {
    for (const bool random : {false, true})
        Play({.crashes = random ? "" : "journal.short_write 0.3\njournal.* 0.02\nrecovery.* 0.1\n", .limits = {}, .random_kills = random, .kind = Kind::terminal})
            .perform(length());
}
