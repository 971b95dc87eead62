// What a start does about those who have the table.
#include "supervisord/keeper/obstacle.hpp"

#include <doctest/doctest.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <thread>

#include "common/base/clock.hpp"
#include "common/base/fd.hpp"
#include "common/base/signals.hpp"
#include "supervisord/keeper/start.hpp"
#include "supervisord/keeper/table.hpp"
#include "supervisord/keeper/table_file.hpp"

using std::chrono::milliseconds;

namespace {

/// A runtime directory with the table of a keeper with that pid.
class Left {
public:
    explicit Left(pid_t keeper) {
        char path[] = "/dev/shm/obstacle-XXXXXX";
        REQUIRE(::mkdtemp(path) != nullptr);
        directory = path;
        keeper::TableFile file;
        int problem = 0;
        REQUIRE(file.open(path, 64, problem));
        auto& header = *new (file.memory()) keeper::Header;
        REQUIRE(keeper::identify(header));
        header.keeper_pid = keeper;
    }
    ~Left() { std::filesystem::remove_all(directory); }
    Left(const Left&) = delete;
    Left& operator=(const Left&) = delete;

    std::string directory;
};

milliseconds time_of_waiting(const Left& left) {
    const base::Time begin = base::now();
    keeper::await_killed(left.directory);
    return std::chrono::duration_cast<milliseconds>(base::now() - begin);
}

template <class Function>
pid_t child(Function function) {
    const pid_t pid = ::fork();
    if (pid == 0) {
        function();
        ::_exit(0);
    }
    REQUIRE(pid > 1);
    return pid;
}

void wait_for_zombie(pid_t pid) {
    const base::Time until = base::now() + std::chrono::seconds(20);
    for (;;) {
        const auto text = base::read_file("/proc/" + std::to_string(pid) + "/status", 8192);
        if (text && text->find("State:\tZ") != std::string::npos) return;
        REQUIRE(base::now() < until);
        std::this_thread::sleep_for(milliseconds(1));
    }
}

}  // namespace

TEST_CASE("a keeper that is dead, and has a thread that is not, is waited for") {
    const pid_t pid = child([] {
        std::thread([] {
            std::this_thread::sleep_for(milliseconds(500));
            ::_exit(0);
        }).detach();
        ::syscall(SYS_exit, 0);  // this thread alone: now the process is a zombie that has all of its descriptors
    });
    const Left left(pid);
    wait_for_zombie(pid);
    siginfo_t info{};
    REQUIRE(::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0);
    REQUIRE(info.si_pid == 0);
    time_of_waiting(left);
    REQUIRE(::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0);
    CHECK(info.si_pid == pid);
    ::waitpid(pid, nullptr, 0);
}

TEST_CASE("one that lives is not waited for, nor is nobody") {
    const pid_t pid = child([] {
        for (;;) ::pause();
    });
    {
        const Left left(pid);
        CHECK(time_of_waiting(left) < milliseconds(1500));
    }
    REQUIRE(base::send_signal(pid, SIGKILL));
    ::waitpid(pid, nullptr, 0);
    const Left gone(pid);
    CHECK(time_of_waiting(gone) < milliseconds(1500));
    keeper::await_killed("/nowhere");
}
