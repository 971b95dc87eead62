#include "supervisord/control/notes.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <new>
#include <type_traits>

#include "common/base/crash_point.hpp"
#include "common/base/memory_file.hpp"
#include "common/base/text.hpp"

namespace control {

static_assert(std::is_trivially_copyable_v<Note>, "a note is copied byte for byte");

struct Notes::Header {
    static constexpr std::uint64_t expected_magic = 0x3453'4554'4f4e'5653;  // "SVNOTES4"
    std::uint64_t magic = expected_magic;
    std::uint64_t record_size = sizeof(Record);  // another size is another layout
    std::uint64_t count = capacity;
    std::uint64_t used = 0;  // records from here on were never taken
    std::uint64_t incarnations = 0;
    api::Mood mood = api::Mood::running;
    int exit_code = 0;
};

namespace {

constexpr std::size_t header_size = 4096;
constexpr std::uint64_t most_incarnations = std::uint64_t{1} << 61;  // the keeper takes none beyond twice as many
constexpr std::size_t file_size = header_size + Notes::capacity * sizeof(Notes::Record);

/// Cuts at a border between lines or bytes; always leaves a closing zero.
template <std::size_t Size>
void copy_text(char (&to)[Size], std::string_view text) {
    const std::size_t length = std::min(text.size(), Size - 1);
    std::memcpy(to, text.data(), length);
    std::memset(to + length, 0, Size - length);
}

/// Zeroes, in the memory that it has: it may be that there is no other (where it was cut, it would have to be found anew).
bool clear(int fd) {
    static constexpr char zeroes[4096] = {};
    for (off_t at = 0; (at = ::lseek(fd, at, SEEK_DATA)) >= 0;) {
        const off_t end = ::lseek(fd, at, SEEK_HOLE);
        while (at < end) {
            const auto size = static_cast<std::size_t>(std::min<off_t>(end - at, sizeof zeroes));
            const ssize_t count = ::pwrite(fd, zeroes, size, at);
            if (count <= 0) return false;
            at += count;
        }
    }
    return errno == ENXIO;  // there is no more
}

/// Over all bytes, also those between the members; it tells damage, not malice.
std::uint64_t sum_of(const Note& note) {
    static_assert(sizeof(Note) % sizeof(std::uint64_t) == 0);
    std::uint64_t sum = 0x4f4e'5653;
    for (std::size_t at = 0; at < sizeof(Note); at += sizeof sum) {
        std::uint64_t word = 0;
        std::memcpy(&word, reinterpret_cast<const char*>(&note) + at, sizeof word);
        sum = (sum ^ word) * 0x9e37'79b9'7f4a'7c15;
        sum ^= sum >> 32;
    }
    return sum;
}

bool is_mood(api::Mood mood) { return mood == api::Mood::running || mood == api::Mood::restarting || mood == api::Mood::shutdown; }

base::Result<void*> map(int fd) {
    void* memory = ::mmap(nullptr, file_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED) return base::Error{base::concat("cannot map the notes: ", base::errno_text(errno))};
    return memory;
}

}  // namespace

void Note::set_spawnerr(std::string_view text) {
    copy_text(spawnerr, text);
}

bool Note::add_untold(std::string_view line) {
    const std::size_t used = std::strlen(untold);
    if (used + line.size() + 1 > sizeof untold) return false;
    std::memcpy(untold + used, line.data(), line.size());
    untold[used + line.size()] = 0;
    return true;
}

void Note::drop_untold(std::size_t count) {
    const std::size_t used = std::strlen(untold), gone = std::min(count, used);
    std::memmove(untold, untold + gone, used - gone + 1);
}

void Note::add_announcement(const Announced& change) {
    if (announced_count == std::size(announced)) return;
    announced[announced_count++] = change;
    ++announcements;
}

Progress Notes::Record::progress() const {
    return {progress_ >> 52, progress_ >> 17 & ((std::uint64_t{1} << 35) - 1), progress_ & Progress::unknown};
}

void Notes::Record::set_progress(const Progress& progress) {
    const std::uint64_t word = progress.delivery % Progress::different_deliveries << 52 | progress.bytes << 17 | progress.staged;
    std::atomic_ref(progress_).store(word, std::memory_order_release);
}

void Notes::Record::commit(const Note& note) {
    const std::uint32_t next = current_ + 1;
    put(next & 1, note);
    base::crash_point("notes.commit");
    std::atomic_ref(current_).store(next, std::memory_order_release);
    base::crash_point("notes.committed");
}

void Notes::Record::put(std::uint32_t version, const Note& note) {
    versions_[version] = note;
    sums_[version] = sum_of(versions_[version]);
}

bool Notes::Record::is_whole() const {
    return ::strnlen(key_, sizeof key_) < sizeof key_ && sum_of(note()) == sums_[current_ & 1];
}

void Notes::Unmap::operator()(void* memory) const { ::munmap(memory, size); }

Notes::Notes(base::Fd file, Memory memory) : file_(std::move(file)), memory_(std::move(memory)) {}

Notes::Notes(Notes&&) noexcept = default;
Notes& Notes::operator=(Notes&&) noexcept = default;
Notes::~Notes() = default;

Notes::Header& Notes::header() const { return *static_cast<Header*>(memory_.get()); }

Notes::Record* Notes::records() const {
    return std::launder(reinterpret_cast<Record*>(static_cast<char*>(memory_.get()) + header_size));
}

base::Result<Notes> Notes::create() {
    return create(base::make_memory_file("supervisord-notes"));
}

base::Result<Notes> Notes::create(base::Fd file) {
    if (!file || !clear(file.get()) || ::ftruncate(file.get(), static_cast<off_t>(file_size)) != 0 ||
        ::fallocate(file.get(), 0, 0, header_size) != 0) {
        const int error = errno;
        if (file) (void)::ftruncate(file.get(), 0);  // else it would be taken for some
        return base::Error{base::concat("cannot make the notes: ", base::errno_text(error))};
    }
    const auto memory = map(file.get());
    if (!memory) return base::Error{memory.error()};
    new (*memory) Header;  // the records are zero, which is "free"
    return Notes(std::move(file), Memory(*memory, Unmap{file_size}));
}

base::Result<Notes> Notes::adopt(base::Fd file) {
    if (::lseek(file.get(), 0, SEEK_END) != static_cast<off_t>(file_size))
        return base::Error{"cannot use the notes of the last controller: another size"};
    const auto memory = map(file.get());
    if (!memory) return base::Error{memory.error()};
    Notes notes(std::move(file), Memory(*memory, Unmap{file_size}));
    Header& header = notes.header();
    if (header.magic != Header::expected_magic || header.record_size != sizeof(Record) || header.count != capacity)
        return base::Error{"cannot use the notes of the last controller: another layout"};
    if (header.incarnations > most_incarnations) header.incarnations = 0;  // those that are known are raised below, and by the table
    if (!is_mood(header.mood)) header.mood = api::Mood::running;
    if (header.exit_code < 0 || header.exit_code > 255) header.exit_code = 0;
    for (std::size_t at = 0; at < std::min<std::size_t>(header.used, capacity); ++at) {
        Record& record = notes.records()[at];
        if (!record.key_[0]) continue;
        if (record.is_whole() && notes.index_.emplace(record.key_, at).second) {
            notes.raise_incarnations(record.note().incarnation);
            continue;
        }
        record.key_[0] = 0;
        ++notes.spoilt_;
    }
    return notes;
}

Notes::Record* Notes::record(std::string_view key) {
    if (key.empty() || key.size() >= sizeof(Record::key_)) return nullptr;
    if (const auto found = index_.find(std::string(key)); found != index_.end()) return &records()[found->second];
    while (first_free_ < capacity && records()[first_free_].key_[0]) ++first_free_;
    if (first_free_ == capacity) return nullptr;
    const auto place = static_cast<off_t>(header_size + first_free_ * sizeof(Record));
    if (::fallocate(file_.get(), 0, place, sizeof(Record)) != 0) return nullptr;  // a store must not fail later
    Record& fresh = records()[first_free_];
    for (const std::uint32_t version : {0, 1}) fresh.put(version, Note{});
    fresh.progress_ = 0;
    header().used = std::max<std::uint64_t>(header().used, first_free_ + 1);
    copy_text(fresh.key_, key);
    index_.emplace(key, first_free_);
    return &fresh;
}

Notes::Record& Notes::spare(std::string_view key) {
    auto& record = spares_[std::string(key)];
    if (!record) record = std::make_unique<Record>();
    return *record;
}

void Notes::settle_staged(std::optional<std::size_t> left) {
    for (const auto& [key, place] : index_) {
        Progress progress = records()[place].progress();
        if (progress.is_certain() || progress.staged == Progress::unknown) continue;
        if (left) progress.bytes += progress.staged - std::min<std::uint64_t>(*left, progress.staged);
        progress.staged = left ? 0 : Progress::unknown;
        records()[place].set_progress(progress);
    }
}

bool Notes::contains(std::string_view key) const { return index_.contains(std::string(key)); }

bool Notes::has_tree(std::uint64_t number) const {
    return std::ranges::any_of(index_, [&](const auto& entry) { return records()[entry.second].note().tree == number; });
}

void Notes::erase(std::string_view key) {
    spares_.erase(std::string(key));
    const auto found = index_.find(std::string(key));
    if (found == index_.end()) return;
    records()[found->second].key_[0] = 0;
    first_free_ = std::min(first_free_, found->second);
    index_.erase(found);
}

void Notes::erase_all() {
    for (const auto& [key, place] : index_) records()[place].key_[0] = 0;
    index_.clear();
    first_free_ = 0;
}

std::uint64_t Notes::next_incarnation() { return ++header().incarnations; }

void Notes::raise_incarnations(std::uint64_t incarnation) {
    header().incarnations = std::max(header().incarnations, incarnation);
}

api::Mood Notes::mood() const { return header().mood; }

void Notes::set_mood(api::Mood mood) {
    header().mood = mood;
    if (mood == api::Mood::running) header().exit_code = 0;
}

int Notes::exit_code() const { return header().exit_code; }

void Notes::set_exit_code(int code) { header().exit_code = code; }

}  // namespace control
