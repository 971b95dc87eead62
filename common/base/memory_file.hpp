// Files that are nowhere but in memory, for those who have their descriptors.
#pragma once

#include "common/base/fd.hpp"

namespace base {

/// An empty one.  Where there is no memfd (a filter of system calls: who wants no memory that can be written and executed
/// refuses it), a file without a name below /dev/shm, /run or /tmp.  None: errno.
[[nodiscard]] Fd make_memory_file(const char* name);

/// It is not changed any more; the kernel sees to it where it is a memfd.  False: errno.
[[nodiscard]] bool seal_memory_file(int fd);

}  // namespace base
