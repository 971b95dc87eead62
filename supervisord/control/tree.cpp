#include "supervisord/control/tree.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <memory>

#include "common/base/fd.hpp"
#include "common/base/text.hpp"
#include "supervisord/keeper/message.hpp"

namespace control {

using base::concat;
using process::Kin;

namespace {

constexpr std::size_t stat_limit = 4096, environment_limit = 1 << 20;  // bytes
constexpr int kill_rounds = 10;

/// "" when it is not to be had.  /proc gives files no size.
std::string read_proc(pid_t pid, std::string_view what, std::size_t limit) {
    const base::Fd file(::open(concat("/proc/", pid, "/", what).c_str(), O_RDONLY | O_CLOEXEC));
    std::string text;
    while (file && text.size() < limit) {
        const std::size_t had = text.size();
        text.resize(std::min(limit, std::max(stat_limit, had * 2)));
        const ssize_t size = ::read(file.get(), text.data() + had, text.size() - had);
        text.resize(had + static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
        if (size <= 0) break;
    }
    return text;
}

std::vector<Kin> all_processes() {
    std::vector<Kin> all;
    const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir("/proc"), ::closedir);
    while (const dirent* entry = directory ? ::readdir(directory.get()) : nullptr) {
        std::int64_t pid = 0;
        if (!base::parse_digits(entry->d_name, pid)) continue;
        if (const auto one = process::parse_stat(read_proc(static_cast<pid_t>(pid), "stat", stat_limit))) all.push_back(*one);
    }
    return all;
}

bool has_variable(pid_t pid, std::string_view variable) {
    const std::string environment = read_proc(pid, "environ", environment_limit);
    for (std::size_t at = 0; (at = environment.find(variable, at)) != std::string::npos; ++at) {
        const std::size_t end = at + variable.size();
        if ((at == 0 || environment[at - 1] == '\0') && (end == environment.size() || environment[end] == '\0')) return true;
    }
    return false;
}

/// 0 or errno; ESRCH also when another process has its number by now.
int send(const Kin& one, int number) {
    const base::Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, one.pid, 0)));
    if (!pidfd) return errno;
    const auto now = process::parse_stat(read_proc(one.pid, "stat", stat_limit));
    if (!now || now->start != one.start) return ESRCH;
    return ::syscall(SYS_pidfd_send_signal, pidfd.get(), number, nullptr, 0) == 0 ? 0 : errno;
}

bool is_reaped(int pidfd) { return pidfd >= 0 && ::syscall(SYS_pidfd_send_signal, pidfd, 0, nullptr, 0) != 0 && errno == ESRCH; }

}  // namespace

std::string tree_mark(std::string_view group, std::string_view process) {
    // The table outlives every keeper and controller, and no other supervisord has this one.
    struct stat table{};
    (void)::fstat(keeper::live_table_fd, &table);
    return concat(table.st_dev, "-", table.st_ino, ":", group, ":", process);
}

void Tree::begin() {
    members_.clear();
    numbered_ = true;
}

const std::vector<Kin>& Tree::look(Leader leader) {
    const auto all = all_processes();
    const bool is_gone = is_reaped(leader.pidfd);
    if (is_gone && std::ranges::any_of(all, [&](const Kin& one) { return one.pid == leader.pid; })) numbered_ = false;
    const auto fosters = process::ancestors(all, ::getpid());
    members_ = process::family(all, numbered_ ? leader.pid : 0, members_, fosters,
                               [&](const Kin& one) { return has_variable(one.pid, variable_); });
    std::erase_if(members_, [&](const Kin& one) { return one.pid == leader.pid && !is_gone; });
    const bool has_numbered = std::ranges::any_of(
        members_, [&](const Kin& one) { return one.group == leader.pid || one.session == leader.pid; });
    if (is_gone && !has_numbered) numbered_ = false;
    return members_;
}

int Tree::signal(Leader leader, int number) {
    std::vector<Kin> sent;
    int refused = 0;
    for (int round = 0; round < (number == SIGKILL ? kill_rounds : 1); ++round) {
        const std::size_t before = sent.size();
        for (const auto& one : look(leader)) {
            if ((numbered_ && one.group == leader.pid) || std::ranges::any_of(sent, [&](const Kin& was) { return was.is(one); }))
                continue;
            sent.push_back(one);
            if (send(one, number) == EPERM) ++refused;
        }
        if (sent.size() == before) break;
    }
    return refused;
}

}  // namespace control
