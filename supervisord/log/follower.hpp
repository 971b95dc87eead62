// Follower: a reader of a log that grows, for /logtail, /mainlogtail and tail -f (compat/rpc.md, section 1.5).  It has its
// own descriptor and offset, and passes over to the file that took the name only when it has read the old one to its end
// (Q59), also when several rotations lie between.  Does not wait: who uses it looks when Files::watch tells that
// there is something new, or when it may be.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/fd.hpp"

namespace logs {

/// How much of what is there already comes first.
inline constexpr std::int64_t follow_from = 1024;

class Follower {
public:
    explicit Follower(std::string path) : path_(std::move(path)) {}

    /// Where a follower is: bytes from the beginning of a file, which rotations do not change.
    struct Position {
        std::uint64_t file = 0;  // means that one alone, also when it is gone and another has its number
        std::int64_t offset = 0;
    };

    /// False: there is no such file, or it is none that can be followed (404).
    [[nodiscard]] bool open();
    /// The same, to go on where another was; an offset beyond the end of a file means the one after it.  False: what was
    /// there is gone.
    [[nodiscard]] bool open_at(Position position);
    [[nodiscard]] Position position() const;
    /// The file's, to be looked at only.
    [[nodiscard]] int descriptor() const { return file_.get(); }
    /// That file is about to be emptied: what was not read yet is kept, up to 1 MiB; and it has been.  When somebody else has
    /// done it, it is seen as long as the file is shorter than what was read.
    void emptying(dev_t device, ino_t inode);
    void emptied(dev_t device, ino_t inode);
    /// For Last-Modified.
    [[nodiscard]] std::time_t modified() const { return modified_; }

    /// What has come since, up to limit bytes (at least 1), or where something may be missing a line that says so.  Empty:
    /// nothing, for now; fewer than limit does not mean that.
    [[nodiscard]] std::string read(std::size_t limit);
    /// Who counts what was read does not get position() any more: it had such a line at its end, or was of another file.
    [[nodiscard]] bool has_jumped() const { return has_jumped_; }

private:
    std::string path_;
    base::Fd file_;
    dev_t dev_ = 0;
    ino_t ino_ = 0;
    std::int64_t offset_ = 0;
    std::time_t modified_ = 0;
    std::string_view notice_;  // to be told before what comes next
    std::string kept_;         // of a file that was emptied, and that it was; before what is in it now
    bool is_gap_told_ = false;  // in it, for there was no room
    bool jumps_ = false, has_jumped_ = false;

    [[nodiscard]] std::optional<std::string> read_here(std::size_t limit);
    [[nodiscard]] std::optional<std::string> read_next(std::size_t limit);
    [[nodiscard]] bool move_on();
    [[nodiscard]] std::pair<std::string, bool> oldest_after_ours() const;
    bool take(base::Fd file, std::int64_t offset);
};

}  // namespace logs
