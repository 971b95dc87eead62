#include "common/base/memory_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>

#include <cerrno>

namespace base {

Fd make_memory_file(const char* name) {
    constexpr unsigned never_executed = 8;  // MFD_NOEXEC_SEAL, Linux 6.3: not in these headers yet
    constexpr unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
    Fd file(::memfd_create(name, flags | never_executed));  // vm.memfd_noexec=2 takes no other
    if (!file && errno == EINVAL) file = Fd(::memfd_create(name, flags));
    if (file || (errno != ENOSYS && errno != EPERM && errno != EACCES)) return file;
    const int error = errno;
    for (const char* place : {"/dev/shm", "/run", "/tmp"}) {
        file = Fd(::open(place, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
        if (file) return file;
    }
    errno = error;
    return file;
}

bool seal_memory_file(int fd) {
    return ::fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW) == 0 || errno == EPERM || errno == EINVAL;  // no memfd
}

}  // namespace base
