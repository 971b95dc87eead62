// Output: where the bytes of one stream of a process go: a file that is rotated, syslog, a hook; or nowhere.  pump()
// moves one batch through the journal and never blocks: control calls it when the pipe is readable, and does what the
// answer says.  Does not own the pipe, has no timers, writes nothing to the activity log.
//
// One Output lives as long as its process is configured, over many children: open() at each spawn, then pump() until
// the end of file.  A new controller constructs it with the same stream and goes on pumping, without open().
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "common/base/clock.hpp"
#include "common/base/result.hpp"
#include "supervisord/log/batch.hpp"
#include "supervisord/log/files.hpp"
#include "supervisord/log/journal.hpp"
#include "supervisord/log/patience.hpp"
#include "supervisord/log/rotation.hpp"
#include "supervisord/log/stream.hpp"
#include "supervisord/log/syslog.hpp"

namespace logs {

struct Target {
    std::string path = {};  // empty: no file
    Limits limits = {};
    bool syslog = false;
    bool strip_ansi = false;
    bool capture = false;  // what stands between capture tokens is for the hook alone
    std::string prefix = {};  // before each line of the file; prefix_limit - 1 bytes
    bool whole_lines = false;  // rotated between two lines, where none is longer than longest_whole_line

    bool operator==(const Target&) const = default;
};

/// As long as a line may be that a log is not rotated within, in bytes.
inline constexpr std::int64_t longest_whole_line = 256 * 1024;

/// What a hook hears: one batch, after it is in the log.
struct Text {
    std::string_view raw;   // as the child wrote it
    std::string_view text;  // as it was logged
    std::span<const Piece> pieces = {};  // with capture: what was logged and what was captured, in order
    std::uint64_t end = 0;  // bytes of the stream up to here, ever: the same when the batch is heard again
};

struct Pumped {
    enum class State {
        more,         // a batch was moved; call again when the pipe is readable
        empty,        // nothing was there
        end_of_file,  // nobody can write to the pipe any more, and all is in the log
        wait,         // the log takes no bytes: leave the pipe alone, call again after retry_after
        error,        // the pipe cannot be read (error is an errno)
    };
    State state = State::empty;
    std::size_t bytes = 0;  // taken from the pipe
    std::chrono::milliseconds retry_after{0};
    int error = 0;
    std::string report = {};  // not empty: a line for the activity log (WARN): bytes were lost, or a rotation failed
};

class Output {
public:
    Output(Journal& journal, Files& files, Stream stream, Target target);
    ~Output();
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;

    [[nodiscard]] const Stream& stream() const { return stream_; }
    [[nodiscard]] const Target& target() const { return target_; }

    /// For a new child: opens the log (anew).  0, or the errno that makes it a spawn error.  alone: nothing of the child
    /// before is still on its way; its half sequences are forgotten.
    [[nodiscard]] int open(bool alone = true);

    /// Nothing of the child before counts any more: what waits is tried once, and dropped.  As a report what was lost, ever.
    [[nodiscard]] std::string cut();

    /// The next batch does not wait for a line that another stream has begun.
    void break_line() { waits_for_line_ = base::Time{}; }

    /// A batch waits for the log to take it.
    [[nodiscard]] bool is_waiting() const { return lane_.has_value(); }

    /// In the journal; nothing when it has no room for this stream.
    [[nodiscard]] std::optional<Journal::Row> row() const {
        return row_ == Journal::no_row ? std::nullopt : std::optional(row_);
    }

    /// Moves at most one batch out of a pipe; its reading end need not be non-blocking.
    [[nodiscard]] Pumped pump(int pipe, base::Time now);

    /// The end of the stream although the pipe is still held by somebody (a daemon that the child left): what was held
    /// back goes to the log.  `wait` and `more`: call again.  After end_of_file it is not needed.
    [[nodiscard]] Pumped finish(base::Time now);

    /// Bytes lost and not yet reported, as a report; for the end of a process.
    [[nodiscard]] std::string remaining_report();

    /// SIGUSR2: the file that has the name now.  On failure the old one stays in use.  Nothing when it is not open.
    [[nodiscard]] base::Result<void> reopen();

    /// The log is removed and created anew, whether it is open or not (Q50).  The error names what is no regular file.
    [[nodiscard]] base::Result<void> clear();

    /// The process is gone from the configuration: the journal need not remember its stream any longer, and what was
    /// waiting for its log is dropped.  Ending an Output without it leaves all to the next controller.
    void forget();

    /// Called with each batch after it is committed to the log, so that the log never has a line twice because of
    /// what happens in the hook; a controller that dies in between tells its successor (Recovered::unheard): the hook
    /// hears everything at least once.  Must not call back into an Output.
    void set_hook(std::function<void(const Text&)> hook) { hook_ = std::move(hook); }

private:
    Journal& journal_;
    Files& files_;
    Stream stream_;
    Target target_;
    Journal::Row row_;
    std::string name_;  // in lanes
    StreamState own_state_;  // when the journal has no row for it
    std::shared_ptr<File> file_;
    Syslog syslog_;
    Patience patience_;
    std::function<void(const Text&)> hook_;
    std::optional<unsigned> lane_;  // of a parked batch
    std::optional<base::Time> waits_for_line_;  // since then: of another, to be finished
    Reports loss_reports_, rotation_reports_;

    std::uint64_t seen_taken_ = 0;
    int last_error_ = 0;
    std::string trouble_;  // what cannot be written, for the report of a loss

    [[nodiscard]] StreamState& state();
    [[nodiscard]] OpenLine::Writer line_writer();
    [[nodiscard]] bool is_inside_line();
    /// Who lets go of a file goes on with no line of it.
    void use(std::shared_ptr<File> file);
    /// Opens the log if it is not open, or opens its successor.  0 or an errno.
    [[nodiscard]] int refresh_file();
    [[nodiscard]] bool log_took_bytes();
    [[nodiscard]] std::optional<Pumped> wait_before_taking(base::Time now);
    [[nodiscard]] std::optional<Pumped> wait_for_line(base::Time now);
    void know_line();
    void put_prefix(Lane& lane);
    [[nodiscard]] std::optional<unsigned> begin(std::uint32_t last);
    [[nodiscard]] Pumped write_out(unsigned number, base::Time now);
    [[nodiscard]] int write_log_of(Lane& lane, std::string_view text, base::Time now, Pumped& pumped);
    [[nodiscard]] int end_full_log(Lane& lane, std::string_view text, base::Time now, Pumped& pumped);
    [[nodiscard]] bool may_rotate_after(bool whole_lines) const;
    void complete(unsigned number, const Made& made, base::Time now, Pumped& pumped);
    void drop_parked();
    void forget_half_sequences();
    void rotate_when_full(base::Time now, Pumped& pumped);
    void report_losses(base::Time now, Pumped& pumped);
};

}  // namespace logs
