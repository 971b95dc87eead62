// The layout of the journal's memory.  Plain data, mapped by one process at a time; the one after it may be of another
// build, so a change of anything here is a change of `layout`.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "supervisord/log/capture.hpp"
#include "supervisord/log/prefix.hpp"
#include "supervisord/log/strip_ansi.hpp"

namespace logs {

inline constexpr std::uint64_t journal_magic = 0x6c6e726a'76727073;  // "sprvjrnl"
inline constexpr std::uint32_t journal_layout = 4;

inline constexpr std::size_t page = 4096;
inline constexpr std::size_t batch_limit = 256 * 1024;   // bytes out of a pipe in one batch
inline constexpr std::size_t lane_count = 32;            // one in use, the others for batches that are parked
inline constexpr std::size_t row_count = 8192;           // streams that have a state
inline constexpr std::size_t name_limit = 320;  // of a group and a process together
inline constexpr std::size_t path_limit = 4096;

/// What a stream remembers from one batch to the next.
struct StreamState {
    StripState strip;
    CaptureState capture;
    PrefixState prefix;
    std::uint64_t lost = 0;    // bytes dropped and not yet reported
    std::uint64_t passed = 0;  // bytes that have come, ever: tells one batch from another
    std::uint64_t reserved[3] = {};
};

/// A stream that the journal knows.  Not used when the name is empty.
struct Row {
    char name[name_limit];
    StreamState state;
};

/// Bits of a lane's word.
namespace word {
inline constexpr std::uint32_t active = 1;   // a batch is in the middle
inline constexpr std::uint32_t index = 2;    // which of the two states is the one before this batch
inline constexpr std::uint32_t pending = 4;  // committed; its state is not yet in its row, its text perhaps not heard
inline constexpr std::uint32_t parked = 8;   // active, and `written` is the whole truth
}  // namespace word

/// What a batch is to do besides going to a file.
namespace flag {
inline constexpr std::uint32_t strip = 1;
inline constexpr std::uint32_t syslog = 2;
inline constexpr std::uint32_t heard = 4;  // somebody wants to hear it
inline constexpr std::uint32_t last = 8;   // the end of the stream: what is held back comes out
inline constexpr std::uint32_t capture = 16;  // what stands between capture tokens is not for the log
inline constexpr std::uint32_t broken = 32;   // the line that the log ends with is ended first
}  // namespace flag

struct Lane {
    std::atomic<std::uint32_t> word;
    std::uint32_t row;       // no_row: none
    std::uint32_t flags;
    std::uint32_t staged;    // not 0: to here, but for what is left in the staging (staging.hpp), the text is in the log
    std::int64_t pos;        // offset in the journal up to which the kernel has stored bytes
    std::uint64_t dev, ino;  // of the log; 0, 0: it has no size to go by
    std::int64_t log_size;   // of the log when byte `base` of the text was to be written
    std::uint64_t base;
    std::uint64_t written;   // bytes of the text that are in the log for certain
    std::uint64_t sent;      // bytes of the text that are in syslog for certain
    StreamState state[2];
    char name[name_limit];   // of the process, for syslog
    char path[path_limit];   // of the log; empty: none
    char prefix[prefix_limit];  // before each line; empty: nothing
    alignas(page) char bytes[batch_limit];
    alignas(page) char text[batch_limit + page];  // where it differs from the bytes
};

struct JournalMap {
    std::uint64_t magic;
    std::uint32_t layout;
    std::uint32_t lanes;
    std::uint64_t size;
    std::uint32_t rows;
    std::uint32_t rows_used;  // rows beyond were never used
    alignas(page) Row row[row_count];
    alignas(page) Lane lane[lane_count];
};

static_assert(std::atomic<std::uint32_t>::is_always_lock_free);

}  // namespace logs
