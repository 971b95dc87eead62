#include "common/base/signals.hpp"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

TEST_CASE("signals have the names that Supervisor prints") {
    struct {
        int number;
        std::string_view name;
    } const cases[] = {
        {1, "SIGHUP"},   {6, "SIGABRT"},    {9, "SIGKILL"},  {16, "SIGSTKFLT"}, {17, "SIGCHLD"},  {29, "SIGPOLL"},
        {31, "SIGSYS"},  {34, "SIGRTMIN"},  {64, "SIGRTMAX"}, {35, "signal 35"}, {63, "signal 63"}, {0, "signal 0"},
    };
    for (const auto& row : cases) CHECK(base::signal_name(row.number) == row.name);
}

TEST_CASE("every signal that has a name is found by it, with and without SIG, in any case, and by its number") {
    for (int number = 1; number <= 64; ++number) {
        const std::string name = base::signal_name(number);
        if (name.starts_with("signal ")) {
            CHECK_FALSE(base::parse_signal(std::to_string(number)).has_value());
            continue;
        }
        CAPTURE(name);
        CHECK(base::parse_signal(name) == number);
        CHECK(base::parse_signal(name.substr(3)) == number);
        CHECK(base::parse_signal(std::to_string(number)) == number);
        std::string small = name;
        for (char& c : small) c = static_cast<char>(c | 0x20);
        CHECK(base::parse_signal(" " + small + " ") == number);
    }
    CHECK(base::parse_signal("IOT") == SIGABRT);
    CHECK(base::parse_signal("CLD") == SIGCHLD);
    CHECK(base::parse_signal("SIGIO") == SIGPOLL);
    CHECK(base::parse_signal("0") == 0);
}

TEST_CASE("every real-time signal can be named by its distance from the first and from the last") {
    for (int number = 34; number <= 64; ++number) {
        CAPTURE(number);
        CHECK(base::parse_signal("rtmin+" + std::to_string(number - 34)) == number);
        CHECK(base::parse_signal(" SIGRTMAX-" + std::to_string(64 - number)) == number);
        CHECK(base::parse_signal(base::signal_word(number)) == number);
    }
    CHECK(base::signal_word(15) == "TERM");
    CHECK(base::signal_word(36) == "RTMIN+2");
    for (const std::string_view text : {"RTMIN+31", "RTMAX-31", "RTMIN+", "RTMIN-1", "RTMAX+1", "RTMIN+-1", "RTMIN+ 1",
                                        "RTMIN+1x", "RTMIN+99999999999999999999"})
        CHECK_FALSE(base::parse_signal(text).has_value());
}

TEST_CASE("what is no signal is refused") {
    for (const std::string_view text : {"", "FOO", "SIG", "SIGSIGTERM", "99", "-1", "32", "35", "65", "TERM1", "SIG_IGN", "15.0"}) {
        CAPTURE(text);
        CHECK_FALSE(base::parse_signal(text).has_value());
    }
}

TEST_CASE("nobody is signalled by a pid that means everybody") {
    for (const pid_t pid : {1, 0, -1, -5}) {
        errno = 0;
        CHECK_FALSE(base::send_signal(pid, 0));
        CHECK(errno == EINVAL);
        errno = 0;
        CHECK_FALSE(base::send_signal_to_group(pid, 0));
        CHECK(errno == EINVAL);
    }
}

TEST_CASE("a signal reaches a process, and a group") {
    for (const bool group : {false, true}) {
        const pid_t pid = ::fork();
        REQUIRE(pid >= 0);
        if (pid == 0) {
            ::setpgid(0, 0);
            ::alarm(60);
            for (;;) ::pause();
        }
        ::setpgid(pid, pid);  // whoever comes first
        CHECK((group ? base::send_signal_to_group(pid, SIGKILL) : base::send_signal(pid, SIGKILL)));
        int status = 0;
        REQUIRE(::waitpid(pid, &status, 0) == pid);
        CHECK(WIFSIGNALED(status));
        CHECK(WTERMSIG(status) == SIGKILL);
        CHECK_FALSE(base::send_signal(pid, 0));
        CHECK(errno == ESRCH);
    }
}
