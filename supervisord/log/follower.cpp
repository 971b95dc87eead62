#include "supervisord/log/follower.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>

#include "supervisord/log/rotation.hpp"

namespace logs {

namespace {

constexpr std::string_view truncated = "==> File truncated <==\n";
constexpr std::string_view missing = "\n==> Rotated faster than it was read: something may be missing here <==\n";
constexpr int backups_looked_at = 1000;
constexpr std::size_t most_kept = 1 << 20;  // bytes

base::Fd open_regular(const std::string& path, struct stat& facts) {
    base::Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (fd && (::fstat(fd.get(), &facts) != 0 || !S_ISREG(facts.st_mode))) fd.reset();
    return fd;
}

/// Its number is given to another file when it is gone; when it was made is not (0 where the file system cannot tell).
std::uint64_t identity(int fd) {
    struct statx facts{};
    if (::statx(fd, "", AT_EMPTY_PATH, STATX_INO | STATX_BTIME, &facts) != 0) return 0;
    const auto born = static_cast<std::uint64_t>(facts.stx_btime.tv_sec) * 1'000'000'000 + facts.stx_btime.tv_nsec;
    return facts.stx_ino ^ born;
}

}  // namespace

Follower::Position Follower::position() const { return {identity(file_.get()), offset_}; }

bool Follower::open() {
    struct stat facts{};
    base::Fd file = open_regular(path_, facts);
    if (!file) return false;
    modified_ = facts.st_mtime;
    return take(std::move(file), std::max<std::int64_t>(0, facts.st_size - follow_from));
}

bool Follower::open_at(Position wanted) {
    struct stat facts{};
    for (int i = 0; i < backups_looked_at; ++i) {
        base::Fd file = open_regular(i == 0 ? path_ : backup_name(path_, i), facts);
        if (!file && i > 0) return false;
        if (!file || identity(file.get()) != wanted.file) continue;
        modified_ = facts.st_mtime;
        if (!take(std::move(file), 0)) return false;
        while (::fstat(file_.get(), &facts) == 0 && wanted.offset > facts.st_size) {
            wanted.offset -= facts.st_size;
            offset_ = facts.st_size;  // it is done with: on to the next
            if (!move_on()) return false;
        }
        offset_ = wanted.offset;
        return wanted.offset >= 0;
    }
    return false;
}

bool Follower::take(base::Fd file, std::int64_t offset) {
    struct stat facts{};
    if (::fstat(file.get(), &facts) != 0) return false;
    file_ = std::move(file);
    dev_ = facts.st_dev;
    ino_ = facts.st_ino;
    offset_ = offset;
    return true;
}

std::string Follower::read(std::size_t limit) {
    for (;;) {
        auto bytes = read_next(limit);
        if (!bytes) return "";
        if (!bytes->empty()) {
            has_jumped_ = std::exchange(jumps_, false);
            return *std::move(bytes);
        }
        if (!move_on()) return "";
        jumps_ = true;  // its first bytes may be long in coming
    }
}

/// Empty: that was all of this file.  Nothing: it cannot be read any more.
std::optional<std::string> Follower::read_next(std::size_t limit) {
    if (!notice_.empty()) {
        jumps_ = true;
        return std::string(std::exchange(notice_, {}));
    }
    if (kept_.empty()) return read_here(limit);
    std::string bytes = kept_.substr(0, limit);
    kept_.erase(0, bytes.size());
    if (kept_.empty()) {
        jumps_ = true;
        is_gap_told_ = false;
    }
    return bytes;
}

void Follower::emptying(dev_t device, ino_t inode) {
    if (device != dev_ || inode != ino_) return;
    while (kept_.size() < most_kept) {
        const auto bytes = read_here(most_kept - kept_.size());
        if (!bytes || bytes->empty()) return;
        kept_ += *bytes;
    }
    struct stat facts{};
    const bool is_all = ::fstat(file_.get(), &facts) == 0 && facts.st_size == offset_;
    if (!is_all && !std::exchange(is_gap_told_, true)) kept_ += missing;
    offset_ = facts.st_size;
}

void Follower::emptied(dev_t device, ino_t inode) {
    if (device != dev_ || inode != ino_) return;
    offset_ = 0;
    if (!is_gap_told_ || !kept_.ends_with(truncated)) kept_ += truncated;  // it does not grow for ever
}

std::optional<std::string> Follower::read_here(std::size_t limit) {
    struct stat facts{};
    if (!file_ || ::fstat(file_.get(), &facts) != 0) return std::nullopt;
    if (facts.st_size < offset_) {
        offset_ = 0;
        jumps_ = true;
        return std::string(truncated);
    }
    std::string bytes(std::min<std::size_t>(limit, static_cast<std::size_t>(facts.st_size - offset_)), '\0');
    ssize_t count = 0;
    do count = ::pread(file_.get(), bytes.data(), bytes.size(), offset_);
    while (count < 0 && errno == EINTR);
    if (count <= 0 && !bytes.empty()) return std::nullopt;
    bytes.resize(static_cast<std::size_t>(count));
    offset_ += count;
    return bytes;
}

/// This file is read to its end: to the one that came after it, if there is one.
bool Follower::move_on() {
    struct stat facts{};
    const auto is_here = [&](const std::string& path) {
        return ::stat(path.c_str(), &facts) == 0 && facts.st_dev == dev_ && facts.st_ino == ino_;
    };
    if (is_here(path_)) return false;

    std::string next = path_;  // unless ours is a backup that is not the youngest
    bool is_among_them = false, is_followed_by_one = false;
    for (int i = 1; i < backups_looked_at; ++i) {
        const std::string backup = backup_name(path_, i);
        is_among_them = is_here(backup);
        if (is_among_them || ::stat(backup.c_str(), &facts) != 0) break;
        next = backup;
    }
    if (!is_among_them) std::tie(next, is_followed_by_one) = oldest_after_ours();
    // What was written between our last look and the rotation; after it nobody writes there.
    if (file_ && ::fstat(file_.get(), &facts) == 0 && facts.st_size != offset_) return true;
    base::Fd file = open_regular(next, facts);
    if (!file || !take(std::move(file), 0)) return false;
    if (is_followed_by_one) notice_ = missing;
    return true;
}

/// Ours is gone: by more rotations than there are backups, or somebody has removed it.  The first of those that were written
/// to later, and whether it is a backup: then others may have been between.
std::pair<std::string, bool> Follower::oldest_after_ours() const {
    struct stat ours{}, facts{};
    std::pair<std::string, bool> next(path_, false);
    if (!file_ || ::fstat(file_.get(), &ours) != 0) return next;
    const auto is_later = [](const timespec& one, const timespec& other) {
        return std::tie(one.tv_sec, one.tv_nsec) > std::tie(other.tv_sec, other.tv_nsec);
    };
    for (int i = 1; i < backups_looked_at; ++i) {
        const std::string backup = backup_name(path_, i);
        if (::stat(backup.c_str(), &facts) != 0 || !is_later(facts.st_mtim, ours.st_mtim)) break;
        next = {backup, true};
    }
    return next;
}

}  // namespace logs
