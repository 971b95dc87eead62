// The shell at a terminal: a pseudo-terminal on which a script waits for texts and types others.
#include <doctest/doctest.h>
#include <poll.h>
#include <pthread.h>
#include <pty.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <thread>

#include "common/base/fd.hpp"
#include "common/base/text.hpp"
#include "supervisorctl/shell.hpp"
#include "tests/unit/ctl/fake_server.hpp"

/// What ncurses remembers of a terminal for good.  Asked for by the leak sanitizer.
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() { return "leak:_nc_trim_sgr0\n"; }
// A list of what was suppressed would look like a report to those that count reports.
extern "C" const char* __lsan_default_options();
extern "C" const char* __lsan_default_options() { return "print_suppressions=0"; }

namespace {

constexpr std::chrono::seconds patience{120};

struct Step {
    std::string wait_for;  // what comes on the screen after the step before
    std::string type;      // "\x03" is a signal here: this terminal controls nobody
};

struct GroupAndSolo : test::FakeServer {
    GroupAndSolo() {
        returns("getAllProcessInfo", base::concat('[', test::process("g", "a", 20, "RUNNING", "pid 5", 5), ',',
                                                  test::process("solo", "solo", 20, "RUNNING", "pid 7", 7), ']'));
        returns("getProcessInfo", test::process("solo", "solo", 20, "RUNNING", "pid 7", 7), "\"solo\"");
        returns("getSupervisorVersion", "\"4.3.0\"");
    }
};

/// Appends what is on the screen.  False when nothing comes for so many milliseconds.
bool look(const base::Fd& screen, std::string& seen, int wait) {
    pollfd readable{screen.get(), POLLIN, 0};
    char buffer[4096];
    if (::poll(&readable, 1, wait) <= 0) return false;
    const ssize_t count = ::read(screen.get(), buffer, sizeof buffer);
    if (count > 0) seen.append(buffer, static_cast<std::size_t>(count));
    return count > 0;
}

/// Everything that was on the screen; the script ends with an end of the input.
std::string play(supervisorctl::Settings settings, const std::vector<Step>& steps) {
    ::setenv("TERM", "xterm", 1);
    int master = -1, slave = -1;
    winsize size{40, 160, 0, 0};
    REQUIRE(::openpty(&master, &slave, nullptr, nullptr, &size) == 0);
    const base::Fd screen(master);
    base::Fd terminal_side(slave);
    std::string seen;
    std::atomic<bool> left = false;
    const pthread_t typing = ::pthread_self();
    std::thread user([&] {
        const auto deadline = std::chrono::steady_clock::now() + patience;
        /// False when the time is over; the shell is then interrupted.
        const auto watch = [&](const auto& until, const std::string& what) {
            while (!until()) {
                look(screen, seen, 100);
                if (std::chrono::steady_clock::now() < deadline) continue;
                seen += base::concat("\n[nobody wrote: ", what, "]");
                ::pthread_kill(typing, SIGINT);
                return false;
            }
            return true;
        };
        std::size_t from = 0;
        for (const Step& step : steps) {
            std::size_t at = 0;
            const auto seen_it = [&] { return (at = seen.find(step.wait_for, from)) != std::string::npos; };
            if (!watch(seen_it, step.wait_for)) return;
            from = at + step.wait_for.size();
            if (step.type == "\x03")
                ::pthread_kill(typing, SIGINT);
            else
                (void)base::write_all(screen.get(), step.type);
        }
        (void)watch([&] { return left.load(); }, "the end of the shell");
    });
    {
        supervisorctl::Terminal terminal(terminal_side.get(), terminal_side.get(), terminal_side.get());
        supervisorctl::Session session(std::move(settings), terminal);
        supervisorctl::run_shell(session);
        left = true;
        user.join();  // while a signal still finds somebody who waits for it
    }
    while (look(screen, seen, 0)) {
    }
    return seen;
}

supervisorctl::Settings settings_for(const GroupAndSolo& server) {
    return {.serverurl = server.url(), .interactive = true};
}

}  // namespace

TEST_CASE("Tab completes a command and a name") {
    const GroupAndSolo server;
    const std::string seen = play(settings_for(server), {{"supervisor> ", "versi\t\n"},
                                                         {"4.3.0", ""},
                                                         {"supervisor> ", "pid so\t\n"},
                                                         {"7\r\n", ""},
                                                         {"supervisor> ", "\x04"}});
    CHECK_MESSAGE(seen.find("nobody wrote") == std::string::npos, seen);
}

TEST_CASE("Tab shows what there is when it could be several") {
    const GroupAndSolo server;
    const std::string seen = play(settings_for(server), {{"supervisor> ", "st\t"},
                                                         {"start  status  stop", ""},
                                                         {"supervisor> ", "atus g:\t"},
                                                         {"g:*  g:a", "a\n"},
                                                         {"RUNNING   pid 5", ""},
                                                         {"supervisor> ", "\x04"}});
    CHECK_MESSAGE(seen.find("nobody wrote") == std::string::npos, seen);
}

TEST_CASE("lines of this and of earlier sessions come back with the arrow, and are kept one a line") {
    const GroupAndSolo server;
    const test::Directory directory;
    auto settings = settings_for(server);
    settings.history_file = directory.path("history");
    const auto first = play(settings, {{"supervisor> ", "pid solo\n"},
                                       {"7\r\n", ""},
                                       {"supervisor> ", "version\n"},
                                       {"4.3.0", ""},
                                       {"supervisor> ", "quit\n"}});
    CHECK_MESSAGE(first.find("nobody wrote") == std::string::npos, first);
    CHECK(base::read_file(*settings.history_file, 1000).value() == "pid solo\nversion\nquit\n");
    const auto second = play(settings, {{"supervisor> ", "\x1b[A\x1b[A\n"}, {"4.3.0", ""}, {"supervisor> ", "\x04"}});
    CHECK_MESSAGE(second.find("nobody wrote") == std::string::npos, second);
    CHECK(base::read_file(*settings.history_file, 1000).value() == "pid solo\nversion\nquit\nversion\n");
}

TEST_CASE("Ctrl-C at the prompt leaves the shell with an empty line") {
    const GroupAndSolo server;
    const std::string seen = play(settings_for(server), {{"supervisor> ", "\x03"}});
    CHECK_MESSAGE(seen.find("nobody wrote") == std::string::npos, seen);
    CHECK(seen.ends_with("\r\n"));
}

TEST_CASE("Ctrl-D deletes in a line, and at an empty one leaves with nothing but the end of the line") {
    const GroupAndSolo server;
    const std::string seen = play(settings_for(server), {{"supervisor> ", "\x04"}});
    CHECK_MESSAGE(seen.ends_with("supervisor> \r\n"), seen);
    const std::string edited = play(settings_for(server), {{"supervisor> ", "verYsion\x04\x01\x06\x06\x06\x04\n"},
                                                           {"4.3.0", ""},
                                                           {"supervisor> ", "\x04"}});
    CHECK_MESSAGE(edited.find("nobody wrote") == std::string::npos, edited);
}

TEST_CASE("questions are answered on the same terminal, and a password is not shown") {
    GroupAndSolo server;
    server.demands("Basic dTpwIHc=");
    const std::string seen = play(settings_for(server), {{"Username:", "u\n"},
                                                         {"Password:", "p w\n"},
                                                         {"supervisor> ", "shutdown\n"},
                                                         {"process down y/N? ", "n\n"},
                                                         {"supervisor> ", "\x04"}});
    CHECK_MESSAGE(seen.find("nobody wrote") == std::string::npos, seen);
    CHECK(seen.find("p w") == std::string::npos);
    CHECK_MESSAGE(seen.find("Username:u\r\nPassword:\r\n\r\n") != std::string::npos, seen);
}
