#include "supervisord/keeper/table.hpp"

#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>

#include "common/base/text.hpp"

namespace keeper {

namespace {

std::uint32_t hash_of(std::string_view name) {  // FNV-1a; never 0, which is "free"
    std::uint32_t hash = 2166136261u;
    for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
    return hash == 0 ? 1 : hash;
}

std::string_view view_of(const char (&name)[name_size]) { return {name, ::strnlen(name, name_size - 1)}; }

HeldDescriptor* find_held(Header& header, std::string_view name) {
    for (auto& entry : std::span(header.held, header.held_used))
        if (entry.name[0] != '\0' && view_of(entry.name) == name) return &entry;
    return nullptr;
}

}  // namespace

Table::Table(void* memory, std::uint32_t capacity)
    : header_(static_cast<Header*>(memory)),
      slots_(reinterpret_cast<Slot*>(static_cast<char*>(memory) + slots_offset)) {
    // Field by field: the memory is zero, and pages that are not touched cost nothing.
    header_->magic = Header::right_magic;
    header_->version = Header::right_version;
    header_->slot_size = sizeof(Slot);
    header_->slots_offset = slots_offset;
    header_->capacity = capacity;
}

void Table::back(std::uint32_t slots) {
    pids_.resize(slots);
    names_.resize(slots);
    marks_.resize(slots);
    header_->backed = slots;
}

Table::Claim Table::claim(std::string_view name, std::uint64_t inc) {
    if (const auto there = find_name(name)) return {EEXIST, *there};
    const auto gap = std::find(names_.begin(), names_.begin() + header_->used, 0u);
    const auto number = static_cast<std::uint32_t>(gap - names_.begin());
    if (number >= header_->backed) return {ENOSPC, 0};
    header_->used = std::max(header_->used, number + 1);
    Slot& slot = *new (&slots_[number]) Slot{};
    slot.inc = inc;
    slot.state = SlotState::spawning;
    std::memcpy(slot.name, name.data(), name.size());
    names_[number] = hash_of(name);
    slot.gate.store(gate_word(inc, Gate::spawning));
    return {0, number};
}

void Table::free(std::uint32_t number) {
    new (&slots_[number]) Slot{};
    names_[number] = 0;
    pids_[number] = 0;
    marks_[number] = 0;
    while (header_->used > 0 && names_[header_->used - 1] == 0) --header_->used;
}

void Table::abandon(std::uint32_t number) { free(number); }

void Table::commit(std::uint32_t number, pid_t pid, int pidfd, Instant now) {
    Slot& slot = slots_[number];
    slot.pid = pid;
    slot.pidfd = pidfd;
    slot.spawned_at = now;
    std::atomic_signal_fence(std::memory_order_release);  // a keeper that follows us reads what we had written
    slot.state = SlotState::alive;
    pids_[number] = pid;
    ++alive_;
    ++header_->spawns;
}

// Whoever changes the gate first decides whether the child exists.  The number of a child is what it wrote itself.  One that
// the controller was told of, and that its descriptor keeps in sight, may still be on its way to the gate: it goes on.
bool Table::settle(std::uint32_t number, Instant now) {
    Slot& slot = slots_[number];
    slot.name[name_size - 1] = '\0';  // whatever has been written over it
    const std::string_view name = view_of(slot.name);
    const bool whole = slot.state != SlotState::free && slot.state <= SlotState::exited && slot.inc != 0 &&
                       !name.empty() && slot.gate.load() >> 2 == slot.inc;
    if (!whole) return false;  // in the middle of a claim or of a release
    std::uint64_t expected = gate_word(slot.inc, Gate::spawning);
    const bool is_in_sight = slot.state == SlotState::alive && slot.pidfd >= 0;
    if (!is_in_sight) slot.gate.compare_exchange_strong(expected, gate_word(slot.inc, Gate::cancelled));
    const bool exists = slot.gate.load() == gate_word(slot.inc, Gate::committed);
    if (slot.state == SlotState::spawning) {
        if (!exists) return false;
        slot.spawned_at = now;
        slot.state = SlotState::alive;
    }
    names_[number] = hash_of(name);
    header_->used = std::max(header_->used, number + 1);
    if (slot.state == SlotState::exited) return true;
    if (exists) slot.pid = slot.born_pid;  // else the controller was told of one that has not begun, and may never do
    ++alive_;
    return true;
}

void Table::save_marks() {
    for (std::uint32_t number = 0; number < header_->used; ++number) slots_[number].marks = marks_[number];
}

bool Table::resume(std::uint32_t number) {
    const Slot& slot = slots_[number];
    const std::string_view name = view_of(slot.name);
    if ((slot.state != SlotState::alive && slot.state != SlotState::exited) || slot.inc == 0 || name.empty()) return false;
    names_[number] = hash_of(name);
    marks_[number] = static_cast<std::uint8_t>(slot.marks);
    header_->used = std::max(header_->used, number + 1);
    if (slot.state == SlotState::exited) return true;
    if (!slot.foreign) pids_[number] = slot.pid;
    ++alive_;
    return true;
}

std::optional<std::uint32_t> Table::find_pid(pid_t pid) const {
    const auto end = pids_.begin() + header_->used;
    const auto found = std::find(pids_.begin(), end, pid);
    if (pid <= 0 || found == end) return std::nullopt;
    return static_cast<std::uint32_t>(found - pids_.begin());
}

std::optional<std::uint32_t> Table::find_name(std::string_view name) const {
    const std::uint32_t hash = hash_of(name);
    for (std::uint32_t number = 0; number < header_->used; ++number)
        if (names_[number] == hash && view_of(slots_[number].name) == name) return number;
    return std::nullopt;
}

bool Table::is(std::uint32_t number, std::uint64_t inc) const {
    return number < header_->used && slots_[number].state != SlotState::free && slots_[number].inc == inc;
}

void Table::exit(std::uint32_t number, const Ending& ending) {
    Slot& slot = slots_[number];
    slot.ending = ending;
    std::atomic_signal_fence(std::memory_order_release);
    slot.state = SlotState::exited;
    pids_[number] = 0;
    marks_[number] = exit_untold | (slot.flags & watch_group ? group_unchecked : 0);
    --alive_;
    ++header_->exits;
}

void Table::group_seen(std::uint32_t number, bool somebody_left) {
    slots_[number].ending.group_left = somebody_left;
    std::uint8_t& marks = marks_[number];
    const bool was_lingering = marks & lingering;
    marks &= exit_untold | group_untold;
    if (somebody_left)
        marks |= lingering;
    else if (was_lingering && !(marks & exit_untold))  // else the exit itself will tell it
        marks |= group_untold;
}

bool Table::is_released_by(std::uint32_t number, std::uint64_t inc) const {
    return is(number, inc) && slots_[number].state == SlotState::exited;
}

void Table::release(std::uint32_t number) { free(number); }

std::optional<std::uint32_t> Table::find_marked(std::uint8_t marks, std::uint32_t from) const {
    for (std::uint32_t number = from; number < header_->used; ++number)
        if (marks_[number] & marks) return number;
    return std::nullopt;
}

void Table::all_told() {
    for (std::uint32_t number = 0; number < header_->used; ++number) told(number);
}

Table::Put Table::put(std::string_view name, int fd, std::uint32_t inode) {
    if (HeldDescriptor* entry = find_held(*header_, name)) {
        entry->inode = inode;
        return {0, std::exchange(entry->fd, fd)};
    }
    for (std::size_t i = 0; i < held_limit; ++i) {
        HeldDescriptor& entry = header_->held[i];
        if (entry.name[0] != '\0') continue;
        entry.fd = fd;
        entry.inode = inode;
        std::memcpy(entry.name, name.data(), name.size());
        header_->held_used = std::max<std::uint64_t>(header_->held_used, i + 1);
        return {};
    }
    return {ENOSPC, -1};
}

int Table::drop(std::string_view name) {
    HeldDescriptor* entry = find_held(*header_, name);
    if (!entry) return -1;
    std::memset(entry->name, 0, name_size);
    return std::exchange(entry->fd, -1);
}

int Table::held(std::string_view name) const {
    const HeldDescriptor* entry = find_held(*header_, name);
    return entry ? entry->fd : -1;
}

void Table::note(std::string_view text, std::uint32_t flags, std::int64_t wall) {
    Note& note = header_->notes[header_->notes_written % note_limit];
    note.wall = wall;
    note.flags = flags;
    std::memset(note.text, 0, sizeof note.text);
    std::memcpy(note.text, text.data(), std::min(text.size(), sizeof note.text - 1));
    ++header_->notes_written;
}

base::Result<Snapshot> Snapshot::map(int fd) {
    struct stat facts{};
    if (::fstat(fd, &facts) != 0) return base::Error{base::concat("cannot read the table: ", base::errno_text(errno))};
    const auto size = static_cast<std::size_t>(facts.st_size);
    if (size < slots_offset) return base::Error{"cannot read the table: too short"};
    void* memory = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED) return base::Error{base::concat("cannot map the table: ", base::errno_text(errno))};
    const auto& header = *static_cast<const Header*>(memory);
    if (header.magic != Header::right_magic || header.version != Header::right_version ||
        header.slot_size != sizeof(Slot) || header.slots_offset != slots_offset || header.held_used > held_limit ||
        size < table_bytes(header.used))
        return base::Error{"cannot read the table: not written by this version"};
    Snapshot snapshot;
    snapshot.header_ = &header;
    snapshot.slots_ = {reinterpret_cast<const Slot*>(static_cast<const char*>(memory) + slots_offset), header.used};
    return snapshot;
}

int Snapshot::held(std::string_view name) const {
    for (const auto& entry : std::span(header_->held, header_->held_used))
        if (entry.name[0] != '\0' && view_of(entry.name) == name) return entry.fd;
    return -1;
}

}  // namespace keeper
