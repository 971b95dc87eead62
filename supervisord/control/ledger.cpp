#include "supervisord/control/ledger.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <charconv>
#include <new>
#include <utility>

#include "common/base/crash_point.hpp"
#include "common/base/memory_file.hpp"
#include "common/base/text.hpp"
#include "supervisord/event/saved.hpp"

namespace control {

/// Two halves, of which one counts: changes are appended to it until it is long, then all is written to the other.
struct Ledger::Header {
    static constexpr std::uint64_t right_magic = 0x3252'4744'4c56'5553;  // "SUVLDGR2"
    std::uint64_t magic = right_magic;
    std::atomic<std::uint64_t> word = 0;  // bytes that count, times two, plus the half
};

namespace {

constexpr std::uint64_t header_size = 4096;
constexpr std::uint64_t half_size = std::uint64_t{1} << 28;
constexpr std::uint64_t file_size = header_size + 2 * half_size;  // nearly all of it holes
constexpr std::uint64_t long_enough = 64 * 1024;

/// What was done to an entry.
enum class Deed : std::uint64_t { erased, set, appended };

constexpr std::uint64_t start_of(int half) { return header_size + static_cast<std::uint64_t>(half) * half_size; }

base::Error failure(std::string_view what) {
    return base::Error{base::concat("cannot ", what, " the ledger: ", base::errno_text(errno))};
}

void* map(int fd) { return ::mmap(nullptr, header_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0); }

std::string record(std::string_view name, Deed deed, std::string_view bytes = {}) {
    event::Writer out;
    out.text(name);
    out.number(static_cast<std::uint64_t>(deed));
    out.text(bytes);
    return std::move(out).take();
}

}  // namespace

void Ledger::Unmap::operator()(Header* header) const { ::munmap(header, header_size); }

base::Result<Ledger> Ledger::create() {
    return create(base::make_memory_file("supervisord-ledger"));
}

base::Result<Ledger> Ledger::create(base::Fd file) {
    if (!file || ::ftruncate(file.get(), 0) != 0 || ::ftruncate(file.get(), static_cast<off_t>(file_size)) != 0)
        return failure("make");
    if (::fallocate(file.get(), 0, 0, header_size) != 0) {
        const auto failed = failure("make");
        (void)::ftruncate(file.get(), 0);  // else it would be taken for one
        return failed;
    }
    void* memory = map(file.get());
    if (memory == MAP_FAILED) return failure("map");
    return Ledger(std::move(file), new (memory) Header);
}

base::Result<Ledger> Ledger::adopt(base::Fd file) {
    if (::lseek(file.get(), 0, SEEK_END) != static_cast<off_t>(file_size))
        return base::Error{"cannot use the ledger of the last controller: another size"};
    void* memory = map(file.get());
    if (memory == MAP_FAILED) return failure("map");
    Ledger ledger(std::move(file), std::launder(static_cast<Header*>(memory)));
    if (ledger.header_->magic != Header::right_magic || !ledger.read())
        return base::Error{"cannot use the ledger of the last controller: another layout"};
    return ledger;
}

bool Ledger::read() {
    const std::uint64_t word = header_->word.load(std::memory_order_acquire);
    written_ = word >> 1;
    if (written_ > half_size) return false;
    std::string text(written_, '\0');
    for (std::uint64_t at = 0; at < text.size();) {
        const auto offset = static_cast<off_t>(start_of(static_cast<int>(word & 1)) + at);
        const ssize_t count = ::pread(file_.get(), text.data() + at, text.size() - at, offset);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return false;
        at += static_cast<std::uint64_t>(count);
    }
    event::Reader in(text);
    while (!in.is_done()) {
        const std::string_view name = in.text();
        const auto deed = static_cast<Deed>(in.number());
        const std::string_view bytes = in.text();
        if (!in.good()) return false;
        if (deed == Deed::set) set(name, std::string(bytes));
        else if (deed == Deed::appended) append(name, bytes);
        else erase(name);
        changes_.clear();
    }
    return true;
}

const std::string* Ledger::find(std::string_view name) const {
    const auto found = entries_.find(name);
    return found == entries_.end() ? nullptr : &found->second;
}

std::uint64_t Ledger::number(std::string_view name) const {
    std::uint64_t number = 0;
    if (const auto* text = find(name)) std::from_chars(text->data(), text->data() + text->size(), number);
    return number;
}

std::vector<std::string_view> Ledger::find_all(std::string_view beginning) const {
    std::vector<std::string_view> out;
    for (auto found = entries_.lower_bound(beginning); found != entries_.end() && found->first.starts_with(beginning); ++found)
        out.push_back(found->second);
    return out;
}

std::string& Ledger::place(std::string_view name) {
    auto found = entries_.find(name);
    if (found == entries_.end()) {
        found = entries_.emplace(name, "").first;
        entries_size_ += name.size();
    }
    return found->second;
}

void Ledger::set(std::string_view name, std::string value) {
    changes_ += record(name, Deed::set, value);
    std::string& there = place(name);
    entries_size_ += value.size();
    entries_size_ -= there.size();
    there = std::move(value);
}

void Ledger::append(std::string_view name, std::string_view bytes) {
    changes_ += record(name, Deed::appended, bytes);
    place(name) += bytes;
    entries_size_ += bytes.size();
}

void Ledger::erase(std::string_view name) {
    const auto found = entries_.find(name);
    if (found == entries_.end()) return;
    changes_ += record(name, Deed::erased);
    entries_size_ -= name.size() + found->second.size();
    entries_.erase(found);
}

void Ledger::erase_all(std::string_view beginning) {
    std::string name;
    for (auto found = entries_.lower_bound(beginning); found != entries_.end() && found->first.starts_with(beginning);
         found = entries_.lower_bound(beginning)) {
        name = found->first;
        erase(name);
    }
}

bool Ledger::write(int half, std::uint64_t at, std::string_view text) const {
    if (at + text.size() > half_size) return false;
    while (!text.empty()) {
        const ssize_t count = ::pwrite(file_.get(), text.data(), text.size(), static_cast<off_t>(start_of(half) + at));
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return false;
        base::crash_point("ledger.part_written");
        at += static_cast<std::uint64_t>(count);
        text.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

void Ledger::commit() {
    if (changes_.empty() && !behind_) return;
    const int half = static_cast<int>(header_->word.load(std::memory_order_relaxed) & 1);
    if (behind_ || written_ + changes_.size() > long_enough + 4 * entries_size_ || changes_.size() > half_size / 4) return write_anew();
    behind_ = !write(half, written_, changes_);
    const std::size_t size = std::exchange(changes_, {}).size();
    if (behind_) return;
    written_ += size;
    header_->word.store(written_ << 1 | static_cast<std::uint64_t>(half), std::memory_order_release);
    base::crash_point("ledger.committed");
}

void Ledger::write_anew() {
    const int before = static_cast<int>(header_->word.load(std::memory_order_relaxed) & 1);
    std::string text;
    if (entries_size_ <= half_size)  // else it does not fit
        for (const auto& [name, value] : entries_) text += record(name, Deed::set, value);
    changes_.clear();
    behind_ = entries_size_ > half_size || !write(before ^ 1, 0, text);
    if (behind_) return;
    written_ = text.size();
    header_->word.store(written_ << 1 | static_cast<std::uint64_t>(before ^ 1), std::memory_order_release);
    base::crash_point("ledger.committed");
    (void)::fallocate(file_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(start_of(before)), half_size);
}

}  // namespace control
