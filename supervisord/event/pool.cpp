#include "supervisord/event/pool.hpp"

#include <algorithm>

#include "common/base/text.hpp"
#include "supervisord/event/payload.hpp"

namespace event {

using base::concat;
using config::LogLevel;

Pool::Pool(Options options, const std::vector<std::string>& listeners) : options_(std::move(options)) {
    for (const auto& listener : listeners) members_.emplace_back().name = listener;
}

const Member* Pool::find(std::string_view listener) const {
    const auto found = std::ranges::find(members_, listener, &Member::name);
    return found == members_.end() ? nullptr : &*found;
}

Member* Pool::member(std::string_view listener) { return const_cast<Member*>(find(listener)); }

void Pool::make_room(Actions& actions) {
    while (waiting_.size() >= static_cast<std::size_t>(options_.buffer_size)) {
        actions.emplace_back(Say{LogLevel::error, concat("pool ", options_.name, " event buffer overflowed, discarding event ",
                                                         waiting_.front().serial)});
        went_.push_back(waiting_.front().pool_serial);
        waiting_.pop_front();
        ++discarded_;
    }
}

void Pool::say_rebuffering(const Event& event, std::size_t others, Actions& actions) const {
    actions.emplace_back(Say{LogLevel::debug, concat("rebuffering event ", event.serial, " for pool ", options_.name, " (buf size=",
                                                     others, ", max=", options_.buffer_size, ")")});
}

/// To where it stood: before all that came after it.
void Pool::take_back(Member& member, Actions& actions, bool all_sent) {
    member.busy_until.reset();
    if (all_sent) member.message.clear();
    if (!member.holds) return;
    Event event = std::move(*member.holds);
    member.holds.reset();
    make_room(actions);
    say_rebuffering(event, waiting_.size(), actions);
    const auto place = std::ranges::upper_bound(waiting_, event.pool_serial, {}, &Event::pool_serial);
    waiting_.insert(place, std::move(event));
}

void Pool::dispatch(Actions& actions, Time now) {
    bool was_sent = false;
    for (auto& member : members_) {
        if (waiting_.empty()) return;
        if (!member.running || member.deaf || member.listener.state != Listener::State::ready || is_owed_rest(member)) continue;
        member.holds = std::move(waiting_.front());
        waiting_.pop_front();
        const Event& event = *member.holds;
        member.message = message({options_.server, options_.name, event.serial, event.pool_serial, event.type, options_.event_len},
                                 event.payload);
        member.listener.state = Listener::State::busy;
        ++member.deliveries;
        if (options_.busy_timeout > 0) member.busy_until = now + std::chrono::seconds(options_.busy_timeout);
        actions.emplace_back(Say{LogLevel::debug, concat("event ", event.serial, " sent to listener ", member.name)});
        actions.emplace_back(Send{member.name});
        was_sent = true;
    }
    // Supervisor takes the next one out, finds nobody for it, and puts it back.
    if (was_sent && !waiting_.empty()) say_rebuffering(waiting_.front(), waiting_.size() - 1, actions);
}

Actions Pool::emitted(std::uint64_t serial, config::EventType type, std::string payload, Time now) {
    Actions actions;
    make_room(actions);
    waiting_.push_back({serial, next_pool_serial_++, type, std::move(payload)});
    dispatch(actions, now);
    return actions;
}

Actions Pool::began(std::string_view listener, Time now) {
    Actions actions;
    Member* it = member(listener);
    if (!it) return actions;
    take_back(*it, actions);
    it->listener = Listener{};
    it->deaf = it->restarting = false;
    dispatch(actions, now);
    return actions;
}

Actions Pool::running(std::string_view listener, bool is, Time now) {
    Actions actions;
    Member* it = member(listener);
    if (!it) return actions;
    it->running = is;
    dispatch(actions, now);
    return actions;
}

Actions Pool::heard(std::string_view listener, std::string_view bytes, bool all_sent, Time now) {
    Actions actions;
    Member* it = member(listener);
    if (!it) return actions;
    const auto say = [&](LogLevel level, std::string text) { actions.emplace_back(Say{level, std::move(text)}); };
    for (const auto& heard : hear(it->listener, bytes)) {
        switch (heard.what) {
            case Heard::What::state:
                say(LogLevel::debug, concat(it->name, ": ", name(heard.from), " -> ", name(heard.to)));
                if (heard.to == Listener::State::unknown)
                    say(LogLevel::warn, concat(it->name, ": has entered the UNKNOWN state and will no longer receive events, "
                                                         "this usually indicates the process violated the eventlistener protocol"));
                if (heard.from == Listener::State::busy) take_back(*it, actions, all_sent);  // what was not processed
                break;
            case Heard::What::processed:
                say(LogLevel::debug, concat(it->name, ": event was processed"));
                if (it->holds) went_.push_back(it->holds->pool_serial);
                it->holds.reset();
                if (all_sent) it->message.clear();
                it->busy_until.reset();
                break;
            case Heard::What::rejected:
                say(LogLevel::warn, concat(it->name, ": event was rejected"));
                break;
            case Heard::What::bad_line:
                say(LogLevel::warn, concat(it->name, ": bad result line: '", heard.line, "'"));
                break;
        }
    }
    dispatch(actions, now);
    return actions;
}

Actions Pool::sent(std::string_view listener, Time now) {
    Actions actions;
    Member* it = member(listener);
    if (!it || !is_owed_rest(*it)) return actions;
    it->message.clear();
    dispatch(actions, now);
    return actions;
}

Actions Pool::closed(std::string_view listener, bool some_sent, Time now) {
    Actions actions;
    Member* it = member(listener);
    if (!it) return actions;
    it->deaf = true;
    if (!it->holds) {
        it->message.clear();
        return actions;
    }
    actions.emplace_back(Say{LogLevel::debug, concat("epipe occurred while sending event ", it->holds->serial, " to listener ",
                                                     it->name, ", listener state unchanged")});
    // It owes no answer for what it cannot have read.
    if (!some_sent) it->listener.state = Listener::State::ready;
    take_back(*it, actions);
    dispatch(actions, now);
    return actions;
}

Actions Pool::ended(std::string_view listener, Time now) {
    Actions actions;
    Member* it = member(listener);
    if (!it) return actions;
    it->running = false;
    take_back(*it, actions);
    dispatch(actions, now);
    return actions;
}

Actions Pool::lost_track(std::string_view listener) {
    Actions actions;
    Member* it = member(listener);
    if (!it) return actions;
    it->deaf = it->restarting = true;
    it->listener = Listener{.state = Listener::State::unknown};
    actions.emplace_back(Say{LogLevel::warn, concat(it->name, ": it is not known what it has read, restarting it")});
    actions.emplace_back(Restart{it->name});
    return actions;
}

Actions Pool::time_passed(Time now) {
    Actions actions;
    for (auto& member : members_) {
        if (!member.busy_until || now < *member.busy_until) continue;
        member.busy_until.reset();
        member.restarting = true;
        actions.emplace_back(Say{LogLevel::warn, concat(member.name, ": has been BUSY for ", options_.busy_timeout,
                                                        " seconds (busy_timeout), restarting it")});
        actions.emplace_back(Restart{member.name});
    }
    return actions;
}

std::optional<Time> Pool::deadline() const {
    std::optional<Time> first;
    for (const auto& member : members_)
        if (member.busy_until && (!first || *member.busy_until < *first)) first = member.busy_until;
    return first;
}

}  // namespace event
