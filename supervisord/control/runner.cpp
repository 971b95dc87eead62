#include "supervisord/control/runner.hpp"

#include <utility>

#include "common/base/crash_point.hpp"
#include "common/base/text.hpp"
#include "supervisord/control/world.hpp"
#include "supervisord/process/description.hpp"

namespace control {

using base::concat;
using process::Machine;

namespace {

/// Does the keeper still have a child, or what a child left, in this state?
bool occupied(const Machine& machine) { return machine.child || machine.remains; }

bool spawns(const process::Step& step) {
    for (const auto& action : step.actions)
        if (std::holds_alternative<process::Spawn>(action)) return true;
    return false;
}

}  // namespace

Runner::Runner(World& world, const config::Group& group, const config::Program& program, Notes::Record& record)
    : world_(world), group_(group.name), program_(program),
      is_listener_(group.kind == config::GroupKind::eventlistener), record_(record), note_(record.note()),
      spawnerr_(note_.spawnerr), deadline_(world.loop), success_(world.loop), tree_look_(world.loop), self_(std::make_shared<Runner*>(this)) {
    if (program_.killmode == config::Killmode::tree) tree_.emplace(world_.processes, world_.cgroups(), group_, program_.name).begin(note_.tree);
    open_outputs();
    if (is_listener_) connect_listener();
}

Runner::~Runner() {
    *self_ = nullptr;
    if (is_listener_) world_.events.disconnect(listener());
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
        deadline_.cancel();
        return;
    }
    deadline_.at(*deadline, [this, self = self_] {
        world_.link.catch_up();  // an end that the keeper has told comes before what time has brought (Q28)
        if (*self) feed(process::TimePassed{});
    });
}

void Runner::apply(const process::Event& event) {
    if (!late_.empty()) settle_success(std::holds_alternative<process::Exited>(event));
    const Machine before = note_.machine;
    const auto step = process::step(before, program_, event, base::now());
    const bool ends = occupied(before) && (!occupied(step.next) || spawns(step));
    if (ends) {
        note_.ended = note_.incarnation;
        note_.pending = {};  // else the next child would get it
    }
    const std::uint64_t ended = note_.ended;
    note_.machine = step.next;
    note_.announced_count = 0;
    take_note(step);
    record_.commit(note_);
    base::crash_point("runner.noted");

    SharedSockets::Use last_use;  // when it was: that the socket is closed is told after the end, and before a restart
    if (ends && child_) {
        const std::uint32_t slot = child_->slot;
        last_use = std::exchange(socket_, {});
        end_of_child();
        release(slot, ended);
        base::crash_point("runner.released");
    }
    if (std::holds_alternative<process::SpawnFailed>(event)) last_use = std::exchange(socket_, {});
    if (is_listener_ && before.state != note_.machine.state)
        world_.events.running(listener(), state() == api::State::running);
    tell_untold();
    last_use.reset();
    carry_out(step);
    tell_announced();
    if (is_listener_ && before.state != state()) restart_when_stopped();
    answer_waiters(std::holds_alternative<process::Spawned>(event));
    if (before.state != note_.machine.state) world_.changed(*this);
}

/// What the step makes of the note besides the machine.
void Runner::take_note(const process::Step& step) {
    const pid_t pid = child_ ? child_->pid : 0;
    for (const auto& action : step.actions) {
        if (const auto* news = std::get_if<process::Announce>(&action)) {
            announce(*news);
            if (news->to == api::State::starting) set_spawnerr("");
            if (news->to == api::State::backoff && spawnerr_.empty())
                set_spawnerr(std::string(process::exited_too_quickly));
            if (news->to == api::State::exited && !news->expected)
                set_spawnerr(process::bad_exit_code(process::exit_code(note_.end_status)));
        } else if (std::get_if<process::Spawn>(&action)) {
            note_.incarnation = world_.notes.next_incarnation();
            note_.tree = tree_ ? new_tree_number() : 0;
            note_.started_wall = base::epoch_seconds(base::wall_now());
        } else if (const auto* signal = std::get_if<process::Signal>(&action)) {
            note_.pending = {++note_.order, signal->number, signal->group};
            tell_once(process::signalling(name(), pid, signal->number, signal->group));
        } else if (const auto* said = std::get_if<process::Say>(&action)) {
            switch (said->line) {
                case process::Line::entered_running: tell_success(); break;
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
    const std::string_view untold(note_.untold);
    const auto told = untold.substr(0, untold.size() - late_.size());
    if (told.empty()) return;
    base::crash_point("runner.telling");
    world_.activity.write(logs::LogLevel::critical, told);
    base::crash_point("runner.told");
    note_.drop_untold(told.size());
    record_.commit(note_);
}

/// compat/process.md, section 1.1: with startsecs=0, of one that ends at once only the end is told.  Who starts it by a
/// request, or asks for its state, finds the line with the answer.
void Runner::tell_success() {
    constexpr std::chrono::milliseconds at_once(20);
    const std::size_t before = std::string_view(note_.untold).size();
    tell_once(process::entered_running(name(), program_.startsecs));
    if (program_.startsecs > 0 || !starting_.empty()) return;
    late_ = std::string_view(note_.untold).substr(before);
    if (!late_.empty()) success_.after(at_once, [this] { settle_success(false); });
}

void Runner::tell_success_now() {
    if (!late_.empty()) settle_success(false);
}

/// With the time of when it is written: lines are in the order of their times.
void Runner::settle_success(bool has_ended) {
    success_.cancel();
    note_.untold[std::string_view(note_.untold).size() - std::exchange(late_, {}).size()] = 0;  // it is the last
    if (!has_ended) tell_once(process::entered_running(name(), program_.startsecs));
    record_.commit(note_);
    tell_untold();
}

void Runner::carry_out(const process::Step& step) {
    if (queued_ != 0 && state() == api::State::starting && note_.machine.holding) return feed(process::Stop{});
    if (queued_ != 0 && state() != api::State::starting) {  // stopped before its turn came
        queued_ = 0;
        if (leave_queue_) post(world_.loop, std::exchange(leave_queue_, {}));
        feed(process::SpawnFailed{});
    }
    for (const auto& action : step.actions) {
        if (std::holds_alternative<process::Spawn>(action)) spawn();
        if (std::holds_alternative<process::Signal>(action)) send_pending();
    }
}

}  // namespace control
