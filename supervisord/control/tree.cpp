#include "supervisord/control/tree.hpp"

#include <dirent.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <unordered_map>

#include "common/base/clock.hpp"
#include "common/base/fd.hpp"
#include "common/base/text.hpp"

namespace control {

using base::concat;
using process::Kin;

namespace {

constexpr std::size_t proc_limit = 16 << 20, command_limit = 4096;  // bytes
constexpr int kill_rounds = 10;

/// "" when it is not to be had.
std::string read_proc(pid_t pid, std::string_view what) {
    auto text = base::read_file(concat("/proc/", pid, "/", what), proc_limit);
    return text ? *std::move(text) : "";
}

process::Census all_processes() {
    std::vector<Kin> all;
    const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir("/proc"), ::closedir);
    while (const dirent* entry = directory ? ::readdir(directory.get()) : nullptr) {
        std::int64_t pid = 0;
        if (!base::parse_digits(entry->d_name, pid)) continue;
        if (const auto one = process::parse_stat(read_proc(static_cast<pid_t>(pid), "stat"))) all.push_back(*one);
    }
    return process::Census(std::move(all));
}

/// A supervisord that one of its own programs has started has that one's mark, as has all that it starts without another:
/// by that nobody is a member.
bool is_our_own(const std::string& mark) {
    const char* ours = std::getenv(tree_variable.data());
    return ours && mark == ours;
}

/// The value of tree_variable in its environment, or "".
std::string mark_of(pid_t pid) {
    const std::string environment = concat(std::string_view("\0", 1), read_proc(pid, "environ"));
    const std::string before = concat(std::string_view("\0", 1), tree_variable, "=");
    const std::size_t at = environment.find(before);
    if (at == std::string::npos) return "";
    const std::size_t begin = at + before.size();
    return environment.substr(begin, environment.find('\0', begin) - begin);
}

std::string command_of(pid_t pid) {
    std::string command = read_proc(pid, "cmdline");
    while (command.ends_with('\0')) command.pop_back();
    command.resize(std::min(command.size(), command_limit));
    std::ranges::replace(command, '\0', ' ');
    if (!command.empty()) return command;
    std::string name = read_proc(pid, "comm");
    if (name.ends_with('\n')) name.pop_back();
    return concat("[", name, "]");
}

/// 0 or errno; ESRCH also when another process has its number by now.
int send(const Kin& one, int number) {
    const base::Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, one.pid, 0)));
    if (!pidfd) return errno;
    const auto now = process::parse_stat(read_proc(one.pid, "stat"));
    if (!now || now->start != one.start) return ESRCH;
    return ::syscall(SYS_pidfd_send_signal, pidfd.get(), number, nullptr, 0) == 0 ? 0 : errno;
}

bool is_reaped(int pidfd) { return pidfd >= 0 && ::syscall(SYS_pidfd_send_signal, pidfd, 0, nullptr, 0) != 0 && errno == ESRCH; }

}  // namespace

std::uint64_t new_tree_number() {
    std::uint64_t number = 0;
    if (::getrandom(&number, sizeof number, 0) != sizeof number) number = static_cast<std::uint64_t>(base::now().time_since_epoch().count());
    return number | 1;  // 0 is none
}

std::vector<Descendant> trees_of(const std::vector<const Process*>& leaders) {
    const process::Census all = all_processes();
    const auto fosters = all.ancestors(::getpid());
    std::unordered_map<pid_t, std::string> marks;  // each is read once
    std::vector<Descendant> found;
    for (const Process* leader : leaders) {
        const Kin* itself = leader->pid() > 0 ? all.find(leader->pid()) : nullptr;
        if (!itself) continue;
        const std::string mark = leader->tree_mark();
        const auto says_so = [&](const Kin& one) {
            if (mark.empty() || is_our_own(mark)) return false;
            const auto [at, is_new] = marks.try_emplace(one.pid);
            if (is_new) at->second = mark_of(one.pid);
            return at->second == mark;
        };
        const auto add = [&](const Kin& one) {
            found.push_back({leader->group(), leader->name(), one.pid, one.parent, command_of(one.pid)});
        };
        add(*itself);
        std::vector<Kin> inside;
        for (const pid_t pid : leader->cgroup_members())
            if (const Kin* one = all.find(pid)) inside.push_back(*one);
        for (const auto& one : all.family(leader->pid(), inside, fosters, says_so)) add(one);
    }
    return found;
}

const process::Census& Processes::now() {
    at_ = base::now();
    seen_ = all_processes();
    took_ = base::now() - at_;
    return *seen_;
}

const process::Census& Processes::lately(base::Time since) {
    return seen_ && at_ >= std::max(since, base::now() - 5 * took_) ? *seen_ : now();
}

Tree::Tree(Processes& processes, std::string_view place, std::string_view group, std::string_view process)
    : processes_(processes), place_(place), name_(concat(group, ":", process)), cgroup_("", "") {}

void Tree::begin(std::uint64_t number) {
    mark_ = number == 0 ? "" : concat(number);
    cgroup_ = Cgroup(number == 0 ? "" : place_, concat(name_, ".", mark_));
    members_.clear();
    numbered_ = true;
}

const std::vector<Kin>& Tree::look(Leader leader, const process::Census& all) {
    const auto inside = cgroup_.members();
    for (const pid_t pid : inside)
        if (const Kin* one = all.find(pid)) members_.push_back(*one);
    const bool is_gone = leader.pid == 0 || is_reaped(leader.pidfd);
    if (is_gone && (leader.pid == 0 || all.find(leader.pid))) numbered_ = false;
    const std::string mark = mark_of_orphans();
    members_ = all.family(numbered_ ? leader.pid : 0, members_, all.ancestors(::getpid()),
                          [&](const Kin& one) { return !mark.empty() && !is_our_own(mark) && mark_of(one.pid) == mark; });
    std::erase_if(members_, [&](const Kin& one) { return one.pid == leader.pid && !is_gone; });
    const bool has_numbered = std::ranges::any_of(
        members_, [&](const Kin& one) { return one.group == leader.pid || one.session == leader.pid; });
    if (is_gone && !has_numbered) numbered_ = false;
    return members_;
}

bool Tree::is_empty(Leader leader, base::Time since) { return cgroup_.is_empty() && look(leader, processes_.lately(since)).empty(); }

int Tree::signal(Leader leader, int number) {
    std::vector<Kin> sent;
    int refused = 0;
    const bool is_left_to_us = number == SIGKILL && !cgroup_.kill_all();
    if (is_left_to_us) cgroup_.freeze();  // else who forks and ends all the time gets away
    for (int round = 0; round < (number == SIGKILL ? kill_rounds : 1); ++round) {
        const std::size_t before = sent.size();
        for (const auto& one : look(leader, round == 0 ? processes_.lately() : processes_.now())) {
            if ((numbered_ && one.group == leader.pid) || std::ranges::any_of(sent, [&](const Kin& was) { return was.is(one); }))
                continue;
            sent.push_back(one);
            if (send(one, number) == EPERM) ++refused;
        }
        if (sent.size() == before) break;
    }
    if (is_left_to_us) cgroup_.thaw();
    return refused;
}

}  // namespace control
