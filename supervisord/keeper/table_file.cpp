#include "supervisord/keeper/table_file.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <memory>
#include <span>

#include "common/base/clock.hpp"
#include "common/base/memory_file.hpp"
#include "supervisord/keeper/obstacle.hpp"

namespace keeper {

namespace {

constexpr const char* table_name = "keeper.tab";
constexpr std::chrono::seconds patience{1};  // a child between fork and exec has the lock too
constexpr int most_attempts = 10;            // each lost to a supervisord that ended meanwhile

}  // namespace

// Nobody else can put a file or a link there: the directory is ours and closed to others.
base::Fd open_table(const char* directory, bool make, int& problem) {
    if (make) ::mkdir(directory, 0700);
    const base::Fd place(::open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    struct stat facts{};
    if (!place || ::fstat(place.get(), &facts) != 0) return problem = errno, base::Fd();
    if (facts.st_uid != ::geteuid() || (facts.st_mode & 077) != 0) return problem = EPERM, base::Fd();
    base::Fd fd(::openat(place.get(), table_name, O_RDWR | (make ? O_CREAT : 0) | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!fd) problem = errno;
    return fd;
}

bool lock_table(int fd) {
    for (const base::Time until = base::now() + patience; ::flock(fd, LOCK_EX | LOCK_NB) != 0; ::poll(nullptr, 0, 5))
        if (errno != EWOULDBLOCK || base::now() > until) return false;
    return true;
}

namespace {

// The beginning of a table of our layout, all of whose slots are there.
bool read_header(int fd, Header& header) {
    struct stat facts{};
    return ::fstat(fd, &facts) == 0 && ::pread(fd, &header, sizeof header, 0) == static_cast<ssize_t>(sizeof header) &&
           header.magic == Header::right_magic && header.version == Header::right_version &&
           header.slot_size == sizeof(Slot) && header.slots_offset == slots_offset && header.held_used <= held_limit &&
           header.backed <= header.capacity && static_cast<std::size_t>(facts.st_size) >= table_bytes(header.backed);
}

// Whatever has been written over them.
void end_texts(Header& header) {
    for (auto& entry : std::span(header.held, header.held_used)) entry.name[name_size - 1] = '\0';
    for (auto& note : header.notes) note.text[sizeof note.text - 1] = '\0';
}

bool write_at(int fd, const void* from, std::size_t size, std::size_t at) {
    return ::pwrite(fd, from, size, static_cast<off_t>(at)) == static_cast<ssize_t>(size);
}

}  // namespace

bool TableFile::open(const char* directory, std::uint32_t capacity, int& problem) {
    problem = 0;
    const auto header = std::make_unique<Header>();
    if (*directory != '\0' && !take(directory, problem)) return errno = EBUSY, false;
    if (fd_) {
        is_left_ = read_header(fd_.get(), *header);
        if (is_left_) {
            if (!map(std::max(capacity, header->capacity))) return false;
            end_texts(*static_cast<Header*>(memory_));
            return true;
        }
        if (::ftruncate(fd_.get(), 0) != 0 || ::fallocate(fd_.get(), 0, 0, slots_offset) != 0) {
            problem = errno;
            fd_.reset();
        }
    }
    if (!fd_) {
        fd_ = base::make_memory_file("supervisord-table");
        if (!fd_ || ::fallocate(fd_.get(), 0, 0, slots_offset) != 0) return false;
    }
    return map(capacity);
}

// A supervisord that ends takes its table away before it lets go of it: what we have waited for may be nowhere by then.
bool TableFile::take(const char* directory, int& problem) {
    for (int attempt = 0; attempt < most_attempts; ++attempt) {
        fd_ = open_table(directory, true, problem);
        if (!fd_ && problem == ENOENT) continue;
        if (!fd_) return true;
        if (!find_obstacle(directory).empty()) return false;
        if (!lock_table(fd_.get())) {  // by somebody whom we do not know: in another PID namespace, or he began just now
            problem = errno;
            fd_.reset();
            return find_obstacle(directory).empty();
        }
        if (place(directory)) return true;
    }
    problem = ENOENT;
    fd_.reset();
    return true;
}

bool TableFile::adopt(base::Fd fd) {
    const auto header = std::make_unique<Header>();
    fd_ = std::move(fd);
    if (!fd_ || !read_header(fd_.get(), *header)) return errno = EINVAL, false;
    return map(header->capacity);
}

// The whole of what it may become; beyond the end of the file nothing is touched.
bool TableFile::map(std::uint32_t capacity) {
    void* memory = ::mmap(nullptr, table_bytes(capacity), PROT_READ | PROT_WRITE, MAP_SHARED, fd_.get(), 0);
    if (memory == MAP_FAILED) return false;
    memory_ = memory;
    capacity_ = capacity;
    return true;
}

void TableFile::forget() {
    is_left_ = ::ftruncate(fd_.get(), 0) != 0 || ::fallocate(fd_.get(), 0, 0, slots_offset) != 0;
}

// The directory, if the file that has the table's name there is ours.
base::Fd TableFile::place(const char* directory) const {
    if (*directory == '\0') return {};
    base::Fd place(::open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    struct stat there{}, ours{};
    if (!place || ::fstatat(place.get(), table_name, &there, AT_SYMLINK_NOFOLLOW) != 0 || ::fstat(fd_.get(), &ours) != 0 ||
        there.st_ino != ours.st_ino || there.st_dev != ours.st_dev)
        place.reset();
    return place;
}

base::Fd TableFile::open_beside(const char* directory, const char* name, bool anew) const {
    const base::Fd place = this->place(directory);
    const int flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | (is_left_ && !anew ? 0 : O_TRUNC);
    return place ? base::Fd(::openat(place.get(), name, flags, 0600)) : base::Fd();
}

void TableFile::remove(const char* directory) const {
    const base::Fd place = this->place(directory);
    if (!place) return;
    for (const char* name : {"notes", "journal", "events", table_name}) ::unlinkat(place.get(), name, 0);
    ::rmdir(directory);
}

bool TableFile::back(std::uint32_t slots) {
    return ::fallocate(fd_.get(), 0, 0, static_cast<off_t>(table_bytes(slots))) == 0;
}

base::Fd TableFile::copy(const Header& header) const {
    base::Fd copy = base::make_memory_file("supervisord-table-copy");
    const std::size_t head = offsetof(Header, held) + header.held_used * sizeof(HeldDescriptor);
    const std::size_t slots = header.used * sizeof(Slot);
    const char* from = static_cast<const char*>(memory_);
    if (!copy || ::ftruncate(copy.get(), static_cast<off_t>(table_bytes(header.used))) != 0 ||
        !write_at(copy.get(), from, head, 0) || !write_at(copy.get(), from + slots_offset, slots, slots_offset))
        copy.reset();
    return copy;
}

}  // namespace keeper
