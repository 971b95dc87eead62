// The groups of a daemon: activated from the files or from what another controller had, compared with the files, added
// and removed.
#include "supervisord/control/daemon.hpp"

#include <algorithm>
#include <chrono>
#include <set>
#include <unordered_map>
#include <utility>

#include "common/base/text.hpp"
#include "common/config/difference.hpp"
#include "common/config/reader.hpp"
#include "supervisord/control/active_group.hpp"
#include "supervisord/control/drain.hpp"
#include "supervisord/control/world.hpp"
#include "supervisord/log/auto_logs.hpp"

namespace control {

using base::concat;
using config::EventType;
using config::LogLevel;

constexpr std::chrono::seconds chronicle_pause{5};

/// The notes know the names of those of before: a program that lives on when both processes were killed writes on in its own.
base::Result<void> Daemon::make_auto_logs(config::Group& group, std::span<Notes::Record* const> records, bool fresh) {
    const std::string& directory = world_.settings.childlogdir;
    const std::string& identifier = world_.settings.identifier;
    for (std::size_t at = 0; at < records.size(); ++at) {
        config::Program& program = group.processes[at];
        Note note = records[at]->note();
        for (const auto channel : {logs::Channel::out, logs::Channel::err}) {
            config::Output& output = channel == logs::Channel::out ? program.out : program.err;
            if (output.logfile.kind != config::LogFile::Kind::automatic || !output.logfile.path.empty()) continue;
            if (channel == logs::Channel::err && program.redirect_stderr) continue;
            logs::AutoLetters& letters = note.auto_logs[static_cast<std::size_t>(channel)];
            auto path = logs::find_auto_log(directory, program.name, channel, identifier, letters);
            if (path) {
                output.logfile.path = std::move(*path);
                continue;
            }
            auto made = logs::create_auto_log(directory, program.name, channel, identifier);
            if (!made && fresh) return base::Error{made.error()};
            if (!made) {  // it may be running
                log(LogLevel::critical, concat(made.error(), "; what '", program.name, "' writes to its ", logs::name(channel), " is dropped"));
                continue;
            }
            output.logfile.path = std::move(made->path);
            letters = made->letters;
        }
        if (note.auto_logs != records[at]->note().auto_logs) records[at]->commit(note);
    }
    return {};
}

/// fresh: it begins anew; else it carries on with the notes that there are.
base::Result<void> Daemon::activate(config::Group group, bool fresh) {
    std::vector<Notes::Record*> records;
    for (const auto& program : group.processes) {
        const std::string key = concat(group.name, ":", program.name);
        if (fresh) world_.notes.erase(key);
        if (!world_.notes.contains(key)) world_.events.forget_process(key);  // a new note counts its events anew
        Notes::Record* record = world_.notes.record(key);
        if (!record && fresh) return base::Error{concat("there is no room for a note of ", key)};
        if (!record) {  // it may be running
            record = &world_.notes.spare(key);
            log(LogLevel::warn, concat("there is no room for a note of ", key, ": another controller will know no more of it than that it runs"));
        }
        records.push_back(record);
    }
    if (auto made = make_auto_logs(group, records, fresh); !made) return made;
    auto active = std::make_unique<ActiveGroup>(std::move(group));
    const config::Group& config = active->config();
    if (config.kind == config::GroupKind::eventlistener)
        world_.events.add_pool(config, content_.last_read->settings.identifier, fresh);
    for (std::size_t at = 0; at < records.size(); ++at)
        active->runners.push_back(std::make_unique<Runner>(world_, config, config.processes[at], *records[at]));
    groups_.push_back(std::move(active));
    if (fresh && world_.events.wants(EventType::process_group_added))
        world_.events.emit(EventType::process_group_added, event::group(config.name));
    return {};
}

void Daemon::keep_chronicle() {
    if (chronicle_ && chronicle_->is_to_be_replaced()) write_chronicle();
}

void Daemon::write_chronicle() {
    content_.active.clear();
    for (const auto& group : groups_) content_.active.push_back(group->config());
    auto anew = Chronicle::written_anew(content_);
    content_.active = {};
    if (!anew) {
        if (!std::exchange(chronicle_fails_, true))
            log(LogLevel::critical, concat(anew.error(), "; until it can, another controller would begin with the groups of before"));
        return chronicle_again_.after(chronicle_pause, [this] { write_chronicle(); });
    }
    chronicle_again_.cancel();
    chronicle_fails_ = false;
    chronicle_ = std::move(*anew);
    world_.link.hold("config", chronicle_->fd());
}

void Daemon::begin(const config::Config& config, const keeper::Snapshot& snapshot) {
    world_.notes.erase_all();
    world_.events.begin_anew();
    for (std::uint32_t number = 0; number < snapshot.slots().size(); ++number)
        if (const auto& slot = snapshot.slots()[number]; slot.state != keeper::SlotState::free)
            deal_with_unclaimed(slot, number);
    content_.started = content_.last_read = config;
    content_.started->groups.clear();  // of these, what is active counts
    for (const auto& group : config.groups) {
        if (find_group(group.name)) continue;  // the reader has warned of it (Q15)
        if (const auto done = activate(group, true); !done)
            log(LogLevel::critical, concat("cannot activate group ", group.name, ": ", done.error()));
    }
    write_chronicle();
    tidy_cgroups();
}

void Daemon::resume(const Chronicle::Content& content, const keeper::Snapshot& snapshot,
                    std::span<const logs::Unheard> unheard) {
    content_.started = content.started;
    content_.last_read = content.last_read;
    for (const auto& group : content.active)
        if (const auto done = activate(group, false); !done)
            log(LogLevel::critical, concat("cannot activate group ", group.name, ": ", done.error()));
    std::unordered_map<std::string_view, std::uint32_t> slots;
    for (std::uint32_t number = 0; number < snapshot.slots().size(); ++number)
        if (const auto& slot = snapshot.slots()[number]; slot.state != keeper::SlotState::free)
            slots.emplace(std::string_view(slot.name), number);
    for (const auto& batch : unheard) {
        auto* runner = look_up(batch.stream.group, batch.stream.process);
        if (!runner) continue;
        const std::string key = runner->key();
        const auto slot = slots.find(key);
        runner->hear_again(batch, slot == slots.end() ? 0 : snapshot.slots()[slot->second].pid);
    }
    world_.journal.settle_heard();
    for (Runner* runner : runners()) {
        const std::string key = runner->key();
        const auto found = slots.find(key);
        if (found == slots.end()) {
            runner->resume(nullptr, 0);
            continue;
        }
        runner->resume(&snapshot.slots()[found->second], found->second);
        slots.erase(found);
    }
    for (const auto& [name, number] : slots) deal_with_unclaimed(snapshot.slots()[number], number);
    if (!chronicle_) write_chronicle();
    tidy_cgroups();
    if (mood() != api::Mood::running) go_down(mood());
}

void Daemon::tidy_cgroups() {
    std::set<std::string> in_use;
    for (const Runner* runner : runners()) in_use.insert(runner->cgroup());
    world_.tidy_cgroups(in_use);
}

/// What the keeper holds and no group accounts for: of before a reload, or of a group whose note is lost.
void Daemon::deal_with_unclaimed(const keeper::Slot& slot, std::uint32_t number) {
    if (slot.state == keeper::SlotState::exited) {
        close_descriptors(slot);
        return release(number, slot.inc);
    }
    Unclaimed left{&slot, number, {}};
    for (const auto& end : slot.retained)
        if (end.fd >= 0 && (end.role == keeper::Role::output || end.role == keeper::Role::error))
            left.drains.push_back(drain(world_.loop, base::Fd(end.fd)));
    unclaimed_.emplace(slot.name, std::move(left));
    log(LogLevel::critical, concat("process ", slot.pid, " was '", static_cast<const char*>(slot.name),
                                   "' and is not under control any more; it is left alone, and what it writes is dropped"));
}

/// Its group is active again.
void Daemon::adopt_unclaimed(Runner& runner) {
    auto found = unclaimed_.extract(runner.key());
    if (!found) return;
    const Unclaimed& left = found.mapped();
    for (const auto& stop : left.drains) (void)stop().release();  // the slot has the numbers
    world_.notes.raise_incarnations(left.slot->inc);
    runner.resume(left.slot, left.number);
    if (left.slot->flags & keeper::cut_off)
        end_leftover(runner, {runner.key(), left.slot->inc}, no_way_to_output);
    else
        log(LogLevel::info, concat("adopted: '", runner.name(), "' with pid ", left.slot->pid));
}

void Daemon::forget_unclaimed(const keeper::Message& exited) {
    const auto found = unclaimed_.find(keeper::name_of(exited));
    if (found == unclaimed_.end() || found->second.slot->inc != exited.inc) return;
    const keeper::Slot& slot = *found->second.slot;
    base::Fd(slot.pidfd).reset();
    for (const auto& end : slot.retained)  // what others still write to its outputs is read
        if (end.role == keeper::Role::input || end.role == keeper::Role::other) base::Fd(end.fd).reset();
    unclaimed_.erase(found);
}

std::vector<const keeper::Slot*> Daemon::unclaimed() const {
    std::vector<const keeper::Slot*> out;
    for (const auto& [key, left] : unclaimed_) out.push_back(left.slot);
    return out;
}

void Daemon::release(std::uint32_t slot, std::uint64_t incarnation) {
    keeper::Message message = keeper::message_of(keeper::Type::release);
    message.slot = slot;
    message.inc = incarnation;
    world_.link.send(message);
}

void Daemon::autostart() {
    if (mood() != api::Mood::running) return;
    std::vector<Runner*> candidates;
    std::vector<process::Rank> ranks;
    for (const auto& group : groups_)
        for (std::size_t at = 0; at < group->runners.size(); ++at) {
            Runner* runner = group->runners[at].get();
            if (!runner->program().autostart || runner->machine().ever_started) continue;
            candidates.push_back(runner);
            ranks.push_back(rank_of(group->config(), at));
        }
    for (const auto at : process::start_order(ranks)) candidates[at]->feed(process::Start{});
    changed();  // exit_on: what has ended while no controller lived
}

Outcome Daemon::preview(config::Config& fresh) {
    auto reading = surroundings_.read_files();
    if (!reading.config) {
        const auto* error = reading.first_error();
        return api::Refusal{api::Fault::cant_reread, error ? error->message : "the configuration cannot be read"};
    }
    fresh = std::move(*reading.config);
    return std::nullopt;
}

Outcome Daemon::reread(Changes& changes) {
    config::Config fresh;
    if (Outcome refused = preview(fresh)) return refused;
    content_.last_read = std::move(fresh);
    if (chronicle_) chronicle_->read(*content_.last_read);
    world_.events.set_server(content_.last_read->settings.identifier);
    std::vector<config::Group> active;
    for (const auto& group : groups_) active.push_back(group->config());
    auto difference = config::difference(active, content_.last_read->groups);
    changes = {std::move(difference.added), std::move(difference.changed), std::move(difference.removed)};
    keep_chronicle();
    return std::nullopt;
}

Outcome Daemon::add_group(std::string_view name) {
    const auto found = std::ranges::find(content_.last_read->groups, name, &config::Group::name);
    if (found == content_.last_read->groups.end()) return api::Refusal{api::Fault::bad_name, std::string(name)};
    if (find_group(name)) return api::Refusal{api::Fault::already_added, std::string(name)};
    if (const auto done = activate(*found, true); !done) return api::Refusal{api::Fault::failed, done.error()};
    if (chronicle_) chronicle_->activated(groups_.back()->config());
    for (const auto& runner : groups_.back()->runners) adopt_unclaimed(*runner);
    keep_chronicle();
    autostart();
    return std::nullopt;
}

Outcome Daemon::remove_group(std::string_view name) {
    const auto found = std::ranges::find(groups_, name, [](const auto& group) { return group->config().name; });
    if (found == groups_.end()) return api::Refusal{api::Fault::bad_name, std::string(name)};
    for (const auto& runner : (*found)->runners)
        if (!api::is_stopped(runner->state()) || runner->machine().child || runner->machine().remains)
            return api::Refusal{api::Fault::still_running, std::string(name)};
    if (chronicle_) chronicle_->removed(name);
    std::vector<std::string> keys;
    for (const auto& runner : (*found)->runners) {
        keys.push_back(runner->key());
        runner->forget_outputs();
    }
    const std::string group((*found)->config().name);
    world_.events.remove_pool(group);
    groups_.erase(found);
    for (const auto& key : keys) {
        world_.notes.erase(key);
        world_.events.forget_process(key);
    }
    if (world_.events.wants(EventType::process_group_removed))
        world_.events.emit(EventType::process_group_removed, event::group(group));
    keep_chronicle();
    wait_for_update();
    return std::nullopt;
}

}  // namespace control
