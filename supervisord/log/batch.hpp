// The steps of one batch in its lane, shared by Output, which does them for the first time, and Journal::recover, which
// does them for a controller that died (journal.hpp has the whole protocol).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "supervisord/log/files.hpp"
#include "supervisord/log/lane.hpp"
#include "supervisord/log/stream.hpp"
#include "supervisord/log/syslog.hpp"

namespace logs {

/// What a batch becomes: the same each time it is asked for.
struct Made {
    std::string_view raw;
    std::string_view text;  // in the lane
    std::string lines;      // where something is to stand in front of each line of the text
    bool has_prefix = false;
    std::vector<Piece> pieces;  // with capture: the text and what was captured, in order
    StreamState after;

    /// What goes to the log.
    [[nodiscard]] std::string_view logged() const { return has_prefix ? std::string_view(lines) : text; }
};
/// start: offset of the lane's bytes in the journal, against which pos counts.
[[nodiscard]] Made make_text(Lane& lane, std::int64_t start);

/// Whether this is what we write, and not what somebody has written over.
template <std::size_t Size>
[[nodiscard]] bool is_text(const char (&field)[Size]) { return ::strnlen(field, Size) < Size; }
[[nodiscard]] bool is_whole(const StreamState& state);
/// Of a lane that is not free.
[[nodiscard]] bool is_whole(const Lane& lane, std::int64_t start);

[[nodiscard]] inline bool has(const Lane& lane, std::uint32_t bits) {
    return (lane.word.load(std::memory_order_acquire) & bits) != 0;
}
/// The state before the batch; after its commit, the one that it led to.
[[nodiscard]] inline unsigned index_of(const Lane& lane) { return has(lane, word::index) ? 1 : 0; }

/// The lane is free: nobody's, or given back.
[[nodiscard]] inline bool is_free(const Lane& lane) { return !has(lane, word::active | word::pending); }

void activate(Lane& lane);
/// Nothing was in the pipe.
void abandon(Lane& lane);
void park(Lane& lane);

/// Which log the text goes to, and from where on its growth counts.
void aim(Lane& lane, const File& file);
/// The same for a parked batch, which is then no longer parked.
void resume(Lane& lane, const File& file);

/// After the death of who was writing: what of the text is in a log without a size is known again, when it is known how much
/// is left in the staging.  Before anything else is put there.
void settle_staged(Lane& lane, std::optional<std::size_t> left);

/// Writes what is not yet in the log.  0, or an errno: `written` says how far it came.
[[nodiscard]] int write_log(Lane& lane, std::string_view text, File& file);
[[nodiscard]] int write_syslog(Lane& lane, std::string_view text, std::string_view process, Syslog& syslog);

void commit(Lane& lane, const StreamState& after);
/// After the hook: the state goes to the stream, the lane is free.
void settle(Lane& lane, StreamState* row);

/// Of an interrupted batch that is not parked: how much of its text is in the log of that path, going by the size of
/// the log, and by its content where others may have written to it.
[[nodiscard]] std::uint64_t text_in_log(const Lane& lane, std::string_view text);

}  // namespace logs
