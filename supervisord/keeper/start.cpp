#include "supervisord/keeper/start.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>
#include <span>
#include <string>

#include "common/base/clock.hpp"
#include "common/base/text.hpp"

namespace keeper {

std::string explain(int error) {
    const bool is_of_processes = error == EAGAIN;
    rlimit limit{};
    const bool is_limit = (is_of_processes || error == EMFILE) &&
                          ::getrlimit(is_of_processes ? RLIMIT_NPROC : RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
    const std::string text = base::errno_text(error);
    return is_limit ? base::concat(text, is_of_processes ? " (RLIMIT_NPROC is " : " (RLIMIT_NOFILE is ", limit.rlim_cur, ')') : text;
}

void log_problem(const char* logfile, std::string_view problem) {
    const base::Fd log(*logfile != '\0' ? ::open(logfile, O_WRONLY | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) : -1);
    const auto wall = now().wall;
    const auto seconds = static_cast<std::time_t>(wall / 1'000'000'000);
    std::tm parts{};
    ::localtime_r(&seconds, &parts);
    char time[32] = {};
    (void)std::strftime(time, sizeof time, "%Y-%m-%d %H:%M:%S", &parts);
    if (log)
        (void)base::write_all(log.get(), base::concat(time, ',', base::padded(wall / 1'000'000 % 1000, 3), " CRIT ", problem, '\n'));
}

void close_all_on_exec() {
    if (::syscall(SYS_close_range, 3u, ~0u, CLOSE_RANGE_CLOEXEC) == 0) return;
    for (int fd = 3; fd < 4096; ++fd) ::fcntl(fd, F_SETFD, FD_CLOEXEC);  // before Linux 5.11
}

int move_up(int fd) {
    if (fd >= first_free_fd) return ::fcntl(fd, F_GETFD) < 0 ? -1 : fd;
    return ::fcntl(fd, F_DUPFD_CLOEXEC, first_free_fd);
}

bool open_standard_descriptors() {
    int fd = 0;
    do fd = ::open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= 2);
    return fd >= 0 && ::close(fd) == 0;
}

bool reserve_low_descriptors() {
    const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0) return false;
    for (int fd = 3; fd < first_free_fd; ++fd)
        if (fd != null && ::dup3(null, fd, O_CLOEXEC) < 0) return false;
    if (null >= first_free_fd) ::close(null);
    return true;
}

base::Fd take_signals() {
    for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
    sigset_t all, wanted;
    sigfillset(&all);
    for (const int number : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS}) sigdelset(&all, number);
    ::sigprocmask(SIG_SETMASK, &all, nullptr);
    sigemptyset(&wanted);
    for (const int number : {SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2, SIGCHLD, SIGTSTP}) sigaddset(&wanted, number);
    base::Fd fd(::signalfd(-1, &wanted, SFD_NONBLOCK | SFD_CLOEXEC));
    return fd;
}

Original take_limits(rlimit nofile_of_programs) {
    Original original;
    rlimit ours{};
    ::getrlimit(RLIMIT_NOFILE, &ours);
    original.nofile = nofile_of_programs.rlim_max == 0 ? ours : nofile_of_programs;
    ours.rlim_cur = ours.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &ours);
    const base::Fd score(::open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC));
    char text[16] = {};
    if (score && ::read(score.get(), text, sizeof text - 1) > 0 && std::atoi(text) > -900 &&
        ::pwrite(score.get(), "-900", 4, 0) == 4)
        original.oom_score_adj = std::atoi(text);
    return original;
}

bool identify(Header& header) {
    header.keeper_pid = ::getpid();
    char text[sizeof header.boot_id] = {};
    struct stat facts{};
    const base::Fd boot_id(::open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC));
    if (!boot_id || ::read(boot_id.get(), text, 36) != 36 || ::stat("/proc/self/ns/pid", &facts) != 0) return false;
    std::memcpy(header.boot_id, text, sizeof text);
    header.pid_namespace = facts.st_ino;
    return true;
}

Origin origin_of(const Header& header) {
    if (header.boot_id[0] == '\0') return Origin::elsewhere;  // it could not tell
    const auto here = std::make_unique<Header>();
    if (!identify(*here)) return Origin::unknown;
    const bool same = std::memcmp(header.boot_id, here->boot_id, sizeof header.boot_id) == 0 &&
                      header.pid_namespace == here->pid_namespace;
    return same ? Origin::here : Origin::elsewhere;
}

namespace {

bool write_number(const char* path, int flags) {
    const base::Fd fd(::open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | flags, 0666));
    return fd && base::write_all(fd.get(), base::concat(::getpid(), '\n'));
}

}  // namespace

bool write_pidfile(const char* path) {
    struct stat facts{};
    const bool exists = ::lstat(path, &facts) == 0;
    const std::string draft = base::concat(path, '.', ::getpid());
    if (!exists || S_ISREG(facts.st_mode)) {  // never in place of a device or a link
        if (write_number(draft.c_str(), O_EXCL) && ::rename(draft.c_str(), path) == 0) return true;
        const int error = errno;
        if (error != EEXIST) ::unlink(draft.c_str());
    }
    return write_number(path, O_NOFOLLOW);  // whoever may write there must not choose what we overwrite
}

std::uint32_t inode_of_held(std::string_view name, int fd) {
    constexpr std::string_view prefix = "unix:";
    struct stat facts{};
    const int error = name.starts_with(prefix) ? ::lstat(std::string(name.substr(prefix.size())).c_str(), &facts)
                                               : ::fstat(fd, &facts);
    return error == 0 ? static_cast<std::uint32_t>(facts.st_ino) : 0;
}

std::string pidfile_path(const Header& header, const char* fallback) {
    for (const auto& entry : std::span(header.held, header.held_used)) {
        char path[sizeof Boot::pidfile] = {};
        if (std::string_view(entry.name) != held_pidfile || ::pread(entry.fd, path, sizeof path - 1, 0) <= 0) continue;
        return path;
    }
    return fallback;
}

void remove_pidfile(const char* path) {
    const auto text = base::read_file(path, 64);
    if (text && base::strip(*text) == std::to_string(::getpid())) ::unlink(path);
}

bool is_stopped(pid_t child) {
    siginfo_t stopped{};  // which stays to be asked for, until it goes on
    return ::waitid(P_PID, static_cast<id_t>(child), &stopped, WSTOPPED | WNOHANG | WNOWAIT) == 0 && stopped.si_pid != 0;
}

bool is_traced(pid_t pid) {
    char path[32], text[2048];
    std::snprintf(path, sizeof path, "/proc/%d/status", pid);
    const base::Fd fd(::open(path, O_RDONLY | O_CLOEXEC));
    const ssize_t size = fd ? ::read(fd.get(), text, sizeof text - 1) : -1;
    if (size <= 0) return false;
    text[size] = '\0';
    const char* at = std::strstr(text, "\nTracerPid:\t");
    return at && std::atoi(at + 12) != 0;
}

Instant now() {
    return {base::now().time_since_epoch().count(), base::wall_now().time_since_epoch().count()};
}

}  // namespace keeper
