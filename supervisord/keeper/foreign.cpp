#include "supervisord/keeper/foreign.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>

namespace keeper {

namespace {

// Linux 6.15: not in these headers yet.
struct PidfdInfo {
    std::uint64_t mask = exit;
    std::uint64_t cgroup = 0;
    std::uint32_t ids[11] = {};  // pid, tgid, ppid, and those of users and groups
    std::int32_t exit_code = 0;  // as wait(2) gives it

    static constexpr std::uint64_t exit = 1 << 3;
};
static_assert(sizeof(PidfdInfo) == 64);
constexpr unsigned long get_info = _IOWR(0xFF, 11, PidfdInfo);

std::uint64_t inode_of(int fd) {
    struct stat facts{};
    return ::fstat(fd, &facts) == 0 ? facts.st_ino : 0;
}

// Who may not sees zeros in /proc/PID/stat.  A zombie has no working directory: to be told so is to be allowed.
bool may_look(pid_t pid) {
    char path[32], text[8];
    std::snprintf(path, sizeof path, "/proc/%d/cwd", pid);
    return ::readlink(path, text, sizeof text) >= 0 || errno == ENOENT;
}

bool is_gone(int pidfd) { return ::syscall(SYS_pidfd_send_signal, pidfd, 0, nullptr, 0) != 0 && errno == ESRCH; }

// Of one that has been waited for, from a kernel that keeps it.
std::optional<int> told_status(int pidfd) {
    PidfdInfo info;  // a new one each time: the answer stands where the question stood
    if (::ioctl(pidfd, get_info, &info) != 0 || !(info.mask & PidfdInfo::exit)) return std::nullopt;
    return info.exit_code;
}

}  // namespace

std::uint64_t stat_field(pid_t pid, int field) {
    char path[32] = "/proc/self/stat";
    if (pid > 0) std::snprintf(path, sizeof path, "/proc/%d/stat", pid);
    char text[2048];
    const base::Fd fd(::open(path, O_RDONLY | O_CLOEXEC));
    const ssize_t size = fd ? ::read(fd.get(), text, sizeof text - 1) : -1;
    if (size == 0) errno = EIO;
    if (size <= 0) return 0;
    text[size] = '\0';
    errno = EIO;  // for what is not there
    const char* at = std::strrchr(text, ')');  // the second field may hold anything
    for (int number = 2; at && number < field; ++number) at = std::strchr(at + 1, ' ');
    return at ? std::strtoull(at, nullptr, 10) : 0;
}

bool is_gone_until(const base::Fd& pidfd, base::Time until) {
    pollfd end{.fd = pidfd.get(), .events = POLLIN, .revents = 0};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - base::now()).count();
    return ::poll(&end, 1, static_cast<int>(std::max<std::int64_t>(left, 0))) == 1;
}

Search find_process(const Slot& slot, base::Fd& pidfd) {
    if (slot.born_pid <= 1 || slot.born_ticks == 0) return Search::gone;
    base::Fd found(static_cast<int>(::syscall(SYS_pidfd_open, slot.born_pid, 0)));
    // The last two: the number is by now that of a thread.
    if (!found) return errno == ESRCH || errno == EINVAL || errno == ENOENT ? Search::gone : Search::unknown;
    std::uint64_t ticks = stat_field(slot.born_pid, 22);
    if (ticks == 0 && (errno == ENOENT || errno == ESRCH)) {
        // While one of its threads executes and takes the place of the first, there is no entry for some microseconds.
        ::poll(nullptr, 0, 1);
        ticks = stat_field(slot.born_pid, 22);
    }
    const int problem = errno;
    if (ticks != 0 && ticks != slot.born_ticks) return Search::gone;
    if (slot.pidfd_inode != 0 && inode_of(found.get()) != slot.pidfd_inode) return Search::gone;
    // What was read belongs to the process of the pidfd only if that one still has the number.
    if (is_gone(found.get())) return Search::gone;
    if (ticks == 0) return errno = problem, Search::unknown;
    pidfd = std::move(found);
    return Search::found;
}

Found look_at_end(const Slot& slot, int& wstatus) {
    if (const auto status = told_status(slot.pidfd)) {
        wstatus = *status;
        return Found::how;
    }
    if (is_gone(slot.pidfd)) {
        // Perhaps just now: the kernel keeps the status before the number is free.
        const auto status = told_status(slot.pidfd);
        if (status) wstatus = *status;
        return status ? Found::how : Found::nothing;
    }
    // A zombie.  Its status is in the last field.
    const bool allowed = may_look(slot.born_pid);
    const int status = static_cast<int>(stat_field(slot.born_pid, 52));
    if (!allowed || stat_field(slot.born_pid, 22) != slot.born_ticks || is_gone(slot.pidfd)) return Found::later;
    wstatus = status;
    return Found::how;
}

base::Fd reopen_end(pid_t pid, const Retained& end, int& problem) {
    char path[64], wanted[64], there[64];
    std::snprintf(path, sizeof path, "/proc/%d/fd", pid);
    std::snprintf(wanted, sizeof wanted, "pipe:[%llu]", static_cast<unsigned long long>(end.inode));
    const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(path), ::closedir);
    problem = directory ? 0 : errno;
    while (const dirent* entry = directory ? ::readdir(directory.get()) : nullptr) {
        std::snprintf(path, sizeof path, "/proc/%d/fd/%.16s", pid, entry->d_name);
        const ssize_t size = ::readlink(path, there, sizeof there);
        if (size < 0 || std::string_view(there, static_cast<std::size_t>(size)) != wanted) continue;
        base::Fd opened(::open(path, (end.role == Role::input ? O_WRONLY : O_RDONLY) | O_CLOEXEC));
        problem = opened ? 0 : errno;
        if (!opened || inode_of(opened.get()) != end.inode) continue;  // the pid's process may have closed it just now
        return opened;
    }
    return {};
}

base::Fd copy_socket(const Slot& slot, std::uint32_t inode, int& problem) {
    char path[64], wanted[64], there[64];
    std::snprintf(path, sizeof path, "/proc/%d/fd", slot.pid);
    std::snprintf(wanted, sizeof wanted, "socket:[%u]", inode);
    const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(path), ::closedir);
    problem = directory ? 0 : errno;
    while (const dirent* entry = directory ? ::readdir(directory.get()) : nullptr) {
        std::snprintf(path, sizeof path, "/proc/%d/fd/%.16s", slot.pid, entry->d_name);
        const ssize_t size = ::readlink(path, there, sizeof there);
        if (size < 0 || std::string_view(there, static_cast<std::size_t>(size)) != wanted) continue;
        base::Fd copy(static_cast<int>(::syscall(SYS_pidfd_getfd, slot.pidfd, std::atoi(entry->d_name), 0)));
        problem = copy ? 0 : errno;
        if (copy && inode_of(copy.get()) == inode) return copy;
    }
    return {};
}

}  // namespace keeper
