#include "supervisord/keeper/obstacle.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>
#include <tuple>
#include <vector>

#include "common/base/clock.hpp"
#include "common/base/fd.hpp"
#include "common/base/text.hpp"
#include "supervisord/keeper/foreign.hpp"
#include "supervisord/keeper/start.hpp"
#include "supervisord/keeper/table_file.hpp"

namespace keeper {

namespace {

// What no version moves, so that each can tell of the programs of another: of the header all up to keeper_pid, of a slot
// all up to born_ticks, in steps of slot_size from slots_offset on.
static_assert(offsetof(Header, version) == 8 && offsetof(Header, slot_size) == 12 && offsetof(Header, slots_offset) == 16 &&
              offsetof(Header, backed) == 24 && offsetof(Header, boot_id) == 32 && offsetof(Header, pid_namespace) == 72 &&
              offsetof(Header, keeper_pid) == 80);
static_assert(offsetof(Slot, inc) == 8 && offsetof(Slot, state) == 16 && offsetof(Slot, pid) == 20 &&
              offsetof(Slot, pidfd_inode) == 32 && offsetof(Slot, born_pid) == 40 && offsetof(Slot, born_ticks) == 56);
constexpr std::size_t common_part = offsetof(Slot, born_ticks) + sizeof(Slot::born_ticks);

/// Pids of programs that live, or that cannot be looked at.
std::string living(int fd, const Header& header) {
    std::string pids;
    if (header.slot_size < common_part) return pids;  // no version's
    for (std::uint32_t number = 0; number < header.backed; ++number) {
        const std::size_t at = header.slots_offset + std::size_t{number} * header.slot_size;
        alignas(Slot) char bytes[sizeof(Slot)] = {};
        if (::pread(fd, bytes, common_part, static_cast<off_t>(at)) != static_cast<ssize_t>(common_part)) break;
        const auto& slot = *reinterpret_cast<const Slot*>(bytes);
        if (slot.state != SlotState::alive && slot.state != SlotState::spawning) continue;
        base::Fd pidfd;
        if (find_process(slot, pidfd) != Search::gone) pids += base::concat(pids.empty() ? "" : ", ", slot.born_pid);
    }
    return pids;
}

constexpr std::chrono::seconds dying_time{2};

constexpr std::size_t status_limit = std::size_t{1} << 20;  // it names all groups of its user

/// It has ended, or nothing can keep it from that any more.
bool is_doomed(pid_t pid, const base::Fd& pidfd) {
    const auto status = base::read_file(base::concat("/proc/", pid, "/status"), status_limit);
    if (!status) return is_gone_until(pidfd, base::now());  // else we may not look
    const auto field = [&status](std::string_view name) -> std::string_view {
        const std::size_t at = status->find(base::concat('\n', name, ":\t"));
        return at == std::string::npos ? std::string_view() : std::string_view(*status).substr(at + name.size() + 3);
    };
    const auto pending = [&field](std::string_view name) {
        const auto bits = std::strtoull(std::string(field(name).substr(0, 16)).c_str(), nullptr, 16);
        return (bits >> (SIGKILL - 1) & 1) != 0;
    };
    constexpr std::uint64_t exiting = 4;  // PF_EXITING
    const auto state = field("State").substr(0, 1);
    return state == "Z" || state == "X" || pending("SigPnd") || pending("ShdPnd") || (stat_field(pid, 9) & exiting) != 0;
}

}  // namespace

void await_killed(const std::string& directory) {
    int problem = 0;
    const base::Fd fd = open_table(directory.c_str(), false, problem);
    const auto header = std::make_unique<Header>();
    if (!fd || ::pread(fd.get(), header.get(), sizeof *header, 0) != static_cast<ssize_t>(sizeof *header) ||
        header->magic != Header::right_magic || header->version != Header::right_version || origin_of(*header) != Origin::here)
        return;
    std::vector<base::Fd> dying;
    for (const pid_t pid : {header->keeper_pid, header->controller_pid}) {
        if (pid <= 1) continue;
        base::Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
        if (!pidfd) continue;
        if (!is_doomed(pid, pidfd)) return;
        dying.push_back(std::move(pidfd));
    }
    const base::Time until = base::now() + dying_time;
    for (const auto& pidfd : dying) std::ignore = is_gone_until(pidfd, until);
    std::ignore = lock_table(fd.get());  // a child of theirs between fork and exec has all that they had
}

bool has_table(const std::string& directory) {
    int problem = 0;
    return static_cast<bool>(open_table(directory.c_str(), false, problem));
}

bool works(const std::string& directory, pid_t keeper) {
    int problem = 0;
    const base::Fd fd = open_table(directory.c_str(), false, problem);
    const auto header = std::make_unique<Header>();
    return fd && ::pread(fd.get(), header.get(), sizeof *header, 0) == static_cast<ssize_t>(sizeof *header) &&
           header->magic == Header::right_magic && header->version == Header::right_version && header->keeper_pid == keeper &&
           header->ever_ready != 0;
}

bool is_of_another(const std::string& directory, std::span<const std::string> servers) {
    int problem = 0;
    const base::Fd fd = open_table(directory.c_str(), false, problem);
    const auto header = std::make_unique<Header>();
    if (servers.empty() || !fd || ::pread(fd.get(), header.get(), sizeof *header, 0) != static_cast<ssize_t>(sizeof *header) ||
        header->magic != Header::right_magic || header->version != Header::right_version || header->held_used > held_limit ||
        ::access(base::concat("/proc/", header->keeper_pid).c_str(), F_OK) != 0 || lock_table(fd.get()))
        return false;
    return std::ranges::none_of(std::span(header->held, header->held_used), [&](const HeldDescriptor& entry) {
        const std::string_view name(entry.name, ::strnlen(entry.name, name_size));
        return std::ranges::find(servers, name) != servers.end();
    });
}

std::string find_obstacle(const std::string& directory) {
    int problem = 0;
    const base::Fd fd = open_table(directory.c_str(), false, problem);
    const auto header = std::make_unique<Header>();
    const auto known = static_cast<ssize_t>(offsetof(Header, controller_pid));
    if (!fd || ::pread(fd.get(), header.get(), sizeof *header, 0) < known || header->magic != Header::right_magic ||
        origin_of(*header) == Origin::elsewhere)
        return "";
    if (!lock_table(fd.get())) {
        // Who has it may have taken another's place meanwhile.
        std::ignore = ::pread(fd.get(), header.get(), sizeof *header, 0);
        if (::access(base::concat("/proc/", header->keeper_pid).c_str(), F_OK) == 0)
            return base::concat("Another program is already running as this supervisord: process ", header->keeper_pid,
                                ", with the same user, identifier and pidfile.  Shut this program down first before "
                                "starting supervisord.");
        return "a controller that has lost its keeper and does not answer still has the programs; it must end first";
    }
    if (header->version == Header::right_version) return "";
    const std::string pids = living(fd.get(), *header);
    if (pids.empty()) return "";
    return base::concat("programs of a supervisord of another version, which was killed, are still running (pids ", pids,
                        ").  Start that version again to have them under control, or end them, before starting this one.");
}

}  // namespace keeper
