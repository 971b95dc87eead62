// The child of a runner: its start, its end, the signals on their way to it.
#include "supervisord/control/runner.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <utility>

#include "common/base/crash_point.hpp"
#include "common/base/text.hpp"
#include "supervisord/control/launch.hpp"
#include "supervisord/control/world.hpp"
#include "supervisord/process/description.hpp"

namespace control {

// Starting.

void Runner::spawn() {
    user_.reset();
    queued_ = note_.incarnation;
    auto go = [this, self = self_, incarnation = note_.incarnation](const Turnstile::Pass& pass) {
        if (!*self || incarnation != queued_) return;
        queued_ = 0;
        leave_queue_ = {};
        launch(pass);
    };
    if (!program_.uid || *program_.uid == ::getuid()) return world_.launches.enter(std::move(go));
    if (::getuid() != 0) {
        user_ = keeper::Spec::User{.uid = *program_.uid, .gid = 0, .groups = {}, .problem = "Can't drop privilege as nonroot user"};
        return world_.launches.enter(std::move(go));
    }
    leave_queue_ = world_.launches.take_place(std::move(go));
    world_.accounts.find(*program_.uid, [this, self = self_, incarnation = note_.incarnation, ready = leave_queue_](const keeper::Spec::User& user) {
        if (*self && incarnation == queued_) user_ = user;
        ready();
    });
}

void Runner::launch(const Turnstile::Pass& pass) {
    if (state() != api::State::starting) return feed(process::SpawnFailed{});  // stopped when another controller was to launch it
    // Each that is on its way will bring the descriptor of its child.
    if (!base::has_room_for(keeper::descriptor_reserve + world_.launches.inside())) return spawn_refused(process::too_many_files(name()));
    if (const auto problem = use_socket(); !problem.empty()) return spawn_refused(problem);
    const auto found = find_command(program_, world_);
    if (const auto* unusable = std::get_if<process::Unusable>(&found)) return spawn_refused(unusable->text);
    for (const bool err : {false, true}) {
        const auto& output = err ? err_ : out_;
        if (const int error = output ? output->open((err ? err_remnants_ : out_remnants_)->is_empty()) : 0)
            return spawn_refused(error == EMFILE ? process::too_many_files(name())
                                                 : process::cannot_open_outputs(name(), base::errno_name(error)));
    }
    if (tree_) tree_->begin(note_.tree);
    auto prepared = prepare(program_, group_, std::get<process::Executable>(found), socket_ ? SharedSockets::fd(socket_) : -1,
                            tree_ ? Containment{tree_->entrance(), tree_->mark()} : Containment{}, std::move(user_), world_);
    if (auto* problem = std::get_if<std::string>(&prepared)) return spawn_refused(std::move(*problem));
    Launch& launch = std::get<Launch>(prepared);
    launch.message.inc = note_.incarnation;
    for (const auto& warning : launch.warnings) world_.activity.log(logs::LogLevel::warn, warning);
    base::crash_point("runner.spawn");
    ends_ = {std::move(launch.input), std::move(launch.output), std::move(launch.error)};
    forget_captured();
    if (is_listener_) world_.events.began(listener());
    world_.link.send(launch.message, std::move(launch.descriptors),
                     [this, self = self_, pass, incarnation = note_.incarnation](const keeper::Message& message, base::Fd pidfd) {
                         if (*self && incarnation == note_.incarnation) spawned(message, std::move(pidfd));
                     });
    base::crash_point("runner.spawn_sent");
}

/// The text is spawnerr; empty: it has one, or needs none.
std::string Runner::use_socket() {
    if (!program_.socket || socket_) return "";
    auto used = world_.sockets.use(base::concat(group_, ":", program_.section), *program_.socket);
    if (!used) return used.error();
    socket_ = std::move(*used);
    return "";
}

void Runner::spawn_refused(std::string text) {
    if (tree_) tree_->end();  // a cgroup may have been made for it
    tell_once(process::spawn_failed(text));
    set_spawnerr(std::move(text));
    feed(process::SpawnFailed{});
}

void Runner::spawned(const keeper::Message& message, base::Fd pidfd) {
    // EEXIST: a child of the same name, of before a reload, that could not be ended.  It is tried again.
    if (message.err != 0) {
        auto used = std::exchange(socket_, {});  // that it is closed is told after the reason
        end_of_child();
        socket_ = std::move(used);
        return spawn_refused(message.err == EAGAIN   ? process::too_many_processes(name())
                             : message.err == EMFILE ? process::too_many_files(name())
                                                   : process::cannot_fork(name(), base::errno_name(message.err)));
    }
    child_ = Child{message.slot, message.pid, std::move(pidfd)};
    open_taps(std::move(ends_));  // not before: what it writes is to be told with its pid
    tell_once(process::spawned(name(), message.pid));
    note_.spawn_told = note_.incarnation;
    feed(process::Spawned{base::Time(std::chrono::nanoseconds(message.spawned_at.monotonic))});
    send_pending();
}

void Runner::open_taps(Ends ends) {
    if (ends.input) input_ = std::make_unique<Feed>(world_.loop, world_.staging, std::move(ends.input));
    if (ends.output) tap(false, std::move(ends.output));
    if (ends.error && err_) tap(true, std::move(ends.error));
}

/// At once, or when what was written before is in the log: until then the child finds a pipe that nobody empties.
void Runner::tap(bool err, base::Fd pipe) {
    numbers_[err] = pipe.get();
    if (!(err ? err_remnants_ : out_remnants_)->is_empty())
        (err ? err_later_ : out_later_) = std::move(pipe);
    else {
        // A size that somebody has chosen is kept.
        const bool as_given = output_of(err).pipe_size == 0;
        (err ? err_tap_ : out_tap_) = std::make_unique<Tap>(world_.loop, err ? *err_ : *out_, std::move(pipe), reporter(),
                                                            as_given ? &world_.larger_pipes : nullptr);
    }
}

void Runner::go_on_after_remnants() {
    if (out_later_) tap(false, std::move(out_later_));
    if (err_later_) tap(true, std::move(err_later_));
    world_.changed(*this);
}

Tap::Report Runner::reporter() {
    return [this](std::string_view line) { world_.activity.log(logs::LogLevel::warn, line); };
}

// Ending.

void Runner::exited(const keeper::Message& message) {
    // Told before, by a controller before; or not ours, but in the way of ours.
    if (message.inc <= note_.ended || message.inc < note_.incarnation) return release(message.slot, message.inc);
    if (message.inc != note_.incarnation || (child_ && !note_.machine.child)) return;
    if (!child_) child_ = Child{message.slot, message.pid};
    child_->ended = base::Time(std::chrono::nanoseconds(message.ending.at.monotonic));
    group_left_ = message.ending.group_left != 0;
    const bool remains = has_remains();
    if (!remains) finish_taps();
    base::crash_point("runner.drained");
    note_.end_status =
        message.ending.known == keeper::Known::no ? process::unknown_status : message.ending.wstatus;
    note_.stopped_wall = message.ending.at.wall / 1'000'000'000;
    if (remains && tree_) watch_tree();
    feed(process::Exited{process::exit_code(note_.end_status), remains,
                         base::Time(std::chrono::nanoseconds(message.ending.at.monotonic))});
}

void Runner::group_gone(const keeper::Message& message) {
    if (message.inc != note_.incarnation || message.inc <= note_.ended) return;
    group_left_ = false;
    if (has_remains()) return watch_tree();
    remains_are_gone();
}

/// To the keeper a leader that its parent has not reaped is one of the group (it can be signalled); a look can tell.
bool Runner::has_remains() {
    if (!tree_) return group_left_;
    return !tree_->is_empty(leader(), child_ && child_->ended ? *child_->ended : base::now());
}

void Runner::remains_are_gone() {
    finish_taps();  // before it is noted that nothing is left to do
    feed(process::GroupGone{});
}

void Runner::finish_taps() {
    finish_tap(false);
    finish_tap(true);
}

void Runner::finish_tap(bool err) {
    auto& tap = err ? err_tap_ : out_tap_;
    auto& later = err ? err_later_ : out_later_;
    if (!tap && !later) return;
    if (world_.activity.wants(logs::LogLevel::debug)) say(process::stopped_monitoring(dispatcher(err), numbers_[err]));
    Tap::Rest rest;
    if (tap) {
        rest = std::exchange(tap, nullptr)->finish();
    } else {
        rest.left = base::bytes_in(later.get()).value_or(0);
        rest.waits = rest.left > 0;
        rest.pipe = std::move(later);
    }
    if (!rest.waits) return world_.leavings.take(std::move(rest.pipe));
    auto& remnants = *(err ? err_remnants_ : out_remnants_);
    remnants.take(std::move(rest.pipe), rest.left, child_ ? child_->pid : 0);
    if (is_listener_ && !err) remnants.give_up();  // the next child must not be believed to have said it
}

void Runner::end_of_child() {
    finish_taps();
    input_.reset();
    ends_ = {};
    socket_.reset();
    child_.reset();
    tree_look_.cancel();
    if (tree_) tree_->end();
    if (is_listener_) world_.events.ended(listener());
}

Runner::Descriptors Runner::descriptors() const {
    const auto descriptor = [](const std::unique_ptr<Tap>& tap, const base::Fd& later, const base::Fd& end) {
        return tap ? tap->descriptor() : later ? later.get() : end.get();
    };
    return {note_.incarnation, child_ ? child_->pidfd.get() : -1, input_ ? input_->descriptor() : ends_.input.get(),
            descriptor(out_tap_, out_later_, ends_.output), descriptor(err_tap_, err_later_, ends_.error)};
}

void Runner::release(std::uint32_t slot, std::uint64_t incarnation) {
    keeper::Message message = keeper::message_of(keeper::Type::release);
    message.slot = slot;
    message.inc = incarnation;
    world_.link.send(message);
}

// Signals.

keeper::Message Runner::about_child(keeper::Type type) const {
    keeper::Message message = keeper::message_of(type);
    message.slot = child_->slot;
    message.inc = note_.incarnation;
    return message;
}

void Runner::send_pending() {
    if (!child_ || note_.pending.number == 0) return;  // spawned() comes back to it
    keeper::Message message = about_child(keeper::Type::signal);
    message.signal = note_.pending.number;
    if (tree_ && note_.pending.group) {
        signal_tree(note_.pending.number);
        if (note_.machine.remains && !group_left_) {  // the keeper has nobody to send it to
            note_.pending = {};
            record_.commit(note_);
            return watch_tree();
        }
    }
    message.order = note_.pending.order;
    if (note_.pending.group) message.flags |= keeper::to_group;
    base::crash_point("runner.signal");
    world_.link.send(message, {}, [this, self = self_, order = message.order](const keeper::Message& reply, base::Fd) {
        if (*self && order == note_.pending.order) signal_answered(reply);
    });
}

// With killmode=tree: who has left the group of the leader is found and signalled from here, and waited for.

/// When it has ended its number stays its own as long as it is that of its group.
Tree::Leader Runner::leader() const {
    if (!child_ || (child_->ended && !group_left_)) return {};
    return {child_->pid, child_->pidfd.get()};
}

void Runner::signal_tree(int number) {
    if (const int refused = tree_->signal(leader(), number); refused > 0)
        world_.activity.log(logs::LogLevel::warn, base::concat(refused, " processes that belong to '", name(),
                                                               "' cannot be signalled: not permitted"));
    tree_pause_ = tree_pause_.zero();
}

void Runner::watch_tree() {
    constexpr std::chrono::milliseconds shortest(5), longest(500);
    tree_pause_ = std::clamp(tree_pause_ * 2, shortest, longest);
    tree_look_.after(tree_pause_, [this] {
        if (has_remains()) return watch_tree();
        tree_pause_ = {};
        if (note_.machine.remains) remains_are_gone();
    });
}

void Runner::signal_answered(const keeper::Message& message) {
    note_.pending = {};
    record_.commit(note_);
    if (message.err != 0 && message.err != ESRCH && message.err != ESTALE && child_) {
        const auto entry = process::cannot_stop(name(), child_->pid, base::errno_text(message.err));
        say(entry);
        signal_problem_ = entry.text;
        feed(process::SignalFailed{});
    } else if (message.err == ESRCH && child_) {
        say(process::just_exited(name(), child_->pid, base::errno_text(ESRCH)));
    }
    answer_waiters(true);
}

}  // namespace control
