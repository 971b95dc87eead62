#include "supervisord/keeper/takeover.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <map>
#include <cstring>
#include <memory>
#include <span>

#include "common/base/clock.hpp"
#include "common/base/fd.hpp"
#include "common/base/text.hpp"
#include "supervisord/keeper/foreign.hpp"
#include "supervisord/keeper/table_file.hpp"

namespace keeper {

namespace {

constexpr std::chrono::seconds patience{10};
constexpr std::chrono::seconds patience_with_others{60};
constexpr int rounds = 5;

using Owners = std::map<pid_t, base::Fd>;  // with their pidfds

/// Calls for each entry of a directory of /proc that is a number.
template <class Call>
void for_each_number(const std::string& path, Call call) {
    const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(path.c_str()), ::closedir);
    while (const dirent* entry = directory ? ::readdir(directory.get()) : nullptr) {
        int number = 0;
        if (base::parse_digits(std::string_view(entry->d_name), number)) call(number);
    }
}

/// Whether a process has this file open, and has the lock by that: a start that only looks has not.
bool owns(pid_t pid, const struct stat& table) {
    bool found = false;
    const std::string process = base::concat("/proc/", pid);
    for_each_number(process + "/fd", [&](int number) {
        struct stat facts{};
        if (found || ::stat(base::concat(process, "/fd/", number).c_str(), &facts) != 0 || facts.st_ino != table.st_ino ||
            facts.st_dev != table.st_dev)
            return;
        const base::Fd info(::open(base::concat(process, "/fdinfo/", number).c_str(), O_RDONLY | O_CLOEXEC));
        char text[2048];
        const ssize_t size = info ? ::read(info.get(), text, sizeof text) : 0;
        found = size > 0 && std::string_view(text, static_cast<std::size_t>(size)).find("FLOCK") != std::string_view::npos;
    });
    return found;
}

bool send(const base::Fd& pidfd, int number) { return ::syscall(SYS_pidfd_send_signal, pidfd.get(), number, nullptr, 0) == 0; }

/// Those that were not known yet.  The pidfd is of the process that owns the table: it was looked at between.
Owners new_owners(const struct stat& table, const Owners& known) {
    Owners found;
    for_each_number("/proc", [&](pid_t pid) {
        if (pid <= 1 || pid == ::getpid() || known.contains(pid) || !owns(pid, table)) return;
        base::Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
        if (pidfd && owns(pid, table)) found.emplace(pid, std::move(pidfd));
    });
    return found;
}

/// As in proc(5): 'T' is one that was stopped.
char state_of(pid_t pid) {
    const auto text = base::read_file(base::concat("/proc/", pid, "/stat"), 4096);
    const std::size_t name_end = text ? text->rfind(')') : std::string::npos;
    return name_end != std::string::npos && name_end + 2 < text->size() ? (*text)[name_end + 2] : '?';
}

}  // namespace

base::Result<base::Fd> take_turn(const std::string& directory) {
    base::Fd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    for (const base::Time until = base::now() + patience_with_others; fd && ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0; ::poll(nullptr, 0, 20))
        if (errno != EWOULDBLOCK || base::now() > until)
            return base::Error{base::concat("another start with --takeover has been under way for a long time, or ", directory,
                                            " cannot be locked: ", base::errno_text(errno))};
    return fd;
}

Incumbent find_incumbent(const std::string& directory) {
    int problem = 0;
    const base::Fd file = open_table(directory.c_str(), false, problem);
    const auto header = std::make_unique<Header>();
    const auto known = static_cast<ssize_t>(offsetof(Header, controller_pid));  // what no version moves (obstacle.cpp)
    Incumbent found;
    if (!file || ::pread(file.get(), header.get(), sizeof *header, 0) < known || header->magic != Header::right_magic ||
        lock_table(file.get()))
        return found;
    found.keeper = header->keeper_pid;
    found.is_of_this_version = header->version == Header::right_version && header->held_used <= held_limit;
    found.stands_still = state_of(found.keeper) == 'T';
    if (!found.is_of_this_version) return found;
    for (const auto& entry : std::span(header->held, header->held_used))
        if (entry.name[0] != '\0') found.holds.emplace_back(entry.name, ::strnlen(entry.name, name_size));
    return found;
}

base::Result<std::vector<pid_t>> end_owners(const std::string& directory) {
    int problem = 0;
    struct stat table{};
    {
        const base::Fd file = open_table(directory.c_str(), false, problem);
        if (!file || ::fstat(file.get(), &table) != 0) return std::vector<pid_t>();
    }
    Owners owners;
    const auto give_up = [&owners](pid_t pid, std::string_view why) {
        for (const auto& [other, pidfd] : owners) send(pidfd, SIGCONT);
        return base::Error{base::concat("process ", pid, " cannot be ended: ", why)};
    };
    for (int round = 0; round < rounds; ++round) {
        auto found = new_owners(table, owners);
        if (found.empty()) break;
        for (auto& [pid, pidfd] : found) {
            if (!send(pidfd, SIGSTOP) && errno != ESRCH) return give_up(pid, base::errno_text(errno));
            owners.emplace(pid, std::move(pidfd));
        }
    }
    // A controller before its keeper: one that stands still and loses its parent is continued by the kernel (its process
    // group is an orphan then), and would take the keeper's place.
    std::vector<pid_t> ended;
    const base::Time until = base::now() + patience;
    for (const bool children : {true, false}) {
        for (const auto& [pid, pidfd] : owners) {
            if (owners.contains(static_cast<pid_t>(stat_field(pid, 4))) != children || std::ranges::count(ended, pid) > 0) continue;
            send(pidfd, SIGKILL);
            if (!is_gone_until(pidfd, until)) return give_up(pid, "it has had SIGKILL, and does not go");
            ended.push_back(pid);
        }
    }
    std::ranges::sort(ended);
    return ended;
}

}  // namespace keeper
