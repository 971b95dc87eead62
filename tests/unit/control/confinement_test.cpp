#include "supervisord/control/confinement.hpp"

#include <doctest/doctest.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <string>
#include <thread>

#include "common/base/text.hpp"


namespace {

/// What a child ends with that does this.
int in_child(const std::function<int()>& body) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) ::_exit(body());
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status));
    return WEXITSTATUS(status);
}

bool is_refused(long result) { return result == -1 && errno == EPERM; }

/// Whether all is refused that is to be.
bool is_confined() {
    char program[] = "/bin/true";
    char* const arguments[] = {program, nullptr};
    return is_refused(::execv(program, arguments)) && is_refused(::syscall(SYS_unshare, 0)) &&
           is_refused(::syscall(SYS_setns, -1, 0)) && is_refused(::syscall(SYS_mount, nullptr, nullptr, nullptr, 0, nullptr)) &&
           is_refused(::syscall(SYS_bpf, 0, nullptr, 0)) && is_refused(::syscall(SYS_io_uring_setup, 0, nullptr));
}

/// What the kernel says of this thread, as the shell sees it.
constexpr const char* facts = "grep -E '^(NoNewPrivs|Seccomp|Threads):' /proc/self/status";

std::string facts_here() {
    std::ifstream file("/proc/thread-self/status");
    std::string out, line;
    while (std::getline(file, line))
        if (line.starts_with("NoNewPrivs:") || line.starts_with("Seccomp:") || line.starts_with("Threads:")) out += (out.empty() ? "" : "\n") + line;
    return out;
}

/// Executed in our place: the pid is ours, and all else is as before.
int execute(control::Confinement& confinement, std::string before) {
    std::string words[] = {"sh", "-c", base::concat("[ $$ = ", ::getpid(), " ] && [ \"$(", facts, ")\" = \"$0\" ] && exit 7"), before};
    char* const arguments[] = {words[0].data(), words[1].data(), words[2].data(), words[3].data(), nullptr};
    return 100 + confinement.execute("/bin/sh", arguments);
}

}  // namespace

TEST_CASE("a controller is refused what is none of its business, and so are the threads that it starts") {
    CHECK(in_child([] {
        const control::Confinement confinement;
        if (!confinement.problem().empty()) return 1;
        bool there = false;
        std::thread([&there] { there = is_confined(); }).join();
        return is_confined() && there ? 0 : 2;
    }) == 0);
}

TEST_CASE("what is executed in place of a controller is free of its confinement") {
    CHECK(in_child([] {
        const std::string before = facts_here();
        control::Confinement confinement;
        if (!confinement.problem().empty() || facts_here() == before) return 1;
        return execute(confinement, before);
    }) == 7);
    CHECK(in_child([] {
        control::Confinement confinement;
        char* const arguments[] = {nullptr};
        return confinement.execute("/none", arguments);
    }) == ENOENT);
}
