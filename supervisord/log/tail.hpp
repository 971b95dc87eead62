// Pieces of log files for readLog, readProcess*Log and tailProcess*Log: the tables of compat/rpc.md, section 4.6.
// Bytes as they are; the caller makes text of them.  Does not keep anything open.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

namespace logs {

/// Most bytes that one answer may hold; who asks for more is refused.
inline constexpr std::int64_t piece_limit = 64 * 1024 * 1024;

struct CannotRead {
    enum class Why {
        bad_arguments,  // fault BAD_ARGUMENTS, without detail
        no_file,        // NO_FILE: the path
        failed,         // FAILED: the detail, if there is one
    };
    Why why = Why::failed;
    std::string detail;
};

using LogPiece = std::variant<std::string, CannotRead>;
[[nodiscard]] LogPiece read_log(const std::string& path, std::int64_t offset, std::int64_t length);

struct Tail {
    std::string bytes;
    std::int64_t offset = 0;  // size of the file
    bool overflow = false;    // there was more than was asked for

    bool operator==(const Tail&) const = default;
};
/// A file that is missing or cannot be read is an empty one.
[[nodiscard]] Tail tail_log(const std::string& path, std::int64_t offset, std::int64_t length);

}  // namespace logs
