#include "supervisord/log/batch.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

#include "common/base/crash_point.hpp"
#include "common/base/text.hpp"
#include "supervisord/log/staging.hpp"

namespace logs {

namespace {

constexpr auto release = std::memory_order_release;

/// What was appended to a log since it had a size, up to a limit.
std::string appended(int fd, std::int64_t size, std::size_t limit) {
    std::string text(limit, '\0');
    std::size_t got = 0;
    while (got < limit) {
        const ssize_t count = ::pread(fd, text.data() + got, limit - got, size + static_cast<std::int64_t>(got));
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) break;
        got += static_cast<std::size_t>(count);
    }
    text.resize(got);
    return text;
}

/// In the order in which they stand in the program, for who reads it when we have died in between.
template <typename Number>
void note(Number& field, std::uint64_t value) { std::atomic_ref(field).store(static_cast<Number>(value), release); }

/// As write(2).  To what has no size: when we die in the middle the staging tells how much was written.
ssize_t write_some(Lane& lane, std::string_view text, File& file) {
    const std::size_t size = file.staging ? file.staging->put(text) : 0;
    if (size > 0) {
        base::crash_point("journal.staged");
        note(lane.staged, lane.written + size);
        base::crash_point("journal.staging_noted");
        const ssize_t count = file.staging->move_to(file.fd.get());
        if (count == 0) errno = EAGAIN;
        if (count > 0) return count;
        if (errno != EINVAL) return -1;
        file.staging = nullptr;  // the kernel cannot move it there: then without
    }
    return ::write(file.fd.get(), text.data(), text.size());
}

/// A bool that is neither may be both.
bool is_bool(const bool& member) {
    unsigned char byte = 0;
    std::memcpy(&byte, &member, 1);
    return byte <= 1;
}

}  // namespace

bool is_whole(const StreamState& state) {
    if (!is_bool(state.capture.inside) || !is_bool(state.prefix.inside)) return false;
    const auto token = state.capture.inside ? capture_end : capture_begin;
    return state.capture.matched < token.size() && state.strip.place <= StripState::Place::in_sequence;
}

bool is_whole(const Lane& lane, std::int64_t start) {
    return lane.pos >= start && lane.pos <= start + static_cast<std::int64_t>(batch_limit) && is_text(lane.name) && is_text(lane.path) &&
           is_text(lane.prefix) && is_whole(lane.state[0]) && is_whole(lane.state[1]);
}

Made make_text(Lane& lane, std::int64_t start) {
    // After the commit the index has moved on: the state before is the other one.
    const unsigned before = has(lane, word::pending) ? index_of(lane) ^ 1 : index_of(lane);
    Made made{{lane.bytes, static_cast<std::size_t>(lane.pos - start)}, {}, {}, false, {}, lane.state[before]};
    made.after.passed += made.raw.size();
    made.text = made.raw;
    const bool last = lane.flags & flag::last;
    if (lane.flags & flag::strip) {
        std::size_t size = strip_ansi(made.after.strip, made.raw, lane.text);
        if (last) size += strip_ansi_end(made.after.strip, lane.text + size);
        made.text = {lane.text, size};
    }
    if (lane.flags & flag::capture) {
        split_captures(made.after.capture, made.text, made.pieces);
        if (last) split_captures_end(made.after.capture, made.pieces);
        std::size_t size = 0;
        for (const auto& piece : made.pieces)
            if (piece.what == Piece::What::plain) size += piece.bytes.copy(lane.text + size, piece.bytes.size());
        made.text = {lane.text, size};
    }
    if (lane.prefix[0] != '\0') {
        made.has_prefix = true;
        made.lines = prefix_lines(made.after.prefix, lane.prefix, made.text, (lane.flags & flag::broken) != 0);
        if (last) made.lines += prefix_lines_end(made.after.prefix);
    }
    return made;
}

void activate(Lane& lane) { lane.word.store(lane.word.load() | word::active, release); }
void abandon(Lane& lane) { lane.word.store(lane.word.load() & ~word::active, release); }
void park(Lane& lane) { lane.word.store(lane.word.load() | word::parked, release); }

void aim(Lane& lane, const File& file) {
    lane.dev = file.regular ? file.dev : 0;
    lane.ino = file.regular ? file.ino : 0;
    lane.log_size = file.size;
}

void resume(Lane& lane, const File& file) {
    aim(lane, file);
    lane.base = lane.written;
    lane.word.store(lane.word.load() & ~word::parked, release);
}

int write_log(Lane& lane, std::string_view text, File& file) {
    int error = 0;
    while (lane.written < text.size()) {
        std::size_t size = text.size() - lane.written;
        if (base::fault_here("journal.short_write")) size = (size + 1) / 2;
        if (base::fault_here("journal.full_disk")) {
            error = ENOSPC;
            break;
        }
        const ssize_t count = write_some(lane, text.substr(lane.written, size), file);
        const int failed = count < 0 ? errno : 0;
        base::crash_point("journal.part_written");
        if (count > 0) note(lane.written, lane.written + static_cast<std::uint64_t>(count));
        base::crash_point("journal.part_noted");
        note(lane.staged, 0);
        if (failed == EINTR) continue;
        if (failed != 0) {
            error = failed;
            break;
        }
        file.taken += static_cast<std::uint64_t>(count);
        if (file.regular) file.size += count;
    }
    return error;
}

void settle_staged(Lane& lane, std::optional<std::size_t> left) {
    if (lane.staged == 0) return;
    if (left) note(lane.written, std::max<std::uint64_t>(lane.written, lane.staged - std::min<std::size_t>(*left, lane.staged)));
    base::crash_point("recovery.staged");
    note(lane.staged, 0);
}

int write_syslog(Lane& lane, std::string_view text, std::string_view process, Syslog& syslog) {
    std::size_t sent = lane.sent;
    const int error = send_lines(syslog, base::concat(process, ' '), text, sent);
    lane.sent = sent;
    return error;
}

void commit(Lane& lane, const StreamState& after) {
    const unsigned next = index_of(lane) ^ 1;
    lane.state[next] = after;
    base::crash_point("journal.before_commit");
    lane.word.store(word::pending | (next ? word::index : 0), release);
    base::crash_point("journal.committed");
}

void settle(Lane& lane, StreamState* row) {
    if (row) *row = lane.state[index_of(lane)];
    base::crash_point("journal.before_settled");
    lane.word.store(lane.word.load() & ~word::pending, release);
}

std::uint64_t text_in_log(const Lane& lane, std::string_view text) {
    if (lane.ino == 0) return lane.written;  // a FIFO, a terminal: without a staging at most one write is repeated
    const base::Fd log(::open(lane.path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    struct stat facts{};
    if (!log || ::fstat(log.get(), &facts) != 0) return lane.written;
    // Moved away or cut by somebody: what is known to be written was, the rest is rather repeated than lost.
    if (facts.st_dev != lane.dev || facts.st_ino != lane.ino || facts.st_size < lane.log_size) return lane.written;

    const std::string_view wanted = text.substr(std::min<std::size_t>(lane.base, text.size()));
    const std::string there = appended(log.get(), lane.log_size, 2 * wanted.size() + page);
    if (wanted.starts_with(there)) return lane.base + there.size();
    // Others append to it, too: all of ours is there in one piece, or as much as is known.
    if (there.find(wanted) != std::string::npos) return lane.base + wanted.size();
    return lane.written;
}

}  // namespace logs
