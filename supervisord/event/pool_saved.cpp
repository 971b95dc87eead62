// A pool as text, and back.
#include "supervisord/event/pool.hpp"

#include "supervisord/event/saved.hpp"

namespace event {

namespace {

void write(Writer& out, const Event& event) {
    out.number(event.serial);
    out.number(event.pool_serial);
    out.text(config::name(event.type));
    out.text(event.payload);
}

/// False: there is no such type.
bool read(Reader& in, Event& event) {
    event.serial = in.number();
    event.pool_serial = in.number();
    const auto type = config::find_event_type(in.text());
    event.payload = in.text();
    if (type) event.type = *type;
    return in.good() && type.has_value();
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
    out.number(member.holds.has_value());
    if (member.holds) write(out, *member.holds);
    out.text(member.message);
    out.number(member.busy_until ? static_cast<std::uint64_t>(member.busy_until->time_since_epoch().count()) : 0);
}

bool is_state(std::uint64_t number) { return number == 10 || number == 20 || number == 30 || number == 40; }

bool read(Reader& in, Member& member) {
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
    if (in.number() != 0 && !read(in, member.holds.emplace())) return false;
    member.message = in.text();
    const std::uint64_t until = in.number();
    if (until > 0) member.busy_until = Time(Time::duration(static_cast<std::int64_t>(until)));
    return in.good() && is_state(state);
}

}  // namespace

std::string Pool::saved() const {
    Writer out;
    out.number(next_pool_serial_);
    out.number(discarded_);
    out.number(members_.size());
    for (const auto& member : members_) write(out, member);
    out.number(waiting_.size());
    for (const auto& event : waiting_) write(out, event);
    return std::move(out).take();
}

bool Pool::restore(std::string_view saved) {
    Reader in(saved);
    Pool restored = *this;
    restored.next_pool_serial_ = in.number();
    restored.discarded_ = in.number();
    if (in.number() != members_.size()) return false;
    for (auto& member : restored.members_) {
        Member fresh;
        fresh.name = member.name;
        if (!read(in, fresh)) return false;
        member = std::move(fresh);
    }
    restored.waiting_.clear();
    for (std::uint64_t left = in.number(); left > 0 && in.good(); --left)
        if (!read(in, restored.waiting_.emplace_back())) return false;
    if (!in.is_done()) return false;
    *this = std::move(restored);
    return true;
}

}  // namespace event
