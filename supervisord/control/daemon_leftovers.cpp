// Programs that a supervisord that was killed has left, keeper and controller.  The keeper has found them again; what is
// in the configuration was taken over like after the death of a controller.
#include <csignal>

#include "common/base/text.hpp"
#include "supervisord/control/daemon.hpp"
#include "supervisord/control/world.hpp"

namespace control {

using base::concat;
using config::LogLevel;

namespace {
constexpr std::chrono::seconds unclaimed_grace{10};  // the default of stopwaitsecs
}

void Daemon::deal_with_leftovers(const keeper::Snapshot& snapshot) {
    const bool all = world_.settings.leftovers == config::Leftovers::stop;
    for (std::uint32_t number = 0; number < snapshot.slots().size(); ++number) {
        const auto& slot = snapshot.slots()[number];
        if (slot.state != keeper::SlotState::alive) continue;
        const std::string_view key(slot.name);
        const auto colon = key.find(':');
        auto* runner = colon == std::string_view::npos
                           ? nullptr
                           : static_cast<Runner*>(find(key.substr(0, colon), key.substr(colon + 1)));
        if (!runner && all) end_unclaimed(slot, number);
        if (!runner) continue;
        if (all)
            end_leftover(*runner, slot, "leftovers=stop");
        else if (slot.flags & keeper::cut_off)
            end_leftover(*runner, slot, "there is no way to its output");
        else
            log(LogLevel::info, concat("adopted: '", runner->name(), "' with pid ", slot.pid));
    }
}

void Daemon::end_leftover(Runner& runner, const keeper::Slot& slot, std::string_view why) {
    log(LogLevel::warn, concat("'", runner.name(), "' with pid ", slot.pid, " is ended and begun anew: ", why));
    if (api::is_stopped(runner.state()) || runner.state() == api::State::stopping) return;
    runner.stop(true, [this, group = runner.group(), name = runner.name()](const Outcome&) {
        auto* stopped = static_cast<Runner*>(find(group, name));
        if (stopped && stopped->program().autostart && mood() == api::Mood::running)
            stopped->start(false, [](const Outcome&) {});
    });
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
    post_after(world_.loop, unclaimed_grace, [this, message]() mutable {
        message.signal = SIGKILL;  // stale by now when it has ended
        world_.link.send(message);
    });
}

}  // namespace control
