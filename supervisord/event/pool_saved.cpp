// A pool as text, and back.
#include <algorithm>

#include "supervisord/event/pool.hpp"
#include "supervisord/event/saved.hpp"

namespace event {

namespace {

std::string text_of(const Event& event) {
    Writer out;
    out.number(event.serial);
    out.number(event.pool_serial);
    out.text(config::name(event.type));
    out.text(event.payload);
    return std::move(out).take();
}

std::optional<Event> event_of(std::string_view text) {
    Reader in(text);
    Event event;
    event.serial = in.number();
    event.pool_serial = in.number();
    const auto type = config::find_event_type(in.text());
    event.payload = in.text();
    if (!type || !in.is_done()) return std::nullopt;
    event.type = *type;
    return event;
}

void write(Writer& out, const Member& member) {
    out.text(member.name);
    out.number(member.running);
    out.number(member.deaf);
    out.number(member.restarting);
    out.number(member.deliveries);
    out.number(static_cast<std::uint64_t>(member.listener.state));
    out.text(member.listener.pending);
    out.number(member.listener.left ? *member.listener.left + 1 : 0);
    out.text(member.listener.result);
    out.number(member.holds ? member.holds->pool_serial + 1 : 0);
    // As it was sent, whatever this version would send.
    const std::size_t payload = member.holds ? member.holds->payload.size() : 0;
    out.text(std::string_view(member.message).substr(0, member.message.size() - payload));
    out.number(member.busy_until ? static_cast<std::uint64_t>(member.busy_until->time_since_epoch().count()) : 0);
}

bool is_state(std::uint64_t number) { return number == 10 || number == 20 || number == 30 || number == 40; }

/// What it holds is taken from the events.
bool read(Reader& in, Member& member, std::deque<Event>& events) {
    if (in.text() != member.name) return false;
    member.running = in.number() != 0;
    member.deaf = in.number() != 0;
    member.restarting = in.number() != 0;
    member.deliveries = in.number();
    const std::uint64_t state = in.number();
    member.listener.state = static_cast<Listener::State>(state);
    member.listener.pending = in.text();
    const std::uint64_t left = in.number();
    member.listener.left = left > 0 ? std::optional(left - 1) : std::nullopt;
    member.listener.result = in.text();
    const std::uint64_t held = in.number();
    member.message = in.text();
    if (held > 0) {
        const auto found = std::ranges::find(events, held - 1, &Event::pool_serial);
        if (found == events.end()) return false;
        member.message += found->payload;
        member.holds = std::move(*found);
        events.erase(found);
    }
    const std::uint64_t until = in.number();
    if (until > 0) member.busy_until = Time(Time::duration(static_cast<std::int64_t>(until)));
    return in.good() && is_state(state);
}

}  // namespace

const Event* Pool::find_event(std::uint64_t pool_serial) const {
    const auto found = std::ranges::lower_bound(waiting_, pool_serial, {}, &Event::pool_serial);
    if (found != waiting_.end() && found->pool_serial == pool_serial) return &*found;
    for (const auto& member : members_)
        if (member.holds && member.holds->pool_serial == pool_serial) return &*member.holds;
    return nullptr;
}

Pool::Changes Pool::take_changes() {
    Changes changes;
    for (; told_ < next_pool_serial_; ++told_)
        if (const Event* event = find_event(told_)) changes.came.emplace_back(told_, text_of(*event));
    changes.went = std::exchange(went_, {});
    return changes;
}

std::string Pool::saved() const {
    Writer out;
    out.number(next_pool_serial_);
    out.number(discarded_);
    out.number(waiting_.size());
    out.number(members_.size());
    for (const auto& member : members_) write(out, member);
    return std::move(out).take();
}

bool Pool::restore(std::string_view saved, const std::vector<std::string_view>& events) {
    std::deque<Event> there;
    for (const auto text : events) {
        auto event = event_of(text);
        if (!event) return false;
        there.push_back(*std::move(event));
    }
    std::ranges::sort(there, {}, &Event::pool_serial);
    Reader in(saved);
    Pool restored = *this;
    restored.told_ = restored.next_pool_serial_ = in.number();
    restored.went_.clear();
    restored.discarded_ = in.number();
    const std::uint64_t waiting = in.number();
    if (in.number() != members_.size()) return false;
    for (auto& member : restored.members_) {
        Member fresh;
        fresh.name = member.name;
        if (!read(in, fresh, there)) return false;
        member = std::move(fresh);
    }
    if (!in.is_done() || there.size() != waiting) return false;
    restored.waiting_ = std::move(there);
    *this = std::move(restored);
    return true;
}

}  // namespace event
