// The slot table: all that the keeper must remember, as plain memory that outlives it (a file in the runtime directory)
// and that each controller is born with a copy of.  Below: the layout, the keeper's rules over it (Table), and the
// controller's view of its copy (Snapshot).  Pure but for Snapshot's map: knows no process and closes no descriptor.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "supervisord/keeper/message.hpp"

namespace keeper {

/// Who may go on after a death between fork and record: the first to change it from `spawning`.
enum class Gate : std::uint32_t { closed, spawning, committed, cancelled };
[[nodiscard]] constexpr std::uint64_t gate_word(std::uint64_t inc, Gate gate) {
    return inc << 2 | static_cast<std::uint64_t>(gate);
}

enum class SlotState : std::uint32_t {
    free,
    spawning,  // in the middle of a launch
    alive,
    exited,    // until released
};

struct Retained {
    std::int32_t fd = -1;  // the same number in the controller
    Role role = Role::none;
    std::uint8_t reserved[3] = {};
    std::uint64_t inode = 0;
};

struct Slot {
    std::atomic<std::uint64_t> gate = 0;  // gate_word
    std::uint64_t inc = 0;
    SlotState state = SlotState::free;
    std::int32_t pid = 0;
    std::int32_t pidfd = -1;              // the same number in the controller; -1 when there was none to be had
    std::uint32_t flags = 0;              // watch_group, cut_off
    std::uint64_t pidfd_inode = 0;
    std::int32_t born_pid = 0;            // written by the child itself, before it passes the gate
    std::int32_t order_err = 0;           // the result of `order`
    std::uint32_t foreign = 0;            // no child of ours: its keeper was killed
    std::uint32_t marks = 0;              // while a keeper executes itself anew: what stands beside the table else
    std::uint64_t born_ticks = 0;         // its start in clock ticks since boot, the same way; 0: unknown
    std::uint64_t order = 0;              // the last order to signal that was carried out
    Instant spawned_at;
    Ending ending;                        // when exited; group_left falls back to 0 when the group has become empty
    Retained retained[retained_limit] = {};
    char name[name_size] = {};
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

struct Note {
    std::int64_t wall = 0;  // nanoseconds since the epoch
    std::uint32_t flags = 0;  // critical
    char text[name_size - 12] = {};
};
inline constexpr std::size_t note_limit = 32;

struct Header {
    static constexpr std::uint64_t right_magic = 0x656c626174707573;  // "suptable"
    static constexpr std::uint32_t right_version = 2;

    std::uint64_t magic = right_magic;
    std::uint32_t version = right_version;
    std::uint32_t slot_size = sizeof(Slot);
    std::uint32_t slots_offset = 0;    // from the beginning, set by Table
    std::uint32_t capacity = 0;        // slots there can be
    std::uint32_t backed = 0;          // slots that have memory
    std::uint32_t used = 0;            // one past the highest slot ever used
    char boot_id[40] = {};             // of the machine
    std::uint64_t pid_namespace = 0;   // inode
    std::int32_t keeper_pid = 0;
    std::int32_t controller_pid = 0;
    Why why = Why::first;              // of the controller that has this copy
    std::uint32_t restarts = 0;        // controllers that died, or hung, before it
    std::int32_t last_wstatus = 0;     // how the one before ended
    std::uint32_t ever_ready = 0;      // some controller was
    std::uint32_t hang_limit = 0;      // seconds of silence that make a hang; 0: none do
    Upgrade upgrade = Upgrade::none;   // the last
    std::uint64_t pending_signals = 0;  // bits, until taken
    std::int32_t signal_pid = 0;       // who sent the last
    std::uint32_t signal_uid = 0;
    std::uint64_t spawns = 0, exits = 0, orphans = 0, orphans_untold = 0, bad_messages = 0;
    std::uint64_t notes_written = 0;   // the next goes to notes[notes_written % note_limit]
    std::uint64_t notes_told = 0;
    std::uint64_t held_used = 0;       // one past the last entry of `held` ever used
    Note notes[note_limit] = {};
    HeldDescriptor held[held_limit] = {};
};

/// Where slots begin.
inline constexpr std::size_t slots_offset = (sizeof(Header) + 4095) / 4096 * 4096;
[[nodiscard]] constexpr std::size_t table_bytes(std::uint32_t slots) { return slots_offset + slots * sizeof(Slot); }

/// What the keeper still has to do about a slot.
enum Mark : std::uint8_t {
    exit_untold = 1,     // the controller does not know of the exit,
    group_untold = 2,    // that the group is gone
    group_unchecked = 4,  // the leader was reaped just now: is anybody left?
    lingering = 8,       // somebody was, at the last look
    unsettled = 16,      // a foreign one has ended, and we do not know yet how
    unwatched = 32,      // a foreign one that we could not look at, or shall not hear of when it ends
};

/// The rules.  Works on zeroed memory of table_bytes(capacity), of which table_bytes(backed) may be touched.  Takes
/// memory of its own (what stands beside the table) only in back().
class Table {
public:
    Table() = default;
    Table(void* memory, std::uint32_t capacity);

    [[nodiscard]] Header& header() const { return *header_; }
    [[nodiscard]] Slot& slot(std::uint32_t number) const { return slots_[number]; }
    /// Says that so many slots have memory now.
    void back(std::uint32_t slots);

    struct Claim {
        int err = 0;  // EEXIST (slot tells which), ENOSPC: no free slot has memory
        std::uint32_t slot = 0;
    };
    /// A slot for a name, its gate at spawning.
    [[nodiscard]] Claim claim(std::string_view name, std::uint64_t inc);
    /// The launch came to nothing: the slot is free again.
    void abandon(std::uint32_t number);
    /// The child exists.
    void commit(std::uint32_t number, pid_t pid, int pidfd, Instant now);

    /// The slot of a child that is not yet reaped.
    [[nodiscard]] std::optional<std::uint32_t> find_pid(pid_t pid) const;
    [[nodiscard]] std::optional<std::uint32_t> find_name(std::string_view name) const;
    /// Whether a message means the child that this slot is about.
    [[nodiscard]] bool is(std::uint32_t number, std::uint64_t inc) const;

    /// Of a table that another keeper has left, for each slot: what it was in the middle of is settled.  True: there is
    /// such a program, no child of ours; false: there is not, the slot is to be released.
    [[nodiscard]] bool settle(std::uint32_t number, Instant now);

    /// Before this process executes itself anew: what stands beside the table goes into it,
    void save_marks();
    /// and comes back, for each slot.  Nothing is settled: the children are ours as before, and one that has not passed
    /// its gate yet will.  False: nothing is there; the slot is to be released.
    [[nodiscard]] bool resume(std::uint32_t number);

    /// The child was reaped.
    void exit(std::uint32_t number, const Ending& ending);
    /// A look at the process group of a child that was reaped; answers a mark group_unchecked or lingering.
    void group_seen(std::uint32_t number, bool somebody_left);
    /// Whether it can be released: exited, and no other incarnation.
    [[nodiscard]] bool is_released_by(std::uint32_t number, std::uint64_t inc) const;
    /// Frees it.  What it holds was closed before.
    void release(std::uint32_t number);

    /// The first slot from a number on with one of these marks.
    [[nodiscard]] std::optional<std::uint32_t> find_marked(std::uint8_t marks, std::uint32_t from = 0) const;
    [[nodiscard]] std::uint8_t marks(std::uint32_t number) const { return marks_[number]; }
    void mark(std::uint32_t number, Mark mark) { marks_[number] |= mark; }
    void unmark(std::uint32_t number, Mark mark) { marks_[number] &= static_cast<std::uint8_t>(~mark); }
    /// The controller knows.
    void told(std::uint32_t number) { marks_[number] &= static_cast<std::uint8_t>(~(exit_untold | group_untold)); }
    /// The next controller has it all in its copy.
    void all_told();

    /// Slots whose child is not reaped.
    [[nodiscard]] std::uint32_t alive() const { return alive_; }

    struct Put {
        int err = 0;        // ENOSPC
        int replaced = -1;  // what was held under that name
    };
    [[nodiscard]] Put put(std::string_view name, int fd, std::uint32_t inode = 0);
    /// What was held under that name, or -1.
    [[nodiscard]] int drop(std::string_view name);
    /// What is held under that name, or -1.
    [[nodiscard]] int held(std::string_view name) const;

    void note(std::string_view text, std::uint32_t flags, std::int64_t wall);

private:
    void free(std::uint32_t number);

    Header* header_ = nullptr;
    Slot* slots_ = nullptr;
    std::uint32_t alive_ = 0;
    // Beside the table, small enough to be searched from end to end: a few bytes a slot.
    std::vector<pid_t> pids_;           // of children not yet reaped
    std::vector<std::uint32_t> names_;  // hashes; 0 is a free slot
    std::vector<std::uint8_t> marks_;
};

/// The controller's copy, on table_fd.
class Snapshot {
public:
    /// Maps the copy; refuses what is not one.  The map stays for the life of the program.
    [[nodiscard]] static base::Result<Snapshot> map(int fd);

    [[nodiscard]] const Header& header() const { return *header_; }
    /// All slots that were ever used, free ones too; a slot's number is its place.
    [[nodiscard]] std::span<const Slot> slots() const { return slots_; }
    /// The descriptor held under a name, or -1.
    [[nodiscard]] int held(std::string_view name) const;

private:
    const Header* header_ = nullptr;
    std::span<const Slot> slots_;
};

}  // namespace keeper
