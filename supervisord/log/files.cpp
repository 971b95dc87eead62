#include "supervisord/log/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "common/base/crash_point.hpp"
#include "supervisord/log/removal.hpp"

namespace logs {

namespace {

/// Never blocks: a FIFO without a reader is opened for reading as well, which always succeeds at once.
base::Fd open_for_append(const std::string& path, mode_t mode) {
    constexpr int how = O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
    int fd = ::open(path.c_str(), O_WRONLY | how, mode);
    if (fd < 0 && errno == ENXIO) fd = ::open(path.c_str(), O_RDWR | how, mode);
    return base::Fd(fd);
}

/// /dev/stdout and the like: links that the system made.  What they lead to may be a plain file, but its name is not ours.
bool is_link_of_the_system(const std::string& path) {
    if (!path.starts_with("/dev/") && !path.starts_with("/proc/")) return false;
    struct stat facts{};
    return ::lstat(path.c_str(), &facts) != 0 || S_ISLNK(facts.st_mode);
}

bool names(const std::string& path, const File& file) {
    struct stat facts{};
    return ::stat(path.c_str(), &facts) == 0 && facts.st_dev == file.dev && facts.st_ino == file.ino;
}

bool exists(const std::string& path) {
    struct stat facts{};
    return ::lstat(path.c_str(), &facts) == 0;
}

}  // namespace

void measure(File& file, base::Time now) {
    file.measured = now;
    struct stat facts{};
    if (!file.regular || ::fstat(file.fd.get(), &facts) != 0) return;
    file.size = facts.st_size;
    if (facts.st_nlink == 0 && std::ranges::none_of(file.paths, is_link_of_the_system)) file.stale = true;
}

Watch::Watch(Watch&& other) noexcept
    : files_(std::exchange(other.files_, nullptr)), path_(std::move(other.path_)), place_(other.place_) {}

Watch& Watch::operator=(Watch&& other) noexcept {
    std::swap(files_, other.files_);
    std::swap(path_, other.path_);
    std::swap(place_, other.place_);
    return *this;
}

Watch::~Watch() {
    if (!files_) return;
    const auto found = files_->watched_.find(path_);
    found->second.erase(place_);
    if (found->second.empty()) files_->watched_.erase(found);
}

/// Nothing is spliced to what is open for appending, which means nothing where there is no size.
void Files::stage(File& file) const {
    if (staging_ && ::fcntl(file.fd.get(), F_SETFL, O_NONBLOCK) == 0) file.staging = staging_;
}

Opened Files::open(const std::string& path, mode_t mode) {
    auto file = std::make_shared<File>();
    file->fd = open_for_append(path, mode);
    if (!file->fd) return {nullptr, errno};
    struct stat facts{};
    if (::fstat(file->fd.get(), &facts) != 0) return {nullptr, errno};

    std::erase_if(open_, [](const auto& weak) { return weak.expired(); });
    for (const auto& weak : open_) {
        auto other = weak.lock();
        if (other->dev != facts.st_dev || other->ino != facts.st_ino || other->stale) continue;
        if (std::ranges::find(other->paths, path) == other->paths.end()) other->paths.push_back(path);
        return {std::move(other), 0};
    }
    file->dev = facts.st_dev;
    file->ino = facts.st_ino;
    file->mode = facts.st_mode & 0777;
    file->regular = S_ISREG(facts.st_mode);
    file->size = file->regular ? facts.st_size : 0;
    if (!file->regular) stage(*file);
    file->paths.push_back(path);
    open_.push_back(file);
    return {std::move(file), 0};
}

void Files::changed(const File& file) { tell_all(file, Watch::Change::any); }

void Files::tell_all(const File& file, Watch::Change change) {
    if (watched_.empty()) return;
    for (const auto& path : file.paths) tell(path, change, &file);
}

void Files::tell(std::string_view path, Watch::Change change, const File* file) {
    const auto found = watched_.find(path);
    if (found == watched_.end()) return;
    for (const auto& callback : found->second) callback(change, file);
}

Opened Files::rotate(const std::shared_ptr<File>& file, const std::string& path, const Limits& limits) {
    if (!file->regular || is_link_of_the_system(path)) return {file, 0};
    if (names(path, *file)) {  // else somebody has moved or removed it: what has the name now is the successor
        if (limits.backups <= 0) {
            tell_all(*file, Watch::Change::emptying);
            base::crash_point("rotation.truncate");
            if (::ftruncate(file->fd.get(), 0) != 0) return {file, errno};
            file->size = 0;
            file->line = {};
            tell_all(*file, Watch::Change::emptied);
            return {file, 0};
        }
        std::int64_t gap = 1;
        while (gap < limits.backups && exists(backup_name(path, gap))) ++gap;
        // Removed, and not replaced by the next: at that ext4 would write out all of the other file, and we would wait.
        if (const int error = remove_in_background(backup_name(path, gap)); error != 0 && error != ENOENT) return {file, error};
        for (const auto& [from, to] : rotation(path, limits.backups, gap)) {
            base::crash_point("rotation.rename");
            if (::rename(from.c_str(), to.c_str()) != 0) return {file, errno};
        }
        base::crash_point("rotation.create");
    }
    auto successor = open(path, file->mode);
    if (!successor.file) return {file, successor.error};
    file->stale = true;
    changed(*file);
    return successor;
}

int Files::clear(const std::string& path) {
    struct stat facts{};
    mode_t mode = 0666;
    if (::stat(path.c_str(), &facts) == 0) {
        if (!S_ISREG(facts.st_mode) || is_link_of_the_system(path)) return EINVAL;
        mode = facts.st_mode & 0777;
        if (const int error = remove_in_background(path)) return error;
        for (const auto& weak : open_)
            if (const auto file = weak.lock(); file && file->dev == facts.st_dev && file->ino == facts.st_ino) file->stale = true;
    } else if (errno != ENOENT) {
        return errno;
    }
    base::crash_point("clear.create");
    const base::Fd created(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, mode));
    if (!created) return errno;
    tell(path, Watch::Change::any, nullptr);
    return 0;
}

Watch Files::watch(const std::string& path, Watch::Callback callback) {
    Watch watch;
    auto& callbacks = watched_[path];
    watch.place_ = callbacks.insert(callbacks.end(), std::move(callback));
    watch.files_ = this;
    watch.path_ = path;
    return watch;
}

}  // namespace logs
