// PURE.  When a log is rotated, and how (compat/logging.md, section 2).  The renames come in an order in which a death
// between any two of them costs no file: from the first gap in .1 .2 ... downwards, the log itself last.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace logs {

/// How large a log gets, and how many old ones are kept.
struct Limits {
    std::int64_t maxbytes = 0;  // 0 or less: never rotated
    std::int64_t backups = 0;   // 0: a full log is emptied

    bool operator==(const Limits&) const = default;
};

/// After each write: position is where the next byte would go.
[[nodiscard]] constexpr bool is_full(std::int64_t position, const Limits& limits) {
    return limits.maxbytes > 0 && position >= limits.maxbytes;
}

struct Rename {
    std::string from, to;

    bool operator==(const Rename&) const = default;
};

/// first_gap: the least n >= 1 for which path.n does not exist.  For backups >= 1.
[[nodiscard]] std::vector<Rename> rotation(const std::string& path, std::int64_t backups, std::int64_t first_gap);

[[nodiscard]] std::string backup_name(const std::string& path, std::int64_t number);

}  // namespace logs
