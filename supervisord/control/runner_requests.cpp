// What clients ask of a runner, and what they are answered.
#include "supervisord/control/runner.hpp"

#include <cerrno>

#include "common/base/text.hpp"
#include "supervisord/control/launch.hpp"
#include "supervisord/control/world.hpp"

namespace control {

using base::concat;

void Runner::answer(WhenDone done, Outcome outcome) {
    post(world_.loop, [done = std::move(done), outcome = std::move(outcome)] { done(outcome); });
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

void Runner::end(WhenDone done) {
    if (state() != api::State::stopping) return stop(true, std::move(done));  // answers at once when nothing runs
    stopping_.push_back({true, std::move(done)});
    await_stop();
}

/// "waiting for x to stop", at once and then every two seconds, for as long as somebody waits.
void Runner::await_stop() {
    say(process::waiting_to_stop(name()));
    post_after(world_.loop, std::chrono::seconds(2), [this, self = self_] {
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
        if (*self && child_ && reply.err == ESRCH) say(process::signalled_too_late(name(), child_->pid, base::errno_text(ESRCH)));
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
    forget_captured();
    return std::nullopt;
}

void Runner::reopen_logs() {
    for (logs::Output* output : {out_.get(), err_.get()})
        if (const auto reopened = output ? output->reopen() : base::Result<void>(); !reopened)
            world_.activity.log(logs::LogLevel::warn, reopened.error());
}

}  // namespace control
