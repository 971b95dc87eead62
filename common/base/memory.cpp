#include "common/base/memory.hpp"

#include <link.h>
#include <malloc.h>
#include <sys/mman.h>

#include <cstdint>

namespace base {

void forget_start() {
    ::malloc_trim(0);
    // Only segments that are not writable: their pages are the file's, nothing of ours is in them.
    ::dl_iterate_phdr(
        [](dl_phdr_info* object, std::size_t, void*) {
            constexpr std::uintptr_t page = 4096;
            for (int number = 0; number < object->dlpi_phnum; ++number) {
                const auto& segment = object->dlpi_phdr[number];
                if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W)) continue;
                const std::uintptr_t begin = (object->dlpi_addr + segment.p_vaddr) / page * page;
                const std::uintptr_t end = object->dlpi_addr + segment.p_vaddr + segment.p_memsz;
                ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
            }
            return 0;
        },
        nullptr);
}

}  // namespace base
