// The log files that this process has open for appending: one open description for each file, however many streams
// write to it and by whatever names, so that each sees the rotations of the others and the journal's rule of sizes
// holds.  Tells those who watch a path when it has changed.  Does not know what is written.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.hpp"
#include "common/base/fd.hpp"
#include "common/base/result.hpp"
#include "supervisord/log/prefix.hpp"
#include "supervisord/log/rotation.hpp"

namespace logs {

class Staging;

/// One open file.  Never blocks: FIFOs and terminals answer EAGAIN.
struct File {
    base::Fd fd;
    dev_t dev = 0;
    ino_t ino = 0;
    mode_t mode = 0;                  // permissions, for the file that follows it
    bool regular = false;             // has a size, can be rotated and cleared
    Staging* staging = nullptr;       // through which is written what has none
    std::int64_t size = 0;            // as we know it; others may have changed it since it was measured
    base::Time measured{};
    std::uint64_t taken = 0;          // bytes written, ever
    bool stale = false;               // its name means another file by now: open that
    OpenLine line;                    // for those who put something in front of theirs
    int stuck = 0;                    // the errno for which somebody's batch waits for it
    std::vector<std::string> paths;   // names under which it was opened
};

/// The size as it is, whoever has changed it: logrotate's copytruncate, somebody who appends.  One that was removed, with its
/// directory or without, becomes stale: nobody would ever read what is written there.
void measure(File& file, base::Time now);

/// What open() found: a file, or an errno.
struct Opened {
    std::shared_ptr<File> file;
    int error = 0;
};

class Files;

/// A wish to be told; ends with its life.  Must not outlive its Files.
class Watch {
public:
    /// An emptying that was begun may fail: then there is no other word about it.
    enum class Change { any, emptying, emptied };
    using Callback = std::function<void(Change change, const File* file)>;  // file: with the latter two
    Watch() = default;
    Watch(Watch&& other) noexcept;
    Watch& operator=(Watch&& other) noexcept;
    ~Watch();

private:
    friend class Files;
    using Callbacks = std::list<Callback>;
    Files* files_ = nullptr;
    std::string path_;
    Callbacks::iterator place_;
};

class Files {
public:
    /// staging: for what has no size; outlives it.  None: of that one write may be done twice.
    explicit Files(Staging* staging = nullptr) : staging_(staging) {}
    Files(const Files&) = delete;
    Files& operator=(const Files&) = delete;

    [[nodiscard]] Staging* staging() const { return staging_; }

    /// For appending; created with mode (less the umask) when missing.  The same File for the same inode.
    [[nodiscard]] Opened open(const std::string& path, mode_t mode = 0666);

    /// To be called after each change of a file that was made through its descriptor.
    void changed(const File& file);

    /// Renames or empties a full log and opens its successor: file becomes stale, its successor is returned.  Only
    /// between batches, or with the batch parked.  Where the name may not be moved (no regular file, a link in /dev or /proc) nothing happens.
    /// On failure the file stays in use, error says why.
    [[nodiscard]] Opened rotate(const std::shared_ptr<File>& file, const std::string& path, const Limits& limits);

    /// Removes the file of that name and creates it anew with the same permissions; a missing one is created.
    /// EINVAL for what is no regular file (Q51).
    [[nodiscard]] int clear(const std::string& path);

    /// The callback is called after each write to, rotation of or clearing of the file of that path by this process, and
    /// before and after it empties the file where it is, in the middle of what did it: it may only take note (post to the
    /// loop, tell a Follower), not call back here.
    [[nodiscard]] Watch watch(const std::string& path, Watch::Callback callback);

private:
    friend class Watch;
    Staging* staging_;
    std::vector<std::weak_ptr<File>> open_;
    std::map<std::string, Watch::Callbacks, std::less<>> watched_;

    void stage(File& file) const;
    void tell(std::string_view path, Watch::Change change, const File* file);
    void tell_all(const File& file, Watch::Change change);
};

}  // namespace logs
