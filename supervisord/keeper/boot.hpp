// What a start hands over: the launcher has read the arguments and the config, bound the sockets and dropped
// privileges; it writes a Boot into a memfd, leaves it on descriptor 3 and becomes the keeper.  The keeper keeps the memfd
// and hands it to every controller (descriptor 5).  Behind the struct stands a text of the launcher's for the
// controller, which the keeper does not read.
#pragma once

#include <sys/types.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/fd.hpp"
#include "common/base/result.hpp"

namespace keeper {

inline constexpr int boot_fd = 3;                // in the keeper
inline constexpr std::size_t name_size = 256;    // of a program or a held descriptor, with its NUL
inline constexpr std::size_t held_limit = 256;   // descriptors held by name
inline constexpr std::uint32_t default_slots = 16384;  // an upper limit; memory is taken as programs come

struct HeldDescriptor {
    char name[name_size];  // "unix:/run/supervisor.sock", "inet:127.0.0.1:9001", "notes", "journal"; "" is no entry
    std::int32_t fd;
    std::uint32_t inode;  // in the table: of the name of a "unix:", else of what the descriptor is of; its lower half
};

struct Boot {
    static constexpr std::uint64_t right_magic = 0x746f6f6272707573;  // "suprboot"
    static constexpr std::uint32_t right_version = 3;

    std::uint64_t magic = right_magic;
    std::uint32_t version = right_version;
    std::uint32_t slots = default_slots;  // how many programs there can be
    std::uint64_t nofile_soft = 0;        // RLIMIT_NOFILE of programs; 0 and 0: what the keeper started with
    std::uint64_t nofile_hard = 0;
    std::uint64_t text_size = 0;          // set by write_boot
    std::int32_t controller_fd = -1;      // the controller's executable (O_PATH); -1: this very binary
    std::uint32_t held_count = 0;
    std::uint32_t hang_limit = 0;         // seconds of silence after which a controller is replaced; 0: never
    std::uint32_t ignores_leftovers = 0;  // programs of a supervisord that was killed are none of ours
    char pidfile[4096] = {};              // "" for none
    char logfile[4096] = {};              // where the keeper says why it refuses to begin; "" for nowhere
    char runtime_directory[4096] = {};    // holds the table; "", or one that will not do: the table is nameless memory
    HeldDescriptor held[held_limit] = {};  // open in the keeper from its start, without close-on-exec
};

/// Seconds of an option as a limit; a day at most.
[[nodiscard]] constexpr std::uint32_t hang_limit_of(std::int64_t seconds) {
    return static_cast<std::uint32_t>(std::min<std::int64_t>(seconds, 86400));
}
/// Adds a descriptor to hold; false when the name is too long or there are too many.
[[nodiscard]] bool hold(Boot& boot, std::string_view name, int fd);
/// Copies a path into one of the two fields; false when it is too long.
[[nodiscard]] bool set_path(char (&field)[4096], std::string_view path);

/// A sealed memfd with boot and text.
[[nodiscard]] base::Result<base::Fd> write_boot(const Boot& boot, std::string_view text);
/// Maps the struct for the life of the process; refuses what is not one.
[[nodiscard]] base::Result<const Boot*> map_boot(int fd);
/// The text behind it.
[[nodiscard]] base::Result<std::string> read_boot_text(int fd);

}  // namespace keeper
