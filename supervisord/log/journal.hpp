// The journal: bytes on their way from a child's pipe to its log, in memory that outlives this process.  The keeper
// holds the descriptor and gives it to the next controller, which redoes or skips what was in the middle, so that no
// byte is lost or doubled wherever the controller dies.
//
// A batch takes a lane and goes through these steps; the one word in the lane says how far it came:
//   1  who, where to, size of the log; pos = 0;            word |= active
//   2  splice(pipe -> lane, &pos)     the kernel stores the new offset in the lane in the same system call
//   3  out = transform(bytes, state[index])                deterministic: can be done again
//   4  write(log, out), syslog                             how much was written: the growth of the log tells; where it
//                                                          has no size, what is left in the staging (staging.hpp)
//   5  state[index ^ 1] = new state;                       word = pending, index ^ 1   commits, with one store
//   6  the hook hears the text; a full log is rotated; the state goes to its row; word &= ~pending
// A batch whose log takes no bytes (full disk, stalled reader) is parked: it keeps its lane and says in `written` how
// far it came; others use other lanes meanwhile.
//
// Does not rotate, does not wait, knows no pipes: that is Output.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/base/fd.hpp"
#include "common/base/result.hpp"
#include "supervisord/log/files.hpp"
#include "supervisord/log/lane.hpp"
#include "supervisord/log/stream.hpp"

namespace logs {

/// Text of a batch that a dead controller had committed but perhaps not told its hook (events, copy to the main log).
struct Unheard {
    Stream stream;
    std::string raw;
    std::string text;
    std::vector<Piece> pieces;
    std::uint64_t end = 0;
};

struct Recovered {
    std::vector<Unheard> unheard;
    unsigned finished = 0;  // batches that were in the middle, and are done now
    unsigned spoilt = 0;    // batches that are none: somebody has written over them
    unsigned parked = 0;    // batches that still cannot be written; their Outputs will go on trying
};

class Journal {
public:
    [[nodiscard]] static base::Result<Journal> create();
    [[nodiscard]] static base::Result<Journal> create(base::Fd file);  // what is in it is lost
    /// Of a controller before this one.  Refuses what is no journal of this layout.
    [[nodiscard]] static base::Result<Journal> adopt(base::Fd fd);

    Journal(Journal&& other) noexcept;
    Journal& operator=(Journal&&) = delete;
    ~Journal();

    /// To hand to the keeper.
    [[nodiscard]] int fd() const { return fd_.get(); }

    /// Once, by a new controller, before anything is pumped.  May die anywhere and be done again.
    Recovered recover(Files& files);
    /// When everything of Recovered::unheard has been heard, before anything is pumped: until then another controller is told
    /// the same.
    void settle_heard();

    /// Once, when every process has its Outputs again: forgets the streams that nobody has claimed, and drops their
    /// parked batches.  Answers how many bytes of those were dropped.
    std::uint64_t forget_unclaimed();

    // For Output.
    using Row = std::uint32_t;
    static constexpr Row no_row = UINT32_MAX;
    /// The row of a stream, new or as it was left.  no_row when there is no room for another (its state is then lost
    /// when the controller dies).
    [[nodiscard]] Row claim(const Stream& stream);
    void give_up(Row row);
    /// The text of the batch of this stream that recover() found unsettled: its log may be full.  Once.
    enum class Recovery { none, whole_lines, part_of_line };
    [[nodiscard]] Recovery take_recovery(Row row);
    [[nodiscard]] bool is_claimed(Row row) const { return row < claimed_.size() && claimed_[row]; }
    [[nodiscard]] StreamState& state(Row row);
    /// A lane for a batch; there is always one.
    [[nodiscard]] unsigned free_lane() const;
    /// Before anything is written into a lane: memory for it, which a store must not find missing.  text: it is to hold
    /// other text than the bytes, for which the splice itself finds memory or fails.  False: there is none.
    [[nodiscard]] bool secure(unsigned number, bool text) const;
    /// Whether a lane would be left when this one is parked.
    [[nodiscard]] bool may_park(unsigned number) const;
    [[nodiscard]] std::optional<unsigned> parked_lane(Row row) const;
    /// After the batch: gives memory back that is seldom needed.
    void hand_back(unsigned number);
    /// How a stream is called in a lane; not longer than there is room for.
    [[nodiscard]] static std::string lane_name(const Stream& stream);
    static void name_lane(Lane& lane, Row row, const std::string& lane_name);
    [[nodiscard]] Lane& lane(unsigned number) const;
    /// Offset of a lane's bytes in the file, for splice.
    [[nodiscard]] static std::int64_t offset_of(unsigned lane);

private:
    Journal(base::Fd fd, void* memory);

    base::Fd fd_;
    JournalMap* map_ = nullptr;
    std::unordered_map<std::string, Row> rows_;  // by name
    std::vector<bool> claimed_;
    std::vector<Row> free_rows_;
    std::unordered_map<Row, Recovery> recoveries_;
    std::vector<unsigned> unheard_;  // lanes

    [[nodiscard]] static std::string key(const Stream& stream);
    [[nodiscard]] static Stream stream_of(std::string_view key);
    void recover_lane(unsigned number, Files& files, Recovered& recovered);
};

}  // namespace logs
