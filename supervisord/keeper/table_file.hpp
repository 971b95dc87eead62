// The memory under the table: a file in the runtime directory, which outlives keeper and controller and belongs to one
// keeper at a time (flock), or nameless memory where there is no such directory.  Takes disk or memory in steps, so that
// a store into it cannot fail later.
#pragma once

#include "common/base/fd.hpp"
#include "supervisord/keeper/table.hpp"

namespace keeper {

/// The file of a runtime directory, which must be ours and closed to others; make: where there is none, the directory too.
/// Empty: errno.
[[nodiscard]] base::Fd open_table(const char* directory, bool make, int& problem);
/// False: for a second another keeper, or a controller that has lost its own, has had it.
[[nodiscard]] bool lock_table(int fd);

class TableFile {
public:
    inline static constexpr std::uint32_t step = 64;  // slots

    /// With memory for no slot yet, or as a keeper and a controller that were killed have left it.  "" or a directory that
    /// will not do: nameless; `problem` says why.  False: errno; EBUSY when another supervisord has it, or the programs
    /// in it are of another version: find_obstacle() tells which.
    [[nodiscard]] bool open(const char* directory, std::uint32_t capacity, int& problem);
    /// The one that a descriptor is of, for whoever follows while the lock is held.  False: errno.
    [[nodiscard]] bool adopt(base::Fd fd);
    /// Whether open() found a table.  It may tell of another boot of the machine.
    [[nodiscard]] bool is_left() const { return is_left_; }
    /// Then it is as new.
    void forget();
    /// Another file in the directory, empty when it is to be, and when no table was left; nothing when it is nameless.
    [[nodiscard]] base::Fd open_beside(const char* directory, const char* name, bool anew) const;
    [[nodiscard]] int fd() const { return fd_.get(); }
    [[nodiscard]] void* memory() const { return memory_; }
    [[nodiscard]] std::uint32_t capacity() const { return capacity_; }
    /// Memory for so many slots.  False: errno.
    [[nodiscard]] bool back(std::uint32_t slots);
    /// At the orderly end: what is ours in the directory, and it itself when nothing else is in it.
    void remove(const char* directory) const;
    /// What a controller is born with: a memfd with all that is used of the table.  Empty: errno.
    [[nodiscard]] base::Fd copy(const Header& header) const;

private:
    [[nodiscard]] bool take(const char* directory, int& problem);
    [[nodiscard]] bool map(std::uint32_t capacity);
    [[nodiscard]] base::Fd place(const char* directory) const;

    base::Fd fd_;
    bool is_left_ = false;
    std::uint32_t capacity_ = 0;
    void* memory_ = nullptr;
};

}  // namespace keeper
