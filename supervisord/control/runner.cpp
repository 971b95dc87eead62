#include "supervisord/control/runner.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cassert>
#include <csignal>
#include <cstring>

#include "common/base/crash_point.hpp"
#include "common/base/signals.hpp"
#include "common/base/text.hpp"
#include "supervisord/control/launch.hpp"
#include "supervisord/control/world.hpp"
#include "supervisord/process/description.hpp"

namespace control {

using base::concat;
using process::Machine;

struct Runner::Timers {
    explicit Timers(boost::asio::io_context& loop) : deadline(loop) {}
    boost::asio::steady_timer deadline;
};

namespace {

logs::Target target_of(const config::Output& output, const config::Settings& settings) {
    logs::Target target;
    if (output.logfile.kind != config::LogFile::Kind::none) target.path = output.logfile.path;
    target.limits = {output.logfile_maxbytes, output.logfile_backups};
    target.syslog = output.syslog;
    target.strip_ansi = settings.strip_ansi;
    return target;
}

/// Does the keeper still have a child, or what a child left, in this state?
bool occupied(const Machine& machine) { return machine.child || machine.remains; }

bool spawns(const process::Step& step) {
    for (const auto& action : step.actions)
        if (std::holds_alternative<process::Spawn>(action)) return true;
    return false;
}

}  // namespace

void close_descriptors(const keeper::Slot& slot) {
    if (slot.pidfd >= 0) base::Fd(slot.pidfd).reset();
    for (const auto& retained : slot.retained)
        if (retained.fd >= 0) base::Fd(retained.fd).reset();
}

Runner::Runner(World& world, std::string group, config::Program program, Notes::Record& record)
    : world_(world), group_(std::move(group)), program_(std::move(program)), record_(record), note_(record.note()),
      spawnerr_(note_.spawnerr), timers_(std::make_unique<Timers>(world.loop)), self_(std::make_shared<Runner*>(this)) {
    out_ = std::make_unique<logs::Output>(world.journal, world.files,
                                          logs::Stream{group_, program_.name, logs::Channel::out},
                                          target_of(program_.out, world.settings));
    if (!program_.redirect_stderr)
        err_ = std::make_unique<logs::Output>(world.journal, world.files,
                                              logs::Stream{group_, program_.name, logs::Channel::err},
                                              target_of(program_.err, world.settings));
    if (world.activity.wants(logs::LogLevel::debug))
        for (logs::Output* output : {out_.get(), err_.get()})
            if (output)
                output->set_hook([this, output](const logs::Text& text) {
                    say(process::output(program_.name, logs::name(output->stream().channel), text.text));
                });
}

Runner::~Runner() {
    *self_ = nullptr;
    for (auto* waiters : {&starting_, &stopping_})
        for (auto& waiter : *waiters) answer(std::move(waiter.done), api::Refusal{api::Fault::bad_name, name()});
}

std::string Runner::key() const { return concat(group_, ":", program_.name); }

pid_t Runner::pid() const { return child_ && note_.machine.child ? child_->pid : 0; }

std::string Runner::description() const {
    process::Facts facts;
    facts.state = state();
    facts.name = program_.name;
    facts.pid = pid();
    facts.started = note_.started_wall;
    const std::time_t stopped = note_.stopped_wall;
    ::localtime_r(&stopped, &facts.stopped_local);
    facts.spawnerr = spawnerr_;
    return process::description(facts, base::epoch_seconds(base::wall_now()));
}

std::string Runner::logfile(Channel channel) const {
    const logs::Output* output = channel == Channel::out ? out_.get() : err_.get();
    return output ? output->target().path : "";
}

void Runner::set_spawnerr(std::string text) {
    spawnerr_ = std::move(text);
    note_.set_spawnerr(spawnerr_);
}

void Runner::say(const process::Entry& entry) { world_.activity.log(entry.level, entry.text); }

// Events, one at a time.

void Runner::feed(const process::Event& event) {
    events_.push_back(event);
    if (events_.size() > 1) return;
    while (!events_.empty()) {
        apply(events_.front());
        events_.pop_front();
    }
    const auto deadline = note_.machine.deadline;
    if (!deadline) {
        timers_->deadline.cancel();
        return;
    }
    timers_->deadline.expires_at(*deadline);
    timers_->deadline.async_wait([this, self = self_](const boost::system::error_code& error) {
        if (error || !*self) return;
        world_.link.catch_up();  // an end that the keeper has told comes before what time has brought (Q28)
        if (*self) feed(process::TimePassed{});
    });
}

void Runner::apply(const process::Event& event) {
    const Machine before = note_.machine;
    const auto step = process::step(before, program_, event, base::now());
    const bool ends = occupied(before) && (!occupied(step.next) || spawns(step));
    if (ends) {
        note_.ended = note_.incarnation;
        note_.pending = {};  // else the next child would get it
    }
    const std::uint64_t ended = note_.ended;
    note_.machine = step.next;
    take_note(step);
    record_.commit(note_);
    base::crash_point("runner.noted");

    if (ends && child_) {
        const std::uint32_t slot = child_->slot;
        end_of_child();
        release(slot, ended);
        base::crash_point("runner.released");
    }
    carry_out(step);
    tell_untold();
    answer_waiters(std::holds_alternative<process::Spawned>(event));
    if (before.state != note_.machine.state) world_.changed(*this);
}

/// What the step makes of the note besides the machine.
void Runner::take_note(const process::Step& step) {
    const pid_t pid = child_ ? child_->pid : 0;
    for (const auto& action : step.actions) {
        if (const auto* news = std::get_if<process::Announce>(&action)) {
            if (news->to == api::State::starting) set_spawnerr("");
            if (news->to == api::State::backoff && spawnerr_.empty())
                set_spawnerr(std::string(process::exited_too_quickly));
            if (news->to == api::State::exited && !news->expected)
                set_spawnerr(process::bad_exit_code(process::exit_code(note_.end_status)));
        } else if (std::get_if<process::Spawn>(&action)) {
            note_.incarnation = world_.notes.next_incarnation();
            note_.started_wall = base::epoch_seconds(base::wall_now());
        } else if (const auto* signal = std::get_if<process::Signal>(&action)) {
            note_.pending = {++note_.order, signal->number, signal->group};
        } else if (const auto* said = std::get_if<process::Say>(&action)) {
            switch (said->line) {
                case process::Line::entered_running: tell_once(process::entered_running(name(), program_.startsecs)); break;
                case process::Line::gave_up: tell_once(process::gave_up(name())); break;
                case process::Line::exited_expected: tell_once(process::exited(name(), note_.end_status, true)); break;
                case process::Line::exited_unexpected: tell_once(process::exited(name(), note_.end_status, false)); break;
                case process::Line::stopped: tell_once(process::stopped(name(), note_.end_status, program_.exitcodes)); break;
                case process::Line::killing: tell_once(process::killing(name(), pid)); break;
                case process::Line::killing_remains: tell_once(process::killing_remains(name(), pid)); break;
                case process::Line::leaving_remains: tell_once(process::leaving_remains(name(), pid)); break;
            }
        }
    }
}

/// The line goes into the note as it will be written, and into the log after the next commit: exactly once, whoever
/// dies between.  A line that does not fit is written now.
void Runner::tell_once(const process::Entry& entry) {
    if (!world_.activity.wants(entry.level)) return;
    const std::string line = logs::line(entry.level, base::wall_now(), entry.text);
    if (!note_.add_untold(line)) world_.activity.write(entry.level, line);
}

void Runner::tell_untold() {
    if (note_.untold[0] == 0) return;
    base::crash_point("runner.telling");
    world_.activity.write(logs::LogLevel::critical, note_.untold);
    base::crash_point("runner.told");
    note_.untold[0] = 0;
    record_.commit(note_);
}

void Runner::carry_out(const process::Step& step) {
    for (const auto& action : step.actions) {
        if (std::holds_alternative<process::Spawn>(action)) spawn();
        if (const auto* signal = std::get_if<process::Signal>(&action)) order_signal(signal->number, signal->group);
    }
}

// Starting.

void Runner::spawn() {
    world_.launches.enter([this, self = self_, incarnation = note_.incarnation](const Turnstile::Pass& pass) {
        if (*self && incarnation == note_.incarnation) launch(pass);
    });
}

void Runner::launch(const Turnstile::Pass& pass) {
    if (state() != api::State::starting) return feed(process::SpawnFailed{});  // stopped before its turn came
    const auto found = find_command(program_, world_);
    if (const auto* unusable = std::get_if<process::Unusable>(&found)) return spawn_refused(unusable->text);
    for (logs::Output* output : {out_.get(), err_.get()})
        if (const int error = output ? output->open() : 0)
            return spawn_refused(error == EMFILE ? process::too_many_files(name())
                                                 : process::cannot_open_outputs(name(), base::errno_name(error)));
    auto prepared = prepare(program_, group_, std::get<process::Executable>(found), world_);
    if (auto* problem = std::get_if<std::string>(&prepared)) return spawn_refused(std::move(*problem));
    Launch& launch = std::get<Launch>(prepared);
    launch.message.inc = note_.incarnation;
    base::crash_point("runner.spawn");
    open_taps(std::move(launch.input), std::move(launch.output), std::move(launch.error));
    world_.link.send(launch.message, std::move(launch.descriptors),
                     [this, self = self_, pass, incarnation = note_.incarnation](const keeper::Message& message, base::Fd) {
                         if (*self && incarnation == note_.incarnation) spawned(message);
                     });
    base::crash_point("runner.spawn_sent");
}

void Runner::spawn_refused(std::string text) {
    tell_once(process::spawn_failed(text));
    set_spawnerr(std::move(text));
    feed(process::SpawnFailed{});
}

void Runner::spawned(const keeper::Message& message) {
    // EEXIST: a child of the same name, of before a reload, that could not be ended.  It is tried again.
    if (message.err != 0) {
        end_of_child();
        return spawn_refused(message.err == EAGAIN ? process::too_many_processes(name())
                                                   : process::cannot_fork(name(), base::errno_name(message.err)));
    }
    child_ = Child{message.slot, message.pid};
    tell_once(process::spawned(name(), message.pid));
    note_.spawn_told = note_.incarnation;
    feed(process::Spawned{base::Time(std::chrono::nanoseconds(message.spawned_at.monotonic))});
    send_pending();
}

void Runner::open_taps(base::Fd input, base::Fd output, base::Fd error) {
    if (input) input_ = std::make_unique<Feed>(world_.loop, std::move(input));
    if (output) out_tap_ = std::make_unique<Tap>(world_.loop, *out_, std::move(output), reporter());
    if (error && err_) err_tap_ = std::make_unique<Tap>(world_.loop, *err_, std::move(error), reporter());
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
    if (!message.ending.group_left) finish_taps();
    base::crash_point("runner.drained");
    note_.end_status = message.ending.wstatus;
    note_.stopped_wall = message.ending.at.wall / 1'000'000'000;
    feed(process::Exited{process::exit_code(message.ending.wstatus), message.ending.group_left != 0,
                         base::Time(std::chrono::nanoseconds(message.ending.at.monotonic))});
}

void Runner::group_gone(const keeper::Message& message) {
    if (message.inc != note_.incarnation || message.inc <= note_.ended) return;
    finish_taps();  // before it is noted that nothing is left to do
    feed(process::GroupGone{});
}

void Runner::finish_taps() {
    for (auto* tap : {&out_tap_, &err_tap_}) {
        if (*tap) (*tap)->finish();
        tap->reset();
    }
}

void Runner::end_of_child() {
    finish_taps();
    input_.reset();
    child_.reset();
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

void Runner::order_signal(int number, bool group) {
    if (number != SIGKILL) say(process::signalling(name(), pid(), number, group));
    send_pending();
}

void Runner::send_pending() {
    if (!child_ || note_.pending.number == 0) return;  // spawned() comes back to it
    keeper::Message message = about_child(keeper::Type::signal);
    message.signal = note_.pending.number;
    message.order = note_.pending.order;
    if (note_.pending.group) message.flags |= keeper::to_group;
    base::crash_point("runner.signal");
    world_.link.send(message, {}, [this, self = self_, order = message.order](const keeper::Message& reply, base::Fd) {
        if (*self && order == note_.pending.order) signal_answered(reply);
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

// What clients ask for.

void Runner::answer(WhenDone done, Outcome outcome) {
    boost::asio::post(world_.loop, [done = std::move(done), outcome = std::move(outcome)] { done(outcome); });
}

void Runner::answer_waiters(bool attempt_made) {
    const auto refusal = [&](api::Fault fault) { return Outcome(api::Refusal{fault, name()}); };
    std::erase_if(starting_, [&](Waiter& waiter) {
        if (state() == api::State::running)
            answer(std::move(waiter.done), std::nullopt);
        else if (!spawnerr_.empty())
            answer(std::move(waiter.done), refusal(api::Fault::spawn_error));
        else if (state() != api::State::starting)
            answer(std::move(waiter.done), refusal(api::Fault::abnormal_termination));
        else if (!waiter.until_settled && attempt_made)
            answer(std::move(waiter.done), std::nullopt);
        else
            return false;
        return true;
    });
    std::erase_if(stopping_, [&](Waiter& waiter) {
        if (state() == api::State::unknown && !signal_problem_.empty())
            answer(std::move(waiter.done), api::Refusal{api::Fault::failed, signal_problem_});
        else if (api::is_stopped(state()) || (!waiter.until_settled && attempt_made))
            answer(std::move(waiter.done), std::nullopt);
        else
            return false;
        return true;
    });
}

void Runner::start(bool wait, WhenDone done) {
    if (api::is_up(state())) return answer(std::move(done), api::Refusal{api::Fault::already_started, name()});
    if (state() == api::State::unknown)
        return answer(std::move(done), api::Refusal{api::Fault::failed, concat(name(), " is in an unknown process state")});
    const auto found = find_command(program_, world_);
    if (const auto* unusable = std::get_if<process::Unusable>(&found)) {
        const bool missing = unusable->why == process::Unusable::Why::not_found;
        return answer(std::move(done),
                      api::Refusal{missing ? api::Fault::no_file : api::Fault::not_executable, unusable->text});
    }
    if (state() == api::State::stopping)
        return answer(std::move(done), api::Refusal{api::Fault::abnormal_termination, name()});
    starting_.push_back({wait, std::move(done)});
    feed(process::Start{});
}

void Runner::stop(bool wait, WhenDone done) {
    if (!api::is_up(state())) return answer(std::move(done), api::Refusal{api::Fault::not_running, name()});
    signal_problem_.clear();
    stopping_.push_back({wait, std::move(done)});
    if (state() == api::State::backoff) say(process::stop_in_backoff(name()));
    feed(process::Stop{});
    if (wait && !stopping_.empty()) await_stop();
}

/// "waiting for x to stop", at once and then every two seconds, for as long as somebody waits.
void Runner::await_stop() {
    say(process::waiting_to_stop(name()));
    auto timer = std::make_shared<boost::asio::steady_timer>(world_.loop, std::chrono::seconds(2));
    timer->async_wait([this, self = self_, timer](const boost::system::error_code&) {
        if (*self && !stopping_.empty()) await_stop();
    });
}

void Runner::signal(int number, WhenDone done) {
    if (!api::is_signallable(state()) || !child_ || !note_.machine.child) {
        say(process::signal_without_process(name(), number));
        return answer(std::move(done), api::Refusal{api::Fault::not_running, name()});
    }
    ++note_.order;
    record_.commit(note_);
    say(process::sending(name(), child_->pid, number));
    keeper::Message message = about_child(keeper::Type::signal);
    message.signal = number;
    message.order = note_.order;
    world_.link.send(message, {}, [this, self = self_, done = std::move(done)](const keeper::Message& reply, base::Fd) {
        if (!*self || reply.err == 0 || reply.err == ESRCH || reply.err == ESTALE || !child_)
            return done(std::nullopt);
        const auto entry = process::cannot_signal(name(), child_->pid, base::errno_text(reply.err));
        say(entry);
        feed(process::SignalFailed{});
        done(api::Refusal{api::Fault::failed, entry.text});
    });
}

Outcome Runner::send_stdin(std::string_view bytes) {
    if (!child_ || !note_.machine.child || state() == api::State::stopping)
        return api::Refusal{api::Fault::not_running, name()};
    switch (input_ ? input_->write(bytes) : Feed::Taken::closed) {
        case Feed::Taken::yes: return std::nullopt;
        case Feed::Taken::closed: return api::Refusal{api::Fault::no_file, name()};
        case Feed::Taken::full: break;
    }
    return api::Refusal{api::Fault::failed, concat(name(), " does not read its stdin, ", Feed::limit, " bytes wait")};
}

Outcome Runner::clear_logs() {
    for (logs::Output* output : {out_.get(), err_.get()})
        if (output && !output->target().path.empty())
            if (const auto cleared = output->clear(); !cleared) return api::Refusal{api::Fault::failed, name()};
    return std::nullopt;
}

void Runner::forget_outputs() {
    for (logs::Output* output : {out_.get(), err_.get()})
        if (output) output->forget();
}

void Runner::reopen_logs() {
    for (logs::Output* output : {out_.get(), err_.get()})
        if (const auto reopened = output ? output->reopen() : base::Result<void>(); !reopened)
            world_.activity.log(logs::LogLevel::warn, reopened.error());
}

// Carrying on.

void Runner::resume(const keeper::Slot* slot, std::uint32_t number) {
    if (note_.untold[0] && world_.activity.was_written(note_.untold)) {
        note_.untold[0] = 0;
        record_.commit(note_);
    }
    tell_untold();
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
    if (slot && slot->inc < note_.incarnation && slot->state == keeper::SlotState::alive) {
        // Of before a reload, and could not be ended: what was asked for since will find out (EEXIST).
        close_descriptors(*slot);
        slot = nullptr;
    }
    if (slot && slot->inc <= note_.ended) {
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
    child_ = Child{number, slot.pid};
    base::Fd input, output, error;
    for (const auto& retained : slot.retained) {
        if (retained.role == keeper::Role::input) input = base::Fd(retained.fd);
        if (retained.role == keeper::Role::output) output = base::Fd(retained.fd);
        if (retained.role == keeper::Role::error) error = base::Fd(retained.fd);
    }
    if (slot.pidfd >= 0) base::Fd(slot.pidfd).reset();  // the keeper's business
    open_taps(std::move(input), std::move(output), std::move(error));
    if (note_.spawn_told < note_.incarnation) {
        tell_once(process::spawned(name(), slot.pid));
        note_.spawn_told = note_.incarnation;
        feed(process::Spawned{base::Time(std::chrono::nanoseconds(slot.spawned_at.monotonic))});
    }
    if (slot.state == keeper::SlotState::exited) {
        keeper::Message message = keeper::message_of(keeper::Type::exited);
        message.slot = number;
        message.inc = slot.inc;
        message.pid = slot.pid;
        message.ending = slot.ending;
        if (note_.machine.child)
            exited(message);
        else if (note_.machine.remains && !slot.ending.group_left) {
            finish_taps();
            feed(process::GroupGone{});
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
