// A runner and the events: those it causes, and those it is sent when it is a listener.
#include "supervisord/control/runner.hpp"


#include "supervisord/control/world.hpp"

namespace control {

namespace {

event::Change change_of(std::string_view process, std::string_view group, const Announced& news) {
    return {process, group, news.from, news.to, news.tries, news.expected, news.pid};
}

}  // namespace

/// Into the note, so that it is emitted once, whoever dies between; nothing when nobody listens.
void Runner::announce(const process::Announce& news) {
    const Announced change{news.from, news.to, news.tries, child_ ? child_->pid : 0, news.expected};
    if (world_.events.wants(event::type_of(change_of(name(), group_, change)))) note_.add_announcement(change);
}

void Runner::tell_announced() {
    std::uint64_t number = note_.announcements - note_.announced_count;
    for (std::size_t at = 0; at < note_.announced_count; ++at)
        world_.events.emit_change(key(), ++number, change_of(name(), group_, note_.announced[at]));
}

// As a listener.

void Runner::connect_listener() {
    world_.events.connect(listener(), {.send = [this](const std::string& message,
                                                      std::uint64_t delivery) { deliver(message, delivery, 0); },
                                       .restart = [this] {
                                           post(world_.loop, [this, self = self_] {
                                               if (*self) restart_listener();
                                           });
                                       }});
}

void Runner::deliver(const std::string& rest, std::uint64_t delivery, std::uint64_t sent) {
    if (!input_)  // not yet: then it is sent when the child is adopted; or it has closed its stdin, and whoever might have noticed is dead
        return post(world_.loop, [this, self = self_, sent] {
            if (*self && child_ && !input_) world_.events.closed(listener(), sent > 0);
        });
    const auto progress = std::make_shared<Progress>(Progress{delivery, sent, 0});
    record_.set_progress(*progress);
    input_->deliver(rest, {.before =
                               [this, progress](std::size_t staged) {
                                   progress->staged = staged > 0 ? staged : Progress::unknown;
                                   record_.set_progress(*progress);
                               },
                           .after =
                               [this, progress, all = sent + rest.size()](std::size_t written) {
                                   progress->staged = 0;
                                   progress->bytes += written;
                                   record_.set_progress(*progress);
                                   if (progress->bytes == all && world_.events.is_owed_rest(listener())) tell_sent();
                               },
                           .closed = [this, sent](bool some) { world_.events.closed(listener(), some || sent > 0); }});
}

/// Later: it is the events that have us write.
void Runner::tell_sent() {
    post(world_.loop, [this, self = self_] {
        if (*self && input_ && input_->has_sent_event()) world_.events.sent(listener());
    });
}

void Runner::restart_listener() {
    if (api::is_up(state()))
        feed(process::Stop{});
    else
        restart_when_stopped();
}

void Runner::restart_when_stopped() {
    if (!api::is_stopped(state()) || !world_.events.is_restarting(listener())) return;
    post(world_.loop, [this, self = self_] {
        if (*self && api::is_stopped(state()) && world_.events.is_restarting(listener())) feed(process::Start{});
    });
}

void Runner::go_on_delivering() {
    world_.events.adopted(listener(), record_.progress(),
                          [this](const std::string& rest, std::uint64_t delivery, std::uint64_t sent) {
                              deliver(rest, delivery, sent);
                          });
}

/// After another controller: what its pool believes of it becomes true.
void Runner::settle_listener() {
    if (!child_ && !note_.machine.child) world_.events.ended(listener());
    world_.events.running(listener(), state() == api::State::running);
    if (world_.events.is_restarting(listener())) restart_listener();
}

}  // namespace control
