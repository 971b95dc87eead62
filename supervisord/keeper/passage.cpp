#include "supervisord/keeper/passage.hpp"

#include <unistd.h>

#include <cerrno>

#include "common/base/memory_file.hpp"

namespace keeper {

base::Fd write_passage(const Passage& passage) {
    base::Fd fd = base::make_memory_file("supervisord-passage");
    if (fd && ::pwrite(fd.get(), &passage, sizeof passage, 0) != static_cast<ssize_t>(sizeof passage)) fd.reset();
    return fd;
}

bool read_passage(int fd, Passage& passage) {
    if (::pread(fd, &passage, sizeof passage, 0) == static_cast<ssize_t>(sizeof passage) &&
        passage.magic == Passage::right_magic && passage.version == Passage::right_version && passage.controller > 1 &&
        passage.link >= 0 && passage.pidfile[sizeof passage.pidfile - 1] == '\0')
        return true;
    errno = EINVAL;
    return false;
}

}  // namespace keeper
