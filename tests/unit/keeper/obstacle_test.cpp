// What a start does about those who have the table.
#include "supervisord/keeper/obstacle.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <grp.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <memory>
#include <numeric>
#include <thread>
#include <vector>

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
        int problem = 0;
        file = keeper::open_table(path, true, problem);
        REQUIRE(file);
        write(keeper);
    }
    ~Left() { std::filesystem::remove_all(directory); }
    Left(const Left&) = delete;
    Left& operator=(const Left&) = delete;

    void write(pid_t keeper) const {
        REQUIRE(::lseek(file.get(), 0, SEEK_SET) == 0);
        const auto header = std::make_unique<keeper::Header>();
        REQUIRE(keeper::identify(*header));
        header->keeper_pid = keeper;
        REQUIRE(base::write_all(file.get(), {reinterpret_cast<const char*>(header.get()), sizeof *header}));
    }

    std::string directory;
    base::Fd file;
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
    base::Pipe gate;
    REQUIRE(base::make_pipe(gate));
    const pid_t pid = child([&gate] {
        gate.write.reset();
        std::thread([&gate] {
            char byte = 0;
            (void)!::read(gate.read.get(), &byte, 1);
            ::_exit(0);
        }).detach();
        ::syscall(SYS_exit, 0);  // this thread alone: now the process is a zombie that has all of its descriptors
    });
    const Left left(pid);
    wait_for_zombie(pid);
    siginfo_t info{};
    REQUIRE(::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0);
    REQUIRE(info.si_pid == 0);
    std::thread opens([&gate] {
        std::this_thread::sleep_for(milliseconds(500));
        gate.write.reset();
    });
    time_of_waiting(left);
    opens.join();
    REQUIRE(::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0);
    CHECK(info.si_pid == pid);
    ::waitpid(pid, nullptr, 0);
}

TEST_CASE("a child of a dead keeper that has not executed its program yet is waited for: it has all that the keeper had") {
    const pid_t dead = child([] {});
    ::waitpid(dead, nullptr, 0);
    Left left(dead);
    REQUIRE(keeper::lock_table(left.file.get()));
    const pid_t between = child([] { std::this_thread::sleep_for(milliseconds(500)); });
    left.file.reset();
    keeper::await_killed(left.directory);
    int problem = 0;
    const base::Fd again = keeper::open_table(left.directory.c_str(), false, problem);
    CHECK(::flock(again.get(), LOCK_EX | LOCK_NB) == 0);
    ::waitpid(between, nullptr, 0);
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

TEST_CASE("one that lives is not waited for when it is in thousands of groups") {
    if (::geteuid() != 0) return;  // who else cannot be
    int told[2];
    REQUIRE(::pipe(told) == 0);
    const pid_t pid = child([&told] {
        std::vector<gid_t> groups(3000);
        std::iota(groups.begin(), groups.end(), 100000);
        const char done = ::setgroups(groups.size(), groups.data()) == 0;
        (void)!::write(told[1], &done, 1);
        for (;;) ::pause();
    });
    char done = 0;
    REQUIRE(::read(told[0], &done, 1) == 1);
    REQUIRE(done);
    for (const int end : told) ::close(end);
    const Left left(pid);
    CHECK(time_of_waiting(left) < milliseconds(1500));
    REQUIRE(base::send_signal(pid, SIGKILL));
    ::waitpid(pid, nullptr, 0);
}

TEST_CASE("a start that has waited for one that ends has a table that the next one finds") {
    Left left(::getpid());
    REQUIRE(keeper::lock_table(left.file.get()));
    std::thread end([&left] {
        std::this_thread::sleep_for(milliseconds(200));
        std::filesystem::remove_all(left.directory);
        left.file.reset();
    });
    keeper::TableFile file;
    int problem = 0;
    const base::Time until = base::now() + std::chrono::seconds(20);
    while (!file.open(left.directory.c_str(), 64, problem)) {  // for a second it waits by itself
        REQUIRE(errno == EBUSY);
        REQUIRE(base::now() < until);
    }
    end.join();
    CHECK(problem == 0);
    struct stat there{}, ours{};
    REQUIRE(::stat((left.directory + "/keeper.tab").c_str(), &there) == 0);
    REQUIRE(::fstat(file.fd(), &ours) == 0);
    CHECK(there.st_ino == ours.st_ino);
}

TEST_CASE("a start does not go on beside one that began just now, and has not written its table yet") {
    const Left left(::getpid());
    REQUIRE(::ftruncate(left.file.get(), 0) == 0);
    REQUIRE(keeper::lock_table(left.file.get()));
    std::thread goes_on([&left] {
        std::this_thread::sleep_for(milliseconds(300));
        left.write(::getpid());
    });
    keeper::TableFile file;
    int problem = 0;
    const bool opened = file.open(left.directory.c_str(), 64, problem);
    const int error = errno;
    goes_on.join();
    CHECK_FALSE(opened);
    CHECK(error == EBUSY);
}

TEST_CASE("a start is told of the controller that has just taken the place of its keeper, and not that it hangs") {
    const pid_t dead = child([] {});
    ::waitpid(dead, nullptr, 0);
    const Left left(dead);
    REQUIRE(keeper::lock_table(left.file.get()));
    std::thread takes_its_place([&left] {
        std::this_thread::sleep_for(milliseconds(300));
        left.write(::getpid());
    });
    const std::string obstacle = keeper::find_obstacle(left.directory);
    takes_its_place.join();
    CHECK(obstacle.find("process " + std::to_string(::getpid())) != std::string::npos);
}
