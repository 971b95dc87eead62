// A runner that carries on where the one of another controller was killed.
#include "supervisord/control/drain.hpp"
#include "supervisord/control/runner.hpp"
#include "supervisord/control/world.hpp"

namespace control {

void close_descriptors(const keeper::Slot& slot) {
    if (slot.pidfd >= 0) base::Fd(slot.pidfd).reset();
    for (const auto& retained : slot.retained)
        if (retained.fd >= 0) base::Fd(retained.fd).reset();
}

void leave_alone(Loop& loop, const keeper::Slot& slot) {
    if (slot.pidfd >= 0) base::Fd(slot.pidfd).reset();
    for (const auto& retained : slot.retained) {
        base::Fd end(retained.fd);
        const bool is_output = retained.role == keeper::Role::output || retained.role == keeper::Role::error;
        if (end && is_output) drain(loop, std::move(end));
    }
}

namespace {

/// All were killed between the fork and the gate of a child: the keeper that follows has decided that there is none.
bool never_began(const keeper::Slot& slot) {
    return slot.state == keeper::SlotState::exited && slot.gate.load() == keeper::gate_word(slot.inc, keeper::Gate::cancelled);
}

}  // namespace

void Runner::resume(const keeper::Slot* slot, std::uint32_t number) {
    carry_on(slot, number);
    if (is_listener_) settle_listener();
}

void Runner::carry_on(const keeper::Slot* slot, std::uint32_t number) {
    // Some of the lines may be written.
    const std::string untold = note_.untold;
    note_.untold[0] = 0;
    for (std::size_t at = 0, end = 0; (end = untold.find('\n', at)) != std::string::npos; at = end + 1) {
        const std::string line = untold.substr(at, end + 1 - at);
        if (!world_.activity.was_written(line)) (void)note_.add_untold(line);  // it was there before
    }
    if (untold != note_.untold) record_.commit(note_);
    tell_untold();
    tell_announced();
    if (slot && slot->inc > note_.incarnation) {  // the notes are lost, the child is not
        note_.incarnation = slot->inc;
        note_.machine.child = true;
        note_.machine.state = api::State::running;
        note_.machine.ever_started = true;
        note_.started_wall = slot->spawned_at.wall / 1'000'000'000;
        note_.machine.started = base::Time(std::chrono::nanoseconds(slot->spawned_at.monotonic));
        note_.spawn_told = slot->inc;
        note_.order = slot->order;
        record_.commit(note_);
    }
    const bool is_alive = slot && slot->state == keeper::SlotState::alive;
    if (is_alive && slot->inc < note_.incarnation) {
        // Of before a reload, and could not be ended: what was asked for since will find out (EEXIST).
        leave_alone(world_.loop, *slot);
        slot = nullptr;
    }
    const bool is_told = note_.spawn_told >= note_.incarnation;  // and so its end is to be told, too
    if (slot && (slot->inc <= note_.ended || slot->inc < note_.incarnation || (!is_told && never_began(*slot)))) {
        close_descriptors(*slot);
        release(number, slot->inc);
        slot = nullptr;
    }
    if (slot) return adopt(*slot, number);
    if (note_.machine.remains) return feed(process::GroupGone{});
    if (note_.machine.child) {  // noted, and then not done: as if it were asked for now
        note_.incarnation = world_.notes.next_incarnation();
        record_.commit(note_);
        spawn();
    }
    feed(process::TimePassed{});
}

void Runner::adopt(const keeper::Slot& slot, std::uint32_t number) {
    child_ = Child{number, slot.pid, base::Fd(slot.pidfd)};
    if (slot.state == keeper::SlotState::exited) child_->ended = base::Time(std::chrono::nanoseconds(slot.ending.at.monotonic));
    if (tree_) tree_->resume();
    const bool has_socket = !(slot.flags & keeper::cut_off);  // else it is to begin anew with another
    if (const auto problem = has_socket ? use_socket() : ""; !problem.empty()) world_.activity.log(logs::LogLevel::critical, problem);
    Ends ends;
    for (const auto& retained : slot.retained) {
        if (retained.role == keeper::Role::input) ends.input = base::Fd(retained.fd);
        if (retained.role == keeper::Role::output) ends.output = base::Fd(retained.fd);
        if (retained.role == keeper::Role::error) ends.error = base::Fd(retained.fd);
    }
    if (ends.output) out_remnants_->forget(ends.output.get());  // a controller before came so far, and no further
    if (ends.error && err_remnants_) err_remnants_->forget(ends.error.get());
    open_taps(std::move(ends));
    if (is_listener_) go_on_delivering();  // before anything else can be sent to it
    if (note_.spawn_told < note_.incarnation) {
        tell_once(process::spawned(name(), slot.pid));
        note_.spawn_told = note_.incarnation;
        feed(process::Spawned{base::Time(std::chrono::nanoseconds(slot.spawned_at.monotonic))});
    }
    if (slot.state == keeper::SlotState::exited) {
        group_left_ = slot.ending.group_left != 0;
        keeper::Message message = keeper::message_of(keeper::Type::exited);
        message.slot = number;
        message.inc = slot.inc;
        message.pid = slot.pid;
        message.ending = slot.ending;
        if (note_.machine.child)
            exited(message);
        else if (note_.machine.remains && (tree_ || !group_left_)) {
            if (has_remains())
                watch_tree();
            else
                remains_are_gone();
        }
    }
    if (child_ && note_.pending.number != 0) {
        if (note_.pending.order > slot.order) {
            send_pending();
        } else {
            keeper::Message answer = keeper::message_of(keeper::Type::reply);
            answer.err = slot.order_err;
            signal_answered(answer);
        }
    }
    feed(process::TimePassed{});
}

}  // namespace control
