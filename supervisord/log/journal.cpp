#include "supervisord/log/journal.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <tuple>
#include <utility>

#include "common/base/crash_point.hpp"
#include "common/base/memory_file.hpp"
#include "common/base/text.hpp"
#include "supervisord/log/batch.hpp"
#include "supervisord/log/staging.hpp"

namespace logs {

namespace {

constexpr char separator = '\x1f';  // in no name

base::Error failure(std::string_view what) {
    return base::Error{base::concat("cannot ", what, " the journal: ", base::errno_text(errno))};
}

off_t start_of(unsigned lane) { return static_cast<off_t>(offsetof(JournalMap, lane) + lane * sizeof(Lane)); }

void* map(int fd) { return ::mmap(nullptr, sizeof(JournalMap), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0); }

}  // namespace

base::Result<Journal> Journal::create() {
    return create(base::make_memory_file("journal"));
}

base::Result<Journal> Journal::create(base::Fd fd) {
    if (!fd || ::ftruncate(fd.get(), 0) != 0 || ::ftruncate(fd.get(), sizeof(JournalMap)) != 0) return failure("create");
    // The lane that is nearly always used has its memory from the start: it cannot fail in the middle of a batch.  Of the
    // others the words that everybody looks at do: also to read a page that is not there takes memory.
    bool has_memory = ::fallocate(fd.get(), 0, 0, page) == 0 && ::fallocate(fd.get(), 0, offsetof(JournalMap, lane), sizeof(Lane)) == 0;
    for (unsigned number = 1; number < lane_count; ++number)
        has_memory = has_memory && ::fallocate(fd.get(), 0, start_of(number), page) == 0;
    if (!has_memory) {
        const auto failed = failure("allocate");
        std::ignore = ::ftruncate(fd.get(), 0);  // else it would be taken for one
        return failed;
    }
    void* memory = map(fd.get());
    if (memory == MAP_FAILED) return failure("map");
    auto* journal = static_cast<JournalMap*>(memory);
    journal->layout = journal_layout;
    journal->lanes = lane_count;
    journal->size = sizeof(JournalMap);
    journal->rows = row_count;
    journal->magic = journal_magic;
    return Journal(std::move(fd), memory);
}

base::Result<Journal> Journal::adopt(base::Fd fd) {
    struct stat facts{};
    if (::fstat(fd.get(), &facts) != 0) return failure("examine");
    if (facts.st_size != static_cast<off_t>(sizeof(JournalMap)))
        return base::Error{base::concat("cannot adopt the journal: its size is ", facts.st_size, ", not ", sizeof(JournalMap))};
    void* memory = map(fd.get());
    if (memory == MAP_FAILED) return failure("map");
    const auto* journal = static_cast<const JournalMap*>(memory);
    if (journal->magic != journal_magic || journal->layout != journal_layout || journal->lanes != lane_count ||
        journal->size != sizeof(JournalMap) || journal->rows != row_count || journal->rows_used > row_count) {
        ::munmap(memory, sizeof(JournalMap));
        return base::Error{"cannot adopt the journal: it is none, or of another layout"};
    }
    return Journal(std::move(fd), memory);
}

Journal::Journal(base::Fd fd, void* memory) : fd_(std::move(fd)), map_(static_cast<JournalMap*>(memory)) {
    // The kernel stores pos here at the end of a splice.  Where locking is not allowed the page is there all the same,
    // unless memory is so short that it was written out.
    std::ignore = ::mlock(&map_->lane[0], page);
    for (Row row = 0; row < map_->rows_used; ++row) {
        auto& [name, state] = map_->row[row];
        if (!is_whole(state)) state = {};
        if (!is_text(name) || (name[0] != '\0' && !rows_.emplace(name, row).second)) name[0] = '\0';
        if (name[0] == '\0') free_rows_.push_back(row);
    }
    claimed_.resize(map_->rows_used);
}

Journal::Journal(Journal&& other) noexcept
    : fd_(std::move(other.fd_)),
      map_(std::exchange(other.map_, nullptr)),
      rows_(std::move(other.rows_)),
      claimed_(std::move(other.claimed_)),
      free_rows_(std::move(other.free_rows_)),
      recoveries_(std::move(other.recoveries_)),
      unheard_(std::move(other.unheard_)) {}

Journal::~Journal() {
    if (map_) ::munmap(map_, sizeof(JournalMap));
}

std::string Journal::key(const Stream& stream) {
    return base::concat(stream.process, separator, name(stream.channel), separator, stream.group);
}

Stream Journal::stream_of(std::string_view key) {
    const auto parts = base::split(key, separator);
    Stream stream;
    stream.process = std::string(parts[0]);
    if (parts.size() > 1 && parts[1] == name(Channel::err)) stream.channel = Channel::err;
    if (parts.size() > 2) stream.group = std::string(parts[2]);
    return stream;
}

Journal::Row Journal::claim(const Stream& stream) {
    std::string wanted = key(stream);
    if (const auto found = rows_.find(wanted); found != rows_.end()) {
        claimed_[found->second] = true;
        return found->second;
    }
    if (wanted.size() >= name_limit) return no_row;
    Row row = map_->rows_used;
    if (!free_rows_.empty()) {
        row = free_rows_.back();
        free_rows_.pop_back();
    } else if (row == row_count) {
        return no_row;
    }
    const auto place = static_cast<off_t>(offsetof(JournalMap, row) + row * sizeof(map_->row[0]));
    if (::fallocate(fd_.get(), 0, place, sizeof(map_->row[0])) != 0) return no_row;  // a store must not fail later
    map_->row[row].state = StreamState{};
    std::memcpy(map_->row[row].name, wanted.c_str(), wanted.size() + 1);
    map_->rows_used = std::max(map_->rows_used, row + 1);
    claimed_.resize(map_->rows_used);
    claimed_[row] = true;
    rows_.emplace(std::move(wanted), row);
    return row;
}

void Journal::give_up(Row row) {
    rows_.erase(map_->row[row].name);
    map_->row[row].name[0] = '\0';
    claimed_[row] = false;
    free_rows_.push_back(row);
}

Journal::Recovery Journal::take_recovery(Row row) {
    const auto found = recoveries_.find(row);
    return found == recoveries_.end() ? Recovery::none : recoveries_.extract(found).mapped();
}

StreamState& Journal::state(Row row) { return map_->row[row].state; }

Lane& Journal::lane(unsigned number) const { return map_->lane[number]; }

std::int64_t Journal::offset_of(unsigned lane) {
    return static_cast<std::int64_t>(offsetof(JournalMap, lane) + lane * sizeof(Lane) + offsetof(Lane, bytes));
}

unsigned Journal::free_lane() const {
    for (unsigned number = 0; number < lane_count; ++number)
        if (is_free(lane(number))) return number;
    assert(!"the last lane is never parked");
    return 0;
}

bool Journal::secure(unsigned number, bool text) const {
    if (number == 0) return true;
    return ::fallocate(fd_.get(), 0, start_of(number), offsetof(Lane, bytes)) == 0 &&
           (!text || ::fallocate(fd_.get(), 0, start_of(number) + static_cast<off_t>(offsetof(Lane, text)), sizeof(Lane::text)) == 0);
}

bool Journal::may_park(unsigned number) const {
    for (unsigned other = 0; other < lane_count; ++other)
        if (other != number && is_free(lane(other))) return true;
    return false;
}

std::optional<unsigned> Journal::parked_lane(Row row) const {
    for (unsigned number = 0; number < lane_count; ++number)
        if (has(lane(number), word::parked) && lane(number).row == row) return number;
    return std::nullopt;
}

void Journal::hand_back(unsigned number) {
    // Lanes beyond the first are used when something is wrong; their memory goes back when it is over.
    if (number != 0)
        std::ignore = ::fallocate(fd_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset_of(number),
                                  sizeof(Lane) - offsetof(Lane, bytes));
}

std::string Journal::lane_name(const Stream& stream) { return key(stream).substr(0, name_limit - 1); }

void Journal::name_lane(Lane& lane, Row row, const std::string& lane_name) {
    lane.row = row;
    std::memcpy(lane.name, lane_name.c_str(), lane_name.size() + 1);
}

Recovered Journal::recover(Files& files) {
    Recovered recovered;
    const auto left = files.staging() ? files.staging()->left() : std::nullopt;
    for (unsigned number = 0; number < lane_count; ++number) settle_staged(lane(number), left);
    for (unsigned number = 0; number < lane_count; ++number) recover_lane(number, files, recovered);
    return recovered;
}

void Journal::recover_lane(unsigned number, Files& files, Recovered& recovered) {
    Lane& it = lane(number);
    if (!has(it, word::active)) it.word.store(it.word.load() & ~word::parked);  // one without the other is none
    if (!is_free(it) && !is_whole(it, offset_of(number))) {
        it.word.store(0);
        ++recovered.spoilt;
    }
    StreamState* row = it.row < map_->rows_used ? &map_->row[it.row].state : nullptr;
    if (has(it, word::active)) {
        const bool empty = it.pos == offset_of(number) && !(it.flags & flag::last);
        if (empty) return abandon(it);
        const Made made = make_text(it, offset_of(number));
        const std::uint64_t size = made.logged().size();
        it.base = std::min(it.base, size);
        it.written = std::min(it.written, size);
        if (!has(it, word::parked)) {
            it.written = std::min(text_in_log(it, made.logged()), size);
            base::crash_point("recovery.measured");
            park(it);
        }
        int error = 0;
        if (it.path[0] != '\0') {
            const auto opened = files.open(it.path);
            error = opened.error;
            if (opened.file) {
                resume(it, *opened.file);
                error = write_log(it, made.logged(), *opened.file);
            }
        }
        Syslog syslog;
        if (error == 0 && (it.flags & flag::syslog)) error = write_syslog(it, made.text, stream_of(it.name).process, syslog);
        if (error != 0 && may_park(number)) {
            park(it);
            ++recovered.parked;
            return;
        }
        base::crash_point("recovery.written");
        Made done = made;
        if (error != 0) done.after.lost += size - it.written;  // so much is stuck that nothing could be written any more
        commit(it, done.after);
        ++recovered.finished;
    }
    if (has(it, word::pending)) {
        const Made made = make_text(it, offset_of(number));
        recoveries_[it.row] = made.logged().ends_with('\n') ? Recovery::whole_lines : Recovery::part_of_line;
        if (it.flags & flag::heard) {
            recovered.unheard.push_back({stream_of(it.name), std::string(made.raw), std::string(made.text), made.pieces,
                                         made.after.passed});
            if (row) *row = it.state[index_of(it)];
            unheard_.push_back(number);
            return;
        }
        settle(it, row);
        hand_back(number);
    }
}

void Journal::settle_heard() {
    for (const unsigned number : std::exchange(unheard_, {})) {
        settle(lane(number), nullptr);  // its row has the state already
        hand_back(number);
    }
}

std::uint64_t Journal::forget_unclaimed() {
    std::uint64_t dropped = 0;
    for (unsigned number = 0; number < lane_count; ++number) {
        Lane& it = lane(number);
        if (!has(it, word::parked) || (it.row < claimed_.size() && claimed_[it.row])) continue;
        Made made = make_text(it, offset_of(number));
        dropped += made.logged().size() - std::min<std::uint64_t>(it.written, made.logged().size());
        commit(it, made.after);
        settle(it, nullptr);
        hand_back(number);
    }
    for (Row row = 0; row < map_->rows_used; ++row)
        if (map_->row[row].name[0] != '\0' && !claimed_[row]) give_up(row);
    return dropped;
}

}  // namespace logs
