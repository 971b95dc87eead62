// Programs that a supervisord that was killed has left, keeper and controller.  The keeper has found them again; what is
// in the configuration was taken over like after the death of a controller.

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>

#include "common/base/memory_file.hpp"
#include "common/base/text.hpp"
#include "supervisord/control/daemon.hpp"
#include "supervisord/control/world.hpp"

namespace control {

using base::concat;
using config::LogLevel;

namespace {
constexpr std::chrono::seconds unclaimed_grace{10};  // the default of stopwaitsecs
constexpr std::size_t leftovers_limit = 64 << 20;    // bytes: many times what a table can name
}

/// Before anybody may rely on it: what is to be ended and begun anew is noted for whoever comes after us.  One whose stop
/// another start had begun, and that has ended while nobody lived, is only to be begun anew.
void Daemon::note_leftovers(const keeper::Snapshot& snapshot, const std::set<std::string>& told_to_end) {
    const bool all = world_.settings.leftovers == config::Leftovers::stop;
    std::string text;
    for (const auto& slot : snapshot.slots()) {
        const Runner* runner = find(slot.name);
        const bool has_stopped = slot.state == keeper::SlotState::exited && runner && runner->state() == api::State::stopped;
        if (slot.state != keeper::SlotState::alive && !has_stopped) continue;
        const bool cut_off = slot.flags & keeper::cut_off;
        if (!all && (!runner || (!cut_off && !told_to_end.contains(slot.name)))) continue;
        leftovers_.push_back({slot.name, slot.inc});
        text += concat(slot.inc, ' ', leftovers_.back().key, '\n');
    }
    if (leftovers_.empty()) return;
    const base::Fd file = base::make_memory_file("supervisord-leftovers");
    if (!file || !base::write_all(file.get(), text))
        return log(LogLevel::critical, concat("cannot note which programs are to be ended: ", base::errno_text(errno)));
    world_.link.hold(std::string(keeper::held_leftovers), file.get());
}

void Daemon::recall_leftovers(const base::Fd& file) {
    const std::string path = concat("/proc/self/fd/", file.get());
    const auto text = base::read_file(path.c_str(), leftovers_limit);
    if (!text) return log(LogLevel::critical, concat("cannot read which programs are to be ended: ", text.error()));
    for (const auto& line : base::split(*text, '\n')) {
        const auto space = line.find(' ');
        if (space == std::string_view::npos) continue;
        Leftover leftover{std::string(line.substr(space + 1))};
        std::from_chars(line.data(), line.data() + space, leftover.incarnation);
        leftovers_.push_back(std::move(leftover));
    }
}

void Daemon::deal_with_leftovers(const keeper::Snapshot& snapshot, bool are_new) {
    const bool all = world_.settings.leftovers == config::Leftovers::stop;
    const auto leftovers = leftovers_;  // a copy: who is done with leaves the list
    for (std::uint32_t number = 0; number < snapshot.slots().size(); ++number) {
        const auto& slot = snapshot.slots()[number];
        if (slot.state != keeper::SlotState::alive) continue;
        const auto* runner = find(slot.name);
        const bool stays = std::ranges::none_of(leftovers, [&](const Leftover& one) { return one.key == slot.name; });
        if (stays && runner && are_new) log(LogLevel::info, concat("adopted: '", runner->name(), "' with pid ", slot.pid));
        if (!stays && !runner) end_unclaimed(slot, number);
    }
    for (const auto& leftover : leftovers) {
        const bool lives = std::ranges::any_of(snapshot.slots(), [&](const keeper::Slot& slot) {
            return slot.state == keeper::SlotState::alive && slot.name == leftover.key;
        });
        if (auto* runner = find(leftover.key))
            end_leftover(*runner, leftover, all ? "leftovers=stop" : no_way_to_output);
        else if (!lives)
            done_with_leftover(leftover.key);
    }
}

/// One that was begun anew since is none.
void Daemon::end_leftover(Runner& runner, const Leftover& leftover, std::string_view why) {
    if (runner.descriptors().incarnation != leftover.incarnation) return done_with_leftover(leftover.key);
    if (api::is_up(runner.state()))
        log(LogLevel::warn, concat("'", runner.name(), "' with pid ", runner.pid(), " is ended and begun anew: ", why));
    else if (runner.state() == api::State::stopping)
        log(LogLevel::warn, concat("'", runner.name(), "' with pid ", runner.pid(), " had been told to end, and is begun anew then"));
    runner.end([this, key = leftover.key](const Outcome&) {
        auto* stopped = find(key);
        if (stopped && stopped->program().autostart && mood() == api::Mood::running)
            stopped->start(false, [](const Outcome&) {});
        done_with_leftover(key);
    });
}

void Daemon::done_with_leftover(const std::string& key) {
    std::erase_if(leftovers_, [&](const Leftover& one) { return one.key == key; });
    if (leftovers_.empty()) world_.link.let_go(std::string(keeper::held_leftovers));
}

Runner* Daemon::find(std::string_view key) {
    const auto colon = key.find(':');  // group names have none (compat/config.md, section 5.11)
    if (colon == std::string_view::npos) return nullptr;
    return look_up(key.substr(0, colon), key.substr(colon + 1));
}

/// The configuration does not know it any more: no stopsignal, no stopwaitsecs.
void Daemon::end_unclaimed(const keeper::Slot& slot, std::uint32_t number) {
    keeper::Message message = keeper::message_of(keeper::Type::signal);
    message.slot = number;
    message.inc = slot.inc;
    message.signal = SIGTERM;
    message.flags = keeper::to_group;
    world_.link.send(message);
    log(LogLevel::warn, concat("'", static_cast<const char*>(slot.name), "' with pid ", slot.pid,
                               ", which is not configured any more, is ended: leftovers=stop"));
    post_after(world_.loop, unclaimed_grace, [this, message, key = std::string(slot.name)]() mutable {
        message.signal = SIGKILL;  // stale by now when it has ended
        world_.link.send(message);
        done_with_leftover(key);
    });
}

}  // namespace control
