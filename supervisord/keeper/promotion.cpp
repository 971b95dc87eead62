#include "supervisord/keeper/promotion.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "common/base/clock.hpp"
#include "common/base/crash_point.hpp"
#include "supervisord/keeper/start.hpp"
#include "supervisord/keeper/table_file.hpp"

namespace keeper {

namespace {

int end_of(const Ends& ends, Role role) {
    if (role == Role::input) return ends.input;
    if (role == Role::output) return ends.output;
    return role == Role::error ? ends.error : -1;
}

void keep(int fd) {
    if (fd >= 0) base::set_close_on_exec(fd, false);
}

void write_numbers(Table& table, std::span<const Ends> programs, std::span<const Holding> held) {
    std::map<std::pair<std::string_view, std::uint64_t>, const Ends*> known;
    for (const auto& ends : programs) known.emplace(std::pair(std::string_view(ends.name), ends.inc), &ends);
    for (std::uint32_t number = 0; number < table.header().backed; ++number) {
        Slot& slot = table.slot(number);
        const auto found = known.find({std::string_view(slot.name, ::strnlen(slot.name, name_size)), slot.inc});
        const Ends* ends = found != known.end() ? found->second : nullptr;
        slot.pidfd = ends ? ends->pidfd : -1;
        keep(slot.pidfd);
        for (auto& end : slot.retained) {
            end.fd = ends ? end_of(*ends, end.role) : -1;
            keep(end.fd);
        }
    }
    std::unordered_map<std::string, std::uint32_t> inodes;
    for (const auto& entry : std::span(table.header().held, table.header().held_used)) inodes.emplace(entry.name, entry.inode);
    std::memset(static_cast<void*>(table.header().held), 0, sizeof table.header().held);
    table.header().held_used = 0;
    for (const auto& one : held)
        if (one.fd >= 0 && table.put(one.name, one.fd, inodes[one.name]).err == 0) keep(one.fd);
}

}  // namespace

Ends ends_of(const Slot& slot) {
    Ends ends{.name = std::string(slot.name, ::strnlen(slot.name, name_size)), .inc = slot.inc, .pidfd = slot.pidfd};
    for (const auto& end : slot.retained) {
        if (end.role == Role::input) ends.input = end.fd;
        if (end.role == Role::output) ends.output = end.fd;
        if (end.role == Role::error) ends.error = end.fd;
    }
    return ends;
}

bool keeper_is_gone(pid_t keeper) {
    // The link is closed a moment before it is dead.
    for (const base::Time until = base::now() + std::chrono::seconds(5); ::getppid() == keeper; ::poll(nullptr, 0, 1))
        if (base::now() > until) return false;
    return true;
}

int become_keeper(std::span<const Ends> programs, std::span<const Holding> held, Upgrade upgrade,
                  std::span<char* const> arguments, const Execute& execute) {
    // From here on a signal waits for the keeper that we will be.
    sigset_t all;
    sigfillset(&all);
    ::sigprocmask(SIG_SETMASK, &all, nullptr);
    TableFile file;  // not of a copy of the descriptor: there may be no more to be had
    if (!file.adopt(base::Fd(live_table_fd))) return errno;
    Table table(file.memory(), static_cast<Header*>(file.memory())->capacity);
    close_all_on_exec();
    base::crash_point("promotion.begins");
    write_numbers(table, programs, held);
    table.header().upgrade = upgrade;
    base::crash_point("promotion.written");
    if (::dup2(controller_boot_fd, boot_fd) < 0) return errno;
    keep(live_table_fd);
    std::vector<char*> all_arguments;
    for (const char* one : {"supervisord", "--keeper", promoted_argument}) all_arguments.push_back(const_cast<char*>(one));
    all_arguments.insert(all_arguments.end(), arguments.begin(), arguments.end());
    all_arguments.push_back(nullptr);
    return execute("/proc/self/exe", all_arguments.data());
}

}  // namespace keeper
