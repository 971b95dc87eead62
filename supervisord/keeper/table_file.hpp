// The memory under the table: a file in the runtime directory, which outlives keeper and controller and belongs to one
// keeper at a time (flock), or nameless memory where there is no such directory.  Takes disk or memory in steps, so that
// a store into it cannot fail later.
#pragma once

#include "common/base/fd.hpp"
#include "supervisord/keeper/table.hpp"

namespace keeper {

class TableFile {
public:
    inline static constexpr std::uint32_t step = 64;  // slots

    /// With memory for no slot yet.  "" or a directory that will not do: nameless; `problem` says why.  False: errno.
    [[nodiscard]] bool open(const char* directory, std::uint32_t capacity, int& problem);
    [[nodiscard]] void* memory() const { return memory_; }
    /// Memory for so many slots.  False: errno.
    [[nodiscard]] bool back(std::uint32_t slots);
    /// At the orderly end: the file, and its directory when nothing else is in it.
    void remove(const char* directory) const;
    /// What a controller is born with: a memfd with all that is used of the table.  Empty: errno.
    [[nodiscard]] base::Fd copy(const Header& header) const;

private:
    base::Fd fd_;
    bool named_ = false;  // else nameless, and a file that has the name is another's
    void* memory_ = nullptr;
};

}  // namespace keeper
