#include "supervisord/log/output.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <tuple>
#include <utility>

#include "common/base/crash_point.hpp"
#include "common/base/text.hpp"

namespace logs {

using State = Pumped::State;

namespace {

/// A log's size is asked for that often; in between it is what we know from our own writing.  (A call for each batch
/// would be a tenth of its cost.)
constexpr std::chrono::seconds measure_again{1};

/// How long a line that one stream has begun is kept free of those that have something in front of theirs.
constexpr std::chrono::milliseconds line_patience{100};
constexpr std::chrono::milliseconds line_pause{5};

}  // namespace

Output::Output(Journal& journal, Files& files, Stream stream, Target target)
    : journal_(journal), files_(files), stream_(std::move(stream)), target_(std::move(target)), row_(journal.claim(stream_)), name_(Journal::lane_name(stream_)) {
    if (row_ == Journal::no_row) return;
    // Before others write there: they cannot see that what they find is our line.
    if (is_inside_line() && refresh_file() == 0) know_line();
    lane_ = journal_.parked_lane(row_);
    const auto recovery = journal_.take_recovery(row_);
    if (recovery == Journal::Recovery::none || refresh_file() != 0) return;
    Pumped unused;  // what fails is tried again, and told, with the next batch
    if (may_rotate_after(recovery == Journal::Recovery::whole_lines)) rotate_when_full(base::now(), unused);
}

Output::~Output() { use({}); }

void Output::use(std::shared_ptr<File> file) {
    if (file_ && file_ != file) file_->line.leave(line_writer());
    file_ = std::move(file);
}

OpenLine::Writer Output::line_writer() { return &state().prefix; }

bool Output::is_inside_line() { return !target_.prefix.empty() && state().prefix.inside; }

StreamState& Output::state() { return row_ == Journal::no_row ? own_state_ : journal_.state(row_); }

void Output::forget_half_sequences() {
    state().strip = StripState{};
    state().capture = CaptureState{};
    state().prefix = PrefixState{};
}

int Output::open(bool alone) {
    if (alone) {
        drop_parked();
        forget_half_sequences();
        patience_ = Patience{};
    }
    if (target_.path.empty()) return 0;
    auto opened = files_.open(target_.path);
    use(std::move(opened.file));
    return opened.error;
}

int Output::refresh_file() {
    if (target_.path.empty() || (file_ && !file_->stale)) return 0;
    auto opened = files_.open(target_.path, file_ ? file_->mode : 0666);
    if (opened.file) use(std::move(opened.file));
    return opened.error;
}

Pumped Output::pump(int pipe, base::Time now) {
    if (lane_) return write_out(*lane_, now);
    if (file_ && now - file_->measured >= measure_again) measure(*file_, now);
    if (auto waiting = wait_before_taking(now)) return *waiting;
    if (auto waiting = wait_for_line(now)) return *waiting;

    const auto begun = begin(0);
    if (!begun) return {.state = State::error, .error = ENOSPC};
    const unsigned number = *begun;
    Lane& lane = journal_.lane(number);
    activate(lane);
    base::crash_point("journal.begun");
    const ssize_t count = ::splice(pipe, nullptr, journal_.fd(), &lane.pos, batch_limit / (1 + target_.prefix.size()), SPLICE_F_NONBLOCK);
    const int error = count < 0 ? errno : 0;
    base::crash_point("journal.spliced");
    if (count > 0) {
        Pumped pumped = write_out(number, now);
        pumped.bytes = static_cast<std::size_t>(count);
        return pumped;
    }
    abandon(lane);
    Pumped pumped;
    if (count == 0) return finish(now);
    if (error == EINTR) pumped.state = State::more;
    else if (error != EAGAIN) pumped = {.state = State::error, .error = error};
    return pumped;
}

Pumped Output::finish(base::Time now) {
    if (lane_) return write_out(*lane_, now);
    const CaptureState& capture = state().capture;
    const bool held_back = state().strip.place == StripState::Place::after_escape || (!capture.inside && capture.matched > 0);
    if (held_back || is_inside_line()) {
        const auto number = begin(flag::last);
        if (!number) return {.state = State::wait, .retry_after = longest_pause};
        activate(journal_.lane(*number));
        return write_out(*number, now);
    }
    forget_half_sequences();
    Pumped pumped{.state = State::end_of_file};
    pumped.report = remaining_report();
    return pumped;
}

/// Since the last time this was asked, from any stream.
bool Output::log_took_bytes() {
    const std::uint64_t taken = file_ ? file_->taken : 0;
    return std::exchange(seen_taken_, taken) != taken;
}

std::optional<Pumped> Output::wait_before_taking(base::Time now) {
    int obstacle = refresh_file();
    if (obstacle == 0 && file_) obstacle = file_->stuck;
    if (obstacle == 0) return std::nullopt;
    last_error_ = obstacle;
    const auto pause = patience_.failed(obstacle, log_took_bytes(), now);
    if (!pause) return std::nullopt;  // take them, try, and lose what cannot be written
    return Pumped{.state = State::wait, .retry_after = *pause};
}

/// Fills in a lane, which is then ready to be activated.  Nothing: there is no memory for another one.
std::optional<unsigned> Output::begin(std::uint32_t last) {
    const unsigned number = journal_.free_lane();
    if (!journal_.secure(number, target_.strip_ansi || target_.capture)) return std::nullopt;
    Lane& lane = journal_.lane(number);
    journal_.name_lane(lane, row_, name_);
    lane.flags = (target_.strip_ansi ? flag::strip : 0) | (target_.syslog ? flag::syslog : 0) | (hook_ ? flag::heard : 0) |
                 (target_.capture ? flag::capture : 0) | last;
    lane.pos = Journal::offset_of(number);
    lane.dev = lane.ino = 0;
    lane.log_size = 0;
    lane.staged = 0;
    lane.base = lane.written = lane.sent = 0;
    lane.state[index_of(lane)] = state();
    const std::size_t size = std::min(target_.path.size(), path_limit - 1);
    std::memcpy(lane.path, target_.path.data(), size);
    lane.path[size] = '\0';
    put_prefix(lane);
    if (file_) aim(lane, *file_);
    return number;
}

/// What was written before says whether our line goes on, or who else's must be ended first.
void Output::put_prefix(Lane& lane) {
    const std::size_t size = std::min(target_.prefix.size(), prefix_limit - 1);
    std::memcpy(lane.prefix, target_.prefix.data(), size);
    lane.prefix[size] = '\0';
    waits_for_line_.reset();
    if (size == 0 || !file_) return;
    know_line();
    PrefixState& state = lane.state[index_of(lane)].prefix;
    if (file_->line.is_of_another(line_writer()) || (file_->line.belongs_to(line_writer()) && !state.inside)) lane.flags |= flag::broken;
    if (!file_->line.belongs_to(line_writer())) state.inside = false;
}

/// Whether a log that was just opened ends within a line, and whether that is ours.
void Output::know_line() {
    const bool inside = state().prefix.inside;
    if (!file_->line.is_known()) {
        char last = '\n';
        if (!file_->regular) {  // who comes first must be believed
            if (inside) last = ' ';
        } else if (const base::Fd log(::open(target_.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)); log && file_->size > 0) {
            std::ignore = ::pread(log.get(), &last, 1, file_->size - 1);
        }
        file_->line.is(last != '\n', nullptr);
    }
    if (inside) file_->line.claim(line_writer());
}

/// A line that another has begun gets the time to be finished.
std::optional<Pumped> Output::wait_for_line(base::Time now) {
    if (target_.prefix.empty() || !file_) return std::nullopt;
    know_line();
    if (!file_->line.is_of_another(line_writer())) return std::nullopt;
    if (!waits_for_line_) waits_for_line_ = now;
    if (now - *waits_for_line_ >= line_patience) return std::nullopt;
    return Pumped{.state = State::wait, .retry_after = line_pause};
}

int Output::write_log_of(Lane& lane, std::string_view text, base::Time now, Pumped& pumped) {
    if (target_.path.empty()) {
        lane.written = text.size();
        return 0;
    }
    if (file_ && has(lane, word::parked)) measure(*file_, now);
    if (const int error = refresh_file()) return error;
    if (has(lane, word::parked)) resume(lane, *file_);
    if (target_.whole_lines)
        if (const int error = end_full_log(lane, text, now, pumped)) return error;
    return write_log(lane, text, *file_);
}

/// Where the lines of a batch make the log full and a part of another line follows them: writes the lines and rotates.
/// The batch is parked meanwhile: what is written then counts, and not the size of a log that has another name by now.
int Output::end_full_log(Lane& lane, std::string_view text, base::Time now, Pumped& pumped) {
    const std::size_t lines = text.rfind('\n') + 1;  // 0: there is no end of a line
    if (lines == 0 || lines == text.size() || lines < lane.written) return 0;
    if (!is_full(file_->size + static_cast<std::int64_t>(lines - lane.written), target_.limits)) return 0;
    if (const int error = write_log(lane, text.substr(0, lines), *file_)) return error;
    park(lane);
    rotate_when_full(now, pumped);
    if (const int error = refresh_file()) return error;
    resume(lane, *file_);
    return 0;
}

bool Output::may_rotate_after(bool whole_lines) const {
    return !target_.whole_lines || whole_lines || (file_ && file_->size >= target_.limits.maxbytes + longest_whole_line);
}

Pumped Output::write_out(unsigned number, base::Time now) {
    Lane& lane = journal_.lane(number);
    Made made = make_text(lane, Journal::offset_of(number));
    const std::uint64_t sent = lane.sent;
    Pumped pumped{.state = State::more};
    const int log_error = write_log_of(lane, made.logged(), now, pumped);
    if (file_) file_->stuck = log_error;
    int error = log_error;
    if (error == 0 && target_.syslog) error = write_syslog(lane, made.text, stream_.process, syslog_);
    base::crash_point("journal.written");

    if (error == 0) {
        patience_.succeeded();
    } else {
        last_error_ = error;
        trouble_ = log_error ? target_.path : "syslog";
        const auto pause = patience_.failed(error, log_took_bytes() || lane.sent != sent, now);
        if (pause && journal_.may_park(number)) {
            park(lane);
            lane_ = number;
            pumped.state = State::wait;
            pumped.retry_after = *pause;
            return pumped;
        }
        // Given up.  A log that fails does not keep syslog from its part.
        if (log_error && target_.syslog) std::ignore = write_syslog(lane, made.text, stream_.process, syslog_);
        made.after.lost += log_error ? made.logged().size() - lane.written : made.text.size() - lane.sent;
        if (file_) file_->stuck = 0;
    }
    lane_.reset();
    complete(number, made, now, pumped);
    report_losses(now, pumped);
    return pumped;
}

void Output::complete(unsigned number, const Made& made, base::Time now, Pumped& pumped) {
    Lane& lane = journal_.lane(number);
    commit(lane, made.after);
    if (file_) {
        files_.changed(*file_);
        if (lane.written > 0) file_->line.is(made.logged()[lane.written - 1] != '\n', line_writer());
    }
    if (hook_) hook_({made.raw, made.text, made.pieces, made.after.passed});
    base::crash_point("journal.heard");
    // Before it is settled, so that who follows a controller that dies here knows that it is to be done.
    if (may_rotate_after(made.logged().ends_with('\n'))) rotate_when_full(now, pumped);
    settle(lane, &state());
    journal_.hand_back(number);
}

void Output::drop_parked() {
    if (!lane_) return;
    Lane& lane = journal_.lane(*lane_);
    Made made = make_text(lane, Journal::offset_of(*lane_));
    Pumped unused;
    const base::Time now = base::now();
    if (write_log_of(lane, made.logged(), now, unused) != 0) made.after.lost += made.logged().size() - lane.written;
    if (file_) file_->stuck = 0;
    complete(*std::exchange(lane_, std::nullopt), made, now, unused);
}

std::string Output::cut() {
    drop_parked();
    forget_half_sequences();
    return remaining_report();
}

void Output::rotate_when_full(base::Time now, Pumped& pumped) {
    if (!file_ || !is_full(file_->size, target_.limits)) return;
    measure(*file_, now);  // somebody may have cut it
    if (!is_full(file_->size, target_.limits)) return;
    auto rotated = files_.rotate(file_, target_.path, target_.limits);
    use(std::move(rotated.file));
    if (rotated.error && rotation_reports_.may(now))
        pumped.report = base::concat("cannot rotate ", target_.path, ": ", base::errno_text(rotated.error));
}

void Output::report_losses(base::Time now, Pumped& pumped) {
    if (state().lost > 0 && pumped.report.empty() && loss_reports_.may(now)) pumped.report = remaining_report();
}

std::string Output::remaining_report() {
    // A parked batch brings the old count with it.
    if (lane_ || state().lost == 0) return "";
    std::string text = base::concat(stream_.process, ": ", std::exchange(state().lost, 0), " bytes of ", name(stream_.channel),
                                    " lost: cannot write ", trouble_.empty() ? target_.path : trouble_);
    if (last_error_ != 0) text += ": " + base::errno_text(last_error_);  // else it was another controller that saw it
    return text;
}

base::Result<void> Output::reopen() {
    if (!file_) return {};
    auto opened = files_.open(target_.path);
    if (!opened.file) return base::Error{base::concat("cannot open ", target_.path, ": ", base::errno_text(opened.error))};
    use(std::move(opened.file));
    return {};
}

base::Result<void> Output::clear() {
    if (target_.path.empty()) return {};
    if (!file_ && ::access(target_.path.c_str(), F_OK) != 0 && errno == ENOENT) return {};  // nothing to clear
    const int error = files_.clear(target_.path);
    if (error == EINVAL) return base::Error{base::concat("cannot clear ", target_.path, ": not a regular file")};
    if (error != 0) return base::Error{base::concat("cannot clear ", target_.path, ": ", base::errno_text(error))};
    if (file_) std::ignore = refresh_file();  // lets go of the removed one; should this fail, pump tries again
    return {};
}

void Output::forget() {
    drop_parked();
    use({});
    if (row_ != Journal::no_row) journal_.give_up(std::exchange(row_, Journal::no_row));
}

}  // namespace logs
