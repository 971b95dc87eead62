#include "supervisord/control/events.hpp"

#include <algorithm>

#include "common/base/clock.hpp"
#include "common/base/text.hpp"
#include "supervisord/event/ticks.hpp"

namespace control {

using base::concat;
using config::EventType;

namespace {

// What is in the ledger.
constexpr std::string_view serial_name = "serial";
constexpr std::string_view clock_name = "clock";  // when one last looked for ticks, in seconds since the epoch
std::string pool_name(std::string_view pool) { return concat("pool:", pool); }
std::string events_name(std::string_view pool) { return concat("event:", pool, '\n'); }  // with a pool serial after it
std::string told_name(std::string_view process) { return concat("told:", process); }
std::string heard_name(std::string_view stream) { return concat("heard:", stream); }
std::string captured_name(std::string_view stream) { return concat("captured:", stream); }

std::string_view last_of(std::string_view text, std::size_t limit) { return text.substr(text.size() - std::min(limit, text.size())); }

std::int64_t wall_seconds() { return base::epoch_seconds(base::wall_now()); }

}  // namespace

Events::Events(Loop& loop, logs::Activity& activity, Ledger ledger)
    : activity_(activity), ledger_(std::move(ledger)), timer_(loop) {}

Events::~Events() = default;

Events::Entry* Events::find(std::string_view pool) {
    const auto found = pools_.find(pool);
    return found == pools_.end() ? nullptr : &found->second;
}

const event::Member* Events::member_of(const ListenerName& listener) const {
    const auto found = pools_.find(listener.pool);
    return found == pools_.end() ? nullptr : found->second.pool.find(listener.process);
}

// Emission.

void Events::emit(EventType type, std::string payload) {
    if (!wants(type)) return;
    const std::uint64_t serial = ledger_.number(serial_name);
    ledger_.set(serial_name, serial + 1);
    for (auto& [name, entry] : pools_)
        if (entry.wanted.has(type)) done(entry, entry.pool.emitted(serial, type, payload, base::now()));
    settle();
}

void Events::emit_change(std::string_view process, std::uint64_t number, const event::Change& change) {
    if (has_told(process, number)) return;
    ledger_.set(told_name(process), number);
    emit(event::type_of(change), event::payload(change));
    settle();
}

std::uint64_t Events::told(std::string_view process) const { return ledger_.number(told_name(process)); }

void Events::forget_process(std::string_view process) {
    ledger_.erase(told_name(process));
    settle();
}

bool Events::begin_hearing(const std::string& stream, std::uint64_t end) {
    const std::string name = heard_name(stream);
    if (ledger_.find(name) && ledger_.number(name) == end) return false;
    ledger_.set(name, end);
    hearing_ = true;
    return true;
}

void Events::end_hearing() {
    hearing_ = false;
    settle();
}

void Events::capture(const std::string& stream, std::string_view bytes, std::size_t limit) {
    const std::string name = captured_name(stream);
    const auto* before = ledger_.find(name);
    if (before && before->size() >= 2 * limit) ledger_.set(name, std::string(last_of(*before, limit)));  // seldom: it costs all of it
    ledger_.append(name, last_of(bytes, limit));
}

std::string Events::take_captured(const std::string& stream, std::size_t limit) {
    const std::string name = captured_name(stream);
    const auto* found = ledger_.find(name);
    std::string captured(found ? last_of(*found, limit) : std::string_view());
    ledger_.erase(name);
    return captured;
}

void Events::forget_stream(const std::string& stream) {
    ledger_.erase(heard_name(stream));
    ledger_.erase(captured_name(stream));
    settle();
}

// Pools.

void Events::add_pool(const config::Group& group, std::string_view server, bool fresh) {
    std::vector<std::string> listeners;
    for (const auto& process : group.processes) listeners.push_back(process.name);
    event::Pool pool({.name = group.name,
                      .server = std::string(server),
                      .buffer_size = group.buffer_size,
                      .busy_timeout = group.busy_timeout,
                      .event_len = group.event_len},
                     listeners);
    Entry entry{.pool = std::move(pool), .wanted = config::Subscription(group.events)};
    const auto* saved = fresh ? nullptr : ledger_.find(pool_name(group.name));
    entry.known = fresh || (saved && entry.pool.restore(*saved, ledger_.find_all(events_name(group.name))));
    if (fresh || !entry.known) ledger_.erase_all(events_name(group.name));
    entry.changed = true;
    pools_.insert_or_assign(group.name, std::move(entry));
    pools_changed();
    if (!ledger_.find(clock_name)) ledger_.set(clock_name, static_cast<std::uint64_t>(wall_seconds()));
    settle();
}

void Events::remove_pool(std::string_view name) {
    const auto found = pools_.find(name);
    if (found == pools_.end()) return;
    pools_.erase(found);
    ledger_.erase(pool_name(name));
    ledger_.erase_all(events_name(name));
    pools_changed();
    settle();
}

void Events::set_server(const std::string& server) {
    for (auto& [name, entry] : pools_) entry.pool.set_server(server);
}

void Events::begin_anew() {
    for (const std::string_view beginning : {"pool:", "event:", "told:", "heard:", "captured:", "clock"}) ledger_.erase_all(beginning);
    settle();
}

void Events::pools_changed() {
    wanted_ = {};
    for (const auto& [name, entry] : pools_) wanted_.add(entry.wanted);
}

std::vector<EventPool> Events::pools() const {
    std::vector<EventPool> out;
    for (const auto& [name, entry] : pools_) {
        EventPool pool{.name = name, .buffer_size = entry.pool.options().buffer_size};
        pool.waiting = static_cast<std::int64_t>(entry.pool.waiting().size());
        pool.discarded = static_cast<std::int64_t>(entry.pool.discarded());
        for (const auto& member : entry.pool.members())
            pool.listeners.push_back({member.name, std::string(event::name(member.listener.state))});
        out.push_back(std::move(pool));
    }
    return out;
}

bool Events::is_at_work(std::string_view pool) const {
    const auto found = pools_.find(pool);
    if (found == pools_.end()) return false;
    const event::Pool& it = found->second.pool;
    return std::ranges::any_of(it.members(), [&](const event::Member& member) {
        const bool takes_some = member.running && !member.deaf && member.listener.state != event::Listener::State::unknown;
        return takes_some && (member.holds || !it.waiting().empty());
    });
}

void Events::connect(const ListenerName& listener, Ways ways) {
    if (Entry* entry = find(listener.pool)) entry->ways[std::string(listener.process)] = std::move(ways);
}

void Events::disconnect(const ListenerName& listener) {
    if (Entry* entry = find(listener.pool)) entry->ways.erase(std::string(listener.process));
}

// What happens to listeners.

void Events::began(const ListenerName& listener) {
    if (Entry* entry = find(listener.pool)) done(*entry, entry->pool.began(listener.process, base::now()));
    settle();
}

void Events::running(const ListenerName& listener, bool is) {
    if (Entry* entry = find(listener.pool)) done(*entry, entry->pool.running(listener.process, is, base::now()));
    settle();
}

void Events::heard(const ListenerName& listener, std::string_view bytes, bool all_sent) {
    if (Entry* entry = find(listener.pool)) done(*entry, entry->pool.heard(listener.process, bytes, all_sent, base::now()));
    settle();
}

void Events::sent(const ListenerName& listener) {
    if (!is_owed_rest(listener)) return;
    Entry* entry = find(listener.pool);
    done(*entry, entry->pool.sent(listener.process, base::now()));
    settle();
}

bool Events::is_owed_rest(const ListenerName& listener) const {
    const auto* member = member_of(listener);
    return member && event::Pool::is_owed_rest(*member);
}

void Events::closed(const ListenerName& listener, bool some_sent) {
    if (Entry* entry = find(listener.pool)) done(*entry, entry->pool.closed(listener.process, some_sent, base::now()));
    settle();
}

void Events::ended(const ListenerName& listener) {
    if (Entry* entry = find(listener.pool)) done(*entry, entry->pool.ended(listener.process, base::now()));
    settle();
}

void Events::adopted(const ListenerName& listener, const Progress& progress,
                     const std::function<void(const std::string&, std::uint64_t, std::uint64_t)>& go_on) {
    Entry* entry = find(listener.pool);
    const auto* member = entry ? entry->pool.find(listener.process) : nullptr;
    if (!member) return;
    const bool same = progress.delivery == member->deliveries % Progress::different_deliveries;
    if (!entry->known || (!member->message.empty() && same && !progress.is_certain())) {
        done(*entry, entry->pool.lost_track(listener.process));
        return settle();
    }
    const std::uint64_t sent = same ? progress.bytes : 0;
    if (sent < member->message.size()) return go_on(member->message.substr(sent), member->deliveries, sent);
    this->sent(listener);
}

bool Events::is_restarting(const ListenerName& listener) const {
    const auto* member = member_of(listener);
    return member && member->restarting;
}

// What follows.

void Events::done(Entry& entry, event::Actions actions) {
    entry.changed = true;
    for (auto& action : actions) actions_.emplace_back(entry.pool.options().name, std::move(action));
}

/// Saved first, done then: who follows finds what was to be done.
void Events::settle() {
    if (hearing_) return;
    for (auto& [name, entry] : pools_)
        if (std::exchange(entry.changed, false)) save(entry);
    ledger_.commit();
    const auto actions = std::exchange(actions_, {});
    for (const auto& [pool, action] : actions)
        if (Entry* entry = find(pool)) carry_out(*entry, action);
    arm();
}

void Events::save(Entry& entry) {
    const std::string& name = entry.pool.options().name;
    const auto changes = entry.pool.take_changes();
    for (const auto& [serial, text] : changes.came) ledger_.set(concat(events_name(name), serial), text);
    for (const auto serial : changes.went) ledger_.erase(concat(events_name(name), serial));
    ledger_.set(pool_name(name), entry.pool.saved());
}

void Events::carry_out(Entry& entry, const event::Action& action) {
    if (const auto* say = std::get_if<event::Say>(&action)) return activity_.log(say->level, say->text);
    const auto* send = std::get_if<event::Send>(&action);
    const std::string& listener = send ? send->listener : std::get<event::Restart>(action).listener;
    const auto ways = entry.ways.find(listener);
    const auto* member = entry.pool.find(listener);
    if (ways == entry.ways.end() || !member) return;
    if (!send) return ways->second.restart();
    if (member->holds) ways->second.send(member->message, member->deliveries);
}

// The clock.

void Events::arm() {
    std::optional<base::Time> next;
    for (const auto& [name, entry] : pools_)
        if (const auto deadline = entry.pool.deadline(); deadline && (!next || *deadline < *next)) next = deadline;
    if (const auto tick = event::next_tick(wanted_, wall_seconds())) {
        const auto left = base::WallTime(std::chrono::seconds(*tick)) - base::wall_now();
        const auto at = base::now() + left;
        if (!next || at < *next) next = at;
    }
    if (armed_ == next) return;
    armed_ = next;
    if (!next) return timer_.cancel();
    timer_.at(*next, [this] {
        armed_.reset();
        look_at_clock();
    });
}

void Events::look_at_clock() {
    for (auto& [name, entry] : pools_) done(entry, entry.pool.time_passed(base::now()));
    const auto before = static_cast<std::int64_t>(ledger_.number(clock_name));
    const std::int64_t now = wall_seconds();
    ledger_.set(clock_name, static_cast<std::uint64_t>(now));
    hearing_ = true;  // all of them, and that they were sent, at once
    for (const auto& tick : event::ticks(before, now)) emit(tick.type, event::tick(tick.begins));
    end_hearing();
}

}  // namespace control
