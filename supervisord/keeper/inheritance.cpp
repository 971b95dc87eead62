// What another keeper has left: the table, and programs that are not our children.
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>

#include "common/base/crash_point.hpp"
#include "common/base/text.hpp"
#include "supervisord/keeper/foreign.hpp"
#include "supervisord/keeper/loop.hpp"
#include "supervisord/keeper/start.hpp"

namespace keeper {

namespace {

constexpr std::chrono::seconds patience{2};  // with a parent that does not reap

bool is_shortage(int error) { return error == EMFILE || error == ENFILE || error == ENOMEM; }

std::size_t count_outputs(const Table& table) {
    std::size_t count = 0;
    for (std::uint32_t number = 0; number < table.header().used; ++number)
        for (const auto& end : table.slot(number).retained) count += end.fd >= 0 && end.role != Role::input;
    return count;
}

bool is_readable(int fd) {
    pollfd entry{fd, POLLIN, 0};
    return ::poll(&entry, 1, 0) > 0;
}

}  // namespace

// All that it names is open here; it had other numbers to keep free than we have.
bool Loop::inherit() {
    if (!file_.adopt(base::Fd(move_up(live_table_fd)))) return false;
    Header& header = *static_cast<Header*>(file_.memory());
    table_ = Table(file_.memory(), header.capacity);
    for (std::uint32_t number = 0; number < header.backed; ++number) {
        Slot& slot = table_.slot(number);
        if (slot.state == SlotState::free) continue;  // perhaps never used, and all zeros
        slot.pidfd = move_up(slot.pidfd);
        for (auto& end : slot.retained) end.fd = move_up(end.fd);
    }
    for (auto& entry : std::span(header.held, header.held_used)) {
        entry.fd = move_up(entry.fd);
        if (entry.fd < 0) entry.name[0] = '\0';
    }
    return true;
}

// A table may be there: of a supervisord that was killed, keeper and controller.
bool Loop::begin() {
    int problem = 0;
    if (!file_.open(boot_.runtime_directory, boot_.slots, problem)) return false;
    if (file_.is_left()) {
        const keeper::Origin origin = origin_of(*static_cast<const Header*>(file_.memory()));
        if (origin == keeper::Origin::unknown) return false;
        if (origin == keeper::Origin::elsewhere) file_.forget();
    }
    table_ = Table(file_.memory(), file_.capacity());
    table_.header().hang_limit = boot_.hang_limit;
    if (file_.is_left() && !carry_on(Why::salvaged)) return false;
    if (!file_.is_left()) identify(table_.header());
    if (problem != 0) note("the table of programs does not outlive us: its directory cannot be used");
    // Of notes of before nothing is true where nothing is left: a controller that begins would make them anew, but one that
    // follows it because it did not come so far would believe them.  Output of before is still to be written.
    const bool anew = table_.header().why == Why::first;
    hold_beside("notes", anew);
    hold_beside("events", anew);
    hold_beside("journal", false);
    return true;
}

// What controllers write outlives both of us only where the table does.
void Loop::hold_beside(const char* name, bool anew) {
    base::Fd file = file_.open_beside(boot_.runtime_directory, name, anew);
    if (file && table_.put(name, file.get()).err == 0) (void)file.release();
}

// Until this has come to its end nothing is lost that another start could do better: one that fails here leaves the table
// as good as it was.
bool Loop::carry_on(Why why) {
    Header& header = table_.header();
    // The one before us had found it, and was killed before a controller had noted what is to be done with it.
    const bool still_salvages = why == Why::promoted && header.why == Why::salvaged && header.ever_ready == 0;
    if (why == Why::salvaged) header.ever_ready = 0;  // before it is ours: who has started us looks at it
    identify(header);
    header.why = why;
    header.controller_pid = 0;
    header.used = 0;  // settle() counts
    table_.back(header.backed);
    const bool lets_go = why == Why::salvaged && boot_.ignores_leftovers;
    for (std::uint32_t number = 0; number < header.backed; ++number) {
        Slot& slot = table_.slot(number);
        if (why == Why::salvaged) {  // descriptors of a dead process
            slot.pidfd = -1;
            for (auto& end : slot.retained) end.fd = -1;
        }
        base::crash_point("keeper.settling");
        if (!table_.settle(number, now()))
            drop(number);
        else if (!lets_go && !foster(number))
            return false;
    }
    if (still_salvages) header.why = Why::salvaged;
    if (why != Why::salvaged) return true;
    if (!lets_go && !base::has_room_for(descriptor_reserve + count_outputs(table_))) return errno = EMFILE, false;
    const std::vector<HeldDescriptor> before(header.held, header.held + header.held_used);
    std::memset(static_cast<void*>(header.held), 0, sizeof header.held);
    header.held_used = header.pending_signals = 0;
    for (const auto& entry : before) take_back(entry);
    header.notes_told = header.notes_written;
    header.restarts = 0;
    header.upgrade = Upgrade::none;
    header.last_wstatus = 0;
    if (lets_go) let_all_go();
    if (header.used == 0) header.why = Why::first;
    return true;
}

// A program that has another parent by now.  False: not even whether it lives can be found out now; errno.
bool Loop::foster(std::uint32_t number) {
    Slot& slot = table_.slot(number);
    if (slot.state == SlotState::exited) {
        // Its group has no name any more but a number, which may be another's.
        if (slot.pidfd < 0) slot.ending.group_left = 0;
        table_.group_seen(number, slot.ending.group_left != 0);
        // The one before us may have come no further than to the exit.
        if (slot.pidfd >= 0 && (slot.flags & watch_group)) table_.mark(number, group_unchecked);
        return true;
    }
    slot.foreign = 1;
    slot.flags &= ~static_cast<std::uint32_t>(cut_off);
    if (!watch_foreign(number)) {
        if (table_.header().why == Why::salvaged) return false;
        table_.mark(number, unwatched);  // there is nobody to whom this could be left
    }
    return slot.state == SlotState::exited || reopen_ends(slot) || table_.header().why != Why::salvaged;
}

// True: we shall hear of its end, or it has ended.  False: errno.
bool Loop::watch_foreign(std::uint32_t number) {
    Slot& slot = table_.slot(number);
    if (slot.pidfd < 0) {
        base::Fd pidfd;
        const Search search = find_process(slot, pidfd);
        if (search == Search::unknown) return false;
        if (search == Search::gone) {
            Ending ending;
            ending.at = now();
            return table_.exit(number, ending), true;
        }
        slot.pidfd = pidfd.release();
        slot.pid = slot.born_pid;  // signals go to whom was found
    }
    epoll_event event{.events = EPOLLIN | EPOLLONESHOT, .data = {.u32 = number}};
    return ::epoll_ctl(foreign_.get(), EPOLL_CTL_ADD, slot.pidfd, &event) == 0;
}

// Those that whoever was before us did not have, or that died with it.  False: errno.
bool Loop::reopen_ends(Slot& slot) {
    for (auto& end : slot.retained) {
        int problem = 0;
        if (end.role == Role::none || end.fd >= 0) continue;
        end.fd = reopen_end(slot.pid, end, problem).release();
        if (is_shortage(problem)) return errno = problem, false;
        if (problem != 0) slot.flags |= cut_off;
    }
    return true;
}

// "fcgi:GROUP:SECTION": the programs of the group that still have the socket have the only copy of it.
void Loop::take_back(const HeldDescriptor& entry) {
    const std::string_view name(entry.name, ::strnlen(entry.name, name_size));
    constexpr std::string_view prefix = "fcgi:";
    if (!name.starts_with(prefix)) return;
    const std::string_view group = name.substr(prefix.size(), name.find(':', prefix.size()) + 1 - prefix.size());
    for (std::uint32_t number = 0; number < table_.header().used; ++number) {
        Slot& slot = table_.slot(number);
        if (slot.state != SlotState::alive || !std::string_view(slot.name).starts_with(group)) continue;
        int problem = 0;
        base::Fd socket = copy_socket(slot, entry.inode, problem);
        if (problem != 0) slot.flags |= cut_off;  // it is to begin anew with one that we have
        if (socket && table_.put(name, socket.get(), entry.inode).err == 0) return (void)socket.release();
    }
}

void Loop::drop(std::uint32_t number) {
    Slot& slot = table_.slot(number);
    close_retained(slot);
    base::Fd(slot.pidfd).reset();
    table_.release(number);
}

// Programs of before run on, and nobody looks after them.
void Loop::let_all_go() {
    for (std::uint32_t number = 0; number < table_.header().backed; ++number) {
        Slot& slot = table_.slot(number);
        if (slot.state == SlotState::free) continue;
        if (slot.state == SlotState::alive) {
            note(base::concat("process ", slot.pid, ", '", static_cast<const char*>(slot.name),
                              "' of a supervisord that was killed, is ignored and goes on alone"));
            table_.exit(number, {});
        }
        drop(number);
    }
    table_.header().why = Why::first;
}

void Loop::look_at_foreign() {
    epoll_event events[16];
    for (;;) {
        const int count = ::epoll_wait(foreign_.get(), events, 16, 0);
        if (count <= 0) break;
        for (const auto& event : std::span(events, static_cast<std::size_t>(count))) look_at_foreign(event.data.u32);
    }
    for (auto number = table_.find_marked(unsettled); number; number = table_.find_marked(unsettled, *number + 1))
        look_at_foreign(*number);
    look_at_unwatched();
    look_at_groups();
}

void Loop::look_at_unwatched() {
    for (auto number = table_.find_marked(unwatched); number; number = table_.find_marked(unwatched, *number + 1)) {
        const Slot& slot = table_.slot(*number);
        if (watch_foreign(*number))
            table_.unmark(*number, unwatched);
        else if (slot.pidfd >= 0 && is_readable(slot.pidfd))
            look_at_foreign(*number);
    }
}

void Loop::look_at_foreign(std::uint32_t number) {
    Slot& slot = table_.slot(number);
    if (slot.state != SlotState::alive || !slot.foreign) return;
    Ending ending;
    ending.at = now();
    const Found found = look_at_end(slot, ending.wstatus);
    if (found == Found::later) {
        if (!(table_.marks(number) & unsettled)) slot.ending.at = ending.at;
        table_.mark(number, unsettled);
        if (ending.at.monotonic - slot.ending.at.monotonic < std::chrono::nanoseconds(patience).count()) return;
    }
    // What never got through the gate has a status of ours, not of the program.
    const bool has_begun = slot.gate.load() != gate_word(slot.inc, Gate::cancelled);
    if (found == Found::how && has_begun) ending.known = Known::pidfd;
    ::epoll_ctl(foreign_.get(), EPOLL_CTL_DEL, slot.pidfd, nullptr);
    table_.exit(number, ending);
}

}  // namespace keeper
