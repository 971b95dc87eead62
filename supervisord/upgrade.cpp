#include "supervisord/upgrade.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <memory>
#include <utility>
#include <vector>

#include "common/base/crash_point.hpp"
#include "common/base/memory_file.hpp"
#include "common/base/text.hpp"
#include "supervisord/control/link.hpp"
#include "supervisord/keeper/message.hpp"
#include "supervisord/process/description.hpp"
#include "supervisord/self_test.hpp"

namespace control_role {

namespace {

using base::concat;
using config::LogLevel;

constexpr std::size_t said_limit = 8192;  // bytes of what a self-test says
constexpr std::size_t piece = 256 * 1024;
constexpr std::string_view busy = "an upgrade is going on already";
constexpr std::chrono::seconds finishing_limit{10};  // the keeper takes no more than half of it
constexpr std::chrono::milliseconds finishing_look{10};

/// A memfd with the same bytes and the same holes.  Whole and of one moment: only this thread writes to the file.
base::Result<base::Fd> copy_of(int fd) {
    const auto failed = [] { return base::Error{concat("cannot copy what it is to be tested with: ", base::errno_text(errno))}; };
    base::Fd copy = base::make_memory_file("supervisord-copy");
    struct stat facts{};
    if (!copy || ::fstat(fd, &facts) != 0 || ::ftruncate(copy.get(), facts.st_size) != 0) return failed();
    std::vector<char> bytes(piece);
    for (off_t at = 0; at < facts.st_size;) {
        at = ::lseek(fd, at, SEEK_DATA);
        if (at < 0 && errno == ENXIO) break;  // nothing but a hole is left
        const off_t end = at < 0 ? at : ::lseek(fd, at, SEEK_HOLE);
        if (end < 0) return failed();
        while (at < end) {
            const auto wanted = std::min<std::size_t>(piece, static_cast<std::size_t>(end - at));
            const ssize_t count = ::pread(fd, bytes.data(), wanted, at);
            if (count <= 0 || ::pwrite(copy.get(), bytes.data(), static_cast<std::size_t>(count), at) != count) return failed();
            at += count;
        }
    }
    return copy;
}

base::Result<base::Fd> open_program(const std::string& path) {
    base::Fd program(::open(path.c_str(), O_PATH | O_CLOEXEC));
    struct stat facts{};
    if (!program || ::fstat(program.get(), &facts) != 0)
        return base::Error{concat("cannot open ", path, ": ", base::errno_text(errno))};
    if (!S_ISREG(facts.st_mode)) return base::Error{concat(path, " is no file")};
    return program;
}

std::string all_of(const base::Fd& pipe) {
    std::string text(said_limit, '\0');
    const ssize_t size = ::read(pipe.get(), text.data(), text.size());
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    return text;
}

std::string how_it_ended(int wstatus) {
    if (WIFEXITED(wstatus) && WEXITSTATUS(wstatus) == 126) return "it cannot be executed";
    if (WIFSIGNALED(wstatus) && WTERMSIG(wstatus) == SIGKILL) return "its self-test did not end, or was killed";
    if (WIFSIGNALED(wstatus)) return concat("its self-test died (signal ", WTERMSIG(wstatus), ")");
    return concat("its self-test ended with ", process::exit_text(wstatus), " and without a verdict");
}

}  // namespace

void Upgrade::begin(control::WhenDone done) {
    control::post(loop_, [this, done] {
        if (std::exchange(going_on_, true)) return refuse(busy, done);
        begin_when_finished(base::now() + finishing_limit, done);
    });
}

/// A keeper that executes itself anew forgets what it was just asked.
void Upgrade::begin_when_finished(base::Time until, const control::WhenDone& done) {
    const bool is_finishing = its_.is_finishing();
    if (is_finishing && base::now() < until)
        return waiting_.after(finishing_look, [this, until, done] { begin_when_finished(until, done); });
    const auto begun = is_finishing ? base::Result<void>(base::Error{std::string(busy)}) : examine(done);
    if (begun) return activity_.log(LogLevel::info, concat("upgrade: testing ", its_.program));
    going_on_ = false;
    refuse(begun.error(), done);
}

base::Result<void> Upgrade::examine(const control::WhenDone& done) {
    auto program = open_program(its_.program);
    if (!program) return base::Error{program.error()};
    base::Pipe said;
    if (!base::make_pipe(said)) return base::Error{base::errno_text(errno)};
    base::set_nonblocking(said.read.get());
    std::vector<base::Fd> descriptors;
    descriptors.push_back(std::move(*program));
    descriptors.push_back(std::move(said.write));
    for (const auto name : keeper::examined) {
        const int file = its_.file(name);
        if (file < 0) return base::Error{concat("there is no copy of '", name, "' to be tested with")};
        auto copy = copy_of(file);
        if (!copy) return base::Error{copy.error()};
        descriptors.push_back(std::move(*copy));
    }
    const auto read = std::make_shared<base::Fd>(std::move(said.read));
    link_.send(keeper::message_of(keeper::Type::examine), std::move(descriptors),
               [this, read, done](const keeper::Message& result, base::Fd) { examined(result, *read, done); });
    return {};
}

/// The child has ended: all that it had to say is in the pipe.
void Upgrade::examined(const keeper::Message& result, const base::Fd& said, control::WhenDone done) {
    base::crash_point("controller.examined");
    const std::string text = all_of(said);
    bool passed = false;
    std::string why;
    for (std::string_view left = text; !left.empty();) {
        const auto end = left.find('\n');
        const std::string_view line = left.substr(0, end);
        left.remove_prefix(end == std::string_view::npos ? left.size() : end + 1);
        passed = passed || line == self_test_verdict;
        if (line.starts_with(self_test_refusal)) why = line.substr(self_test_refusal.size());
        if (line.starts_with(self_test_warning))
            activity_.log(LogLevel::warn, concat("upgrade: the new version finds fault with the files as they are now: ",
                                                 line.substr(self_test_warning.size())));
    }
    passed = passed && result.err == 0 && WIFEXITED(result.wstatus) && WEXITSTATUS(result.wstatus) == 0;
    if (!passed) {
        going_on_ = false;
        if (why.empty() && result.err == EBUSY) return refuse(busy, done);
        if (why.empty()) why = result.err != 0 ? base::errno_text(result.err) : how_it_ended(result.wstatus);
        return refuse(concat(its_.program, ": ", why), done);
    }
    link_.send(keeper::message_of(keeper::Type::upgrade), {}, [this, done](const keeper::Message& answer, base::Fd) {
        going_on_ = false;
        if (answer.err != 0) return refuse(concat("the keeper does not take it: ", base::errno_text(answer.err)), done);
        going_on_ = wanted_ = true;
        activity_.log(LogLevel::info, "upgrade: the new version can go on, and takes over");
        done(std::nullopt);
        its_.make_room();
    });
}

void Upgrade::refuse(std::string_view why, const control::WhenDone& done) {
    activity_.log(LogLevel::warn, concat("upgrade refused, everything goes on as it was: ", why));
    done(api::Refusal{api::Fault::failed, std::string(why)});
}

}  // namespace control_role
