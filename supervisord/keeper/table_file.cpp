#include "supervisord/keeper/table_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>

namespace keeper {

namespace {

// Nobody else can put a file or a link there: the directory is ours and closed to others.
base::Fd open_in(const char* directory, int& problem) {
    const base::Fd place(::open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    struct stat facts{};
    if (!place || ::fstat(place.get(), &facts) != 0) return problem = errno, base::Fd();
    if (facts.st_uid != ::geteuid() || (facts.st_mode & 077) != 0) return problem = EPERM, base::Fd();
    base::Fd fd(::openat(place.get(), "keeper.tab", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!fd || ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0 || ::ftruncate(fd.get(), 0) != 0)
        return problem = errno, base::Fd();
    if (::fallocate(fd.get(), 0, 0, slots_offset) != 0) return problem = errno, base::Fd();
    return fd;
}

bool write_at(int fd, const void* from, std::size_t size, std::size_t at) {
    return ::pwrite(fd, from, size, static_cast<off_t>(at)) == static_cast<ssize_t>(size);
}

}  // namespace

bool TableFile::open(const char* directory, std::uint32_t capacity, int& problem) {
    problem = 0;
    if (*directory != '\0') fd_ = open_in(directory, problem);
    named_ = static_cast<bool>(fd_);
    if (!fd_) {
        fd_ = base::Fd(::memfd_create("supervisord-table", MFD_CLOEXEC));
        if (!fd_ || ::fallocate(fd_.get(), 0, 0, slots_offset) != 0) return false;
    }
    // The whole of what it may become; beyond the end of the file nothing is touched.
    void* memory = ::mmap(nullptr, table_bytes(capacity), PROT_READ | PROT_WRITE, MAP_SHARED, fd_.get(), 0);
    if (memory == MAP_FAILED) return false;
    memory_ = memory;
    return true;
}

void TableFile::remove(const char* directory) const {
    const base::Fd place(named_ ? ::open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1);
    if (place && ::unlinkat(place.get(), "keeper.tab", 0) == 0) ::rmdir(directory);
}

bool TableFile::back(std::uint32_t slots) {
    return ::fallocate(fd_.get(), 0, 0, static_cast<off_t>(table_bytes(slots))) == 0;
}

base::Fd TableFile::copy(const Header& header) const {
    base::Fd copy(::memfd_create("supervisord-table-copy", MFD_CLOEXEC));
    const std::size_t head = offsetof(Header, held) + header.held_used * sizeof(HeldDescriptor);
    const std::size_t slots = header.used * sizeof(Slot);
    const char* from = static_cast<const char*>(memory_);
    if (!copy || ::ftruncate(copy.get(), static_cast<off_t>(table_bytes(header.used))) != 0 ||
        !write_at(copy.get(), from, head, 0) || !write_at(copy.get(), from + slots_offset, slots, slots_offset))
        copy.reset();
    return copy;
}

}  // namespace keeper
