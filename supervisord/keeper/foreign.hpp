// Programs that are not our children: their keeper was killed, and they came to another parent.  Found by what the table
// says of them, never by a number alone; watched and signalled through a pidfd; their end is known as far as the kernel
// tells it to others than a parent.
#pragma once

#include <string_view>

#include "common/base/clock.hpp"
#include "common/base/fd.hpp"
#include "supervisord/keeper/table.hpp"

namespace keeper {

/// A field of /proc/PID/stat as proc(5) numbers them, from 4 on; 0 when it is not to be had: errno.  pid 0: of this
/// process.
[[nodiscard]] std::uint64_t stat_field(pid_t pid, int field);

/// Waits for the end of a process, all of its threads and descriptors with it.
[[nodiscard]] bool is_gone_until(const base::Fd& pidfd, base::Time until);

/// What is known of the process that a slot tells of.
enum class Search {
    found,    // the same pid, the same start, and where the kernel numbers processes for good the same number
    gone,     // for certain, whoever has the pid now
    unknown,  // it cannot be looked at now: errno
};
/// A pidfd of it, when it is found.
[[nodiscard]] Search find_process(const Slot& slot, base::Fd& pidfd);

/// How a program ended whose pidfd can be read.
enum class Found {
    how,     // wstatus is set
    nothing, // it has been reaped, and nobody can tell
    later,   // it has not been reaped, and we may not look: then the kernel will tell
};
[[nodiscard]] Found look_at_end(const Slot& slot, int& wstatus);

/// The other end of a pipe of a living program, opened through one of its descriptors; empty: it has none, or errno.
[[nodiscard]] base::Fd reopen_end(pid_t pid, const Retained& end, int& problem);

/// A copy of the socket that has this inode, if the program has it open; empty, and no problem: it has not.
[[nodiscard]] base::Fd copy_socket(const Slot& slot, std::uint32_t inode, int& problem);

}  // namespace keeper
