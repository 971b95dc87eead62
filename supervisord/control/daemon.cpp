#include "supervisord/control/daemon.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <tuple>
#include <utility>

#include "common/base/crash_point.hpp"
#include "common/base/signals.hpp"
#include "common/base/text.hpp"
#include "common/config/reader.hpp"
#include "supervisord/control/active_group.hpp"
#include "supervisord/control/tree.hpp"
#include "supervisord/control/world.hpp"
#include "supervisord/process/exit_on.hpp"
#include "supervisord/process/order.hpp"

namespace control {

using base::concat;
using config::EventType;
using config::LogLevel;

namespace {

constexpr std::chrono::seconds report_interval{3};
constexpr std::chrono::seconds patience_with_listeners{1};   // all others have ended, and they have not heard it yet
constexpr std::chrono::milliseconds look_at_listeners{10};
constexpr std::chrono::seconds patience_with_update{5};      // which removes a group and adds it again
constexpr std::chrono::seconds patience_with_last_words{5};  // all programs have ended, their logs do not take what they wrote

}  // namespace

Daemon::Daemon(World& world, Surroundings surroundings, std::optional<Chronicle> chronicle)
    : world_(world), surroundings_(std::move(surroundings)), chronicle_(std::move(chronicle)),
      report_(world.loop), last_words_(world.loop), listeners_(world.loop), update_(world.loop), chronicle_again_(world.loop) {
    world_.changed = [this](Runner&) { changed(); };
}

Daemon::~Daemon() = default;

std::vector<Runner*> Daemon::runners() {
    std::vector<Runner*> out;
    for (const auto& group : groups_)
        for (const auto& runner : group->runners) out.push_back(runner.get());
    return out;
}

std::vector<Group*> Daemon::groups() {
    std::vector<Group*> out;
    for (const auto& group : groups_) out.push_back(group.get());
    return out;
}

Group* Daemon::find_group(std::string_view name) {
    for (const auto& group : groups_)
        if (group->config().name == name) return group.get();
    return nullptr;
}

Process* Daemon::find(std::string_view group, std::string_view process) {
    Runner* runner = look_up(group, process);
    if (runner) runner->tell_success_now();
    return runner;
}

Runner* Daemon::look_up(std::string_view group, std::string_view process) {
    for (const auto& active : groups_) {
        if (active->config().name != group) continue;
        for (const auto& runner : active->runners)
            if (runner->name() == process) return runner.get();
    }
    return nullptr;
}

// News.

Runner* Daemon::runner_of(const keeper::Message& message) { return find(keeper::name_of(message)); }

void Daemon::news(const keeper::Message& message) {
    Runner* runner = nullptr;
    switch (message.type) {
        case keeper::Type::exited:
            forget_unclaimed(message);
            if ((runner = runner_of(message)))
                runner->exited(message);
            else
                release(message.slot, message.inc);
            // As in Supervisor's log: what it has written and how it ended stand before that.
            return log(LogLevel::debug, "received SIGCHLD indicating a child quit");
        case keeper::Type::group_gone:
            if ((runner = runner_of(message))) runner->group_gone(message);
            return;
        case keeper::Type::orphan: {
            // Supervisor sees orphans as process 1 only; we are told of those of our own programs too.
            const auto entry = process::reaped_unknown(message.pid, message.wstatus);
            const bool is_seen_there = pid() == 1 || message.flags & keeper::inherited;
            return log(is_seen_there ? entry.level : LogLevel::debug, entry.text);
        }
        case keeper::Type::signals: return received(message.bits);
        case keeper::Type::upgraded: return upgraded(message.upgrade);
        case keeper::Type::note:
            return log(message.flags & keeper::critical ? LogLevel::critical : LogLevel::warn, keeper::name_of(message));
        default: return;
    }
}

void Daemon::received(std::uint64_t bits) {
    for (const int number : {SIGTERM, SIGINT, SIGQUIT})
        if (bits >> number & 1) received_exit(base::signal_name(number));
    if (bits >> SIGHUP & 1) received_hangup();
    if (bits >> SIGUSR2 & 1) reopen_logs();
    if (bits >> SIGUSR1 & 1) received_upgrade();
    keeper::Message taken = keeper::message_of(keeper::Type::taken);
    taken.bits = bits;
    world_.link.send(taken);
}

void Daemon::received_exit(std::string_view name) {
    log(LogLevel::warn, concat("received ", name, " indicating exit request"));
    shutdown();
}

void Daemon::received_hangup() {
    if (mood() == api::Mood::shutdown)
        return log(LogLevel::warn, "ignored SIGHUP indicating restart request (shutdown in progress)");
    log(LogLevel::warn, "received SIGHUP indicating restart request");
    restart();  // a refusal is logged there
}

void Daemon::reopen_logs() {
    log(LogLevel::info, "received SIGUSR2 indicating log reopen request");
    log(LogLevel::info, "supervisord logreopen");
    if (const auto reopened = world_.activity.reopen(); !reopened) log(LogLevel::warn, reopened.error());
    for (Runner* runner : runners()) runner->reopen_logs();
}

std::vector<Descendant> Daemon::trees() {
    std::vector<const Process*> leaders;
    for (Group* group : groups())
        for (const Process* process : group->processes()) leaders.push_back(process);
    std::ranges::sort(leaders, {}, [](const Process* one) { return std::tie(one->group(), one->name()); });
    return trees_of(leaders);
}

// Upgrades.

void Daemon::received_upgrade() {
    if (mood() != api::Mood::running)
        return log(LogLevel::warn, "ignored SIGUSR1 indicating upgrade request (shutdown in progress)");
    log(LogLevel::info, "received SIGUSR1 indicating upgrade request");
    upgrade([](const Outcome&) {});  // what comes of it is logged there
}

void Daemon::upgraded(keeper::Upgrade upgrade) {
    surroundings_.upgraded = upgrade;
    if (upgrade == keeper::Upgrade::done)
        log(LogLevel::info, concat("upgrade: done, the keeper is of the new version too; it goes on with pid ", pid()));
}

UpgradeInfo Daemon::upgrade_info() const {
    switch (surroundings_.upgraded) {
        case keeper::Upgrade::none: return {"NONE", "there was none"};
        case keeper::Upgrade::starting:
        case keeper::Upgrade::following: return {"GOING_ON", "the keeper is to follow"};
        case keeper::Upgrade::done: return {"DONE", "supervisord is of the new version"};
        case keeper::Upgrade::controller_only:
            return {"CONTROLLER_ONLY", "the keeper stays as it was, its new version cannot be executed"};
        case keeper::Upgrade::taken_back:
            return {"TAKEN_BACK", "the new controller ended before it worked; supervisord is of the old version"};
    }
    return {};
}

// Going down.

api::Mood Daemon::mood() const { return world_.notes.mood(); }

void Daemon::shutdown() {
    if (mood() == api::Mood::running)
        end_with(0);
    else
        world_.notes.set_mood(api::Mood::shutdown);  // a restart in progress becomes a shutdown
}

/// The code before the deed, also where it is 0: a controller that was killed between may have left another.
void Daemon::end_with(int exit_code) {
    world_.notes.set_exit_code(exit_code);
    base::crash_point("daemon.exit_code");
    go_down(api::Mood::shutdown);
}

Outcome Daemon::restart() {
    if (mood() != api::Mood::running) return std::nullopt;
    auto reading = surroundings_.read_files();
    std::optional<config::Diagnostic> problem;
    if (reading.config)
        problem = surroundings_.prepare(reading);
    else if (const auto* error = reading.first_error())
        problem = *error;
    if (problem) {
        log(LogLevel::critical, concat("restart refused, everything goes on as it was: ", config::where_and_what(*problem)));
        return api::Refusal{api::Fault::cant_reread, problem->message};
    }
    for (const auto& warning : reading.left_for_a_start(world_.settings)) log(LogLevel::warn, config::where_and_what(warning));
    auto before = std::exchange(content_.last_read, std::move(*reading.config));
    if (chronicle_) chronicle_->read(*content_.last_read);
    if (!chronicle_ || chronicle_->is_to_be_replaced()) write_chronicle();  // the next controller begins with it
    if (!chronicle_ || chronicle_->is_behind()) {
        content_.last_read = std::move(before);
        constexpr std::string_view why = "there is no memory for the configuration that the next controller is to begin with";
        log(LogLevel::critical, concat("restart refused, everything goes on as it was: ", why));
        return api::Refusal{api::Fault::failed, std::string(why)};
    }
    go_down(api::Mood::restarting);
    return std::nullopt;
}

void Daemon::go_down(api::Mood mood) {
    const bool begins = world_.notes.mood() == api::Mood::running;
    world_.notes.set_mood(mood);
    if (begins) world_.events.emit(EventType::supervisor_state_change_stopping, "");
    for (Runner* runner : runners()) runner->feed(process::Hold{});
    if (begins) (void)stop_next();  // who is left is told of what has begun already
    tell_who_is_left();
    changed();
}

void Daemon::changed() {
    if (look_is_due_ || (mood() == api::Mood::running && world_.settings.exit_on.empty())) return;
    look_is_due_ = true;  // not in the middle of a runner's step
    post(world_.loop, [this] {
        look_is_due_ = false;
        if (mood() == api::Mood::running)
            look_at_exit_on();
        else
            go_on_down();
    });
}

/// What is left may all have ended, and nobody will tell of it again.
void Daemon::wait_for_update() {
    update_until_ = base::now() + patience_with_update;
    update_.at(*update_until_, [this] { changed(); });
}

void Daemon::look_at_exit_on() {
    if (update_until_ && base::now() < *update_until_) return;
    update_until_.reset();
    std::vector<process::Fate> fates;
    for (const auto& group : groups_)
        for (const auto& runner : group->runners)
            fates.push_back({group->config().name, runner->name(), runner->state(), runner->end_status(),
                             group->config().kind == config::GroupKind::eventlistener, runner->machine().ever_started});
    const auto ending = process::time_to_end(world_.settings.exit_on, fates);
    if (!ending) return;
    log(LogLevel::warn, concat("exit_on: ", ending->why, ", shutting down; exit status ", ending->code));
    end_with(ending->code);
}

/// Whose turn it is.  False: all have ended.
bool Daemon::stop_next() {
    std::vector<Runner*> candidates;
    std::vector<process::Standing> standings;
    std::vector<bool> listens;  // and what came before is still on its way to it
    for (const auto& group : groups_)
        for (std::size_t at = 0; at < group->runners.size(); ++at) {
            candidates.push_back(group->runners[at].get());
            standings.push_back({rank_of(group->config(), at), api::is_stopped(candidates.back()->state())});
            listens.push_back(group->config().kind == config::GroupKind::eventlistener && world_.events.is_at_work(group->config().name));
        }
    const auto stage = process::shutdown_stage(standings);
    for (const auto at : stage)
        if (api::is_up(candidates[at]->state()) && !(listens[at] && wait_for_listeners())) candidates[at]->feed(process::Stop{});
    return !stage.empty();
}

void Daemon::go_on_down() {
    if (stop_next() || ended_) return;
    if (mood() == api::Mood::shutdown && wait_for_last_words()) return;  // after a restart another controller goes on
    ended_ = true;
    report_.cancel();
    for (Runner* runner : runners())
        if (runner->machine().child)
            log(LogLevel::critical, concat(runner->name(), " (", runner->pid(), ") cannot be ended; it is left alone"));
    surroundings_.ended(mood() == api::Mood::restarting, world_.notes.exit_code());
}

/// Listeners are the last to be stopped, so that they hear of all the others.  False: that took long enough.
bool Daemon::wait_for_listeners() {
    if (!listeners_until_) listeners_until_ = base::now() + patience_with_listeners;
    if (base::now() >= *listeners_until_) return false;
    listeners_.after(look_at_listeners, [this] { changed(); });
    return true;
}

bool Daemon::wait_for_last_words() {
    bool some = false;
    for (Runner* runner : runners()) some = some || runner->has_last_words();
    if (!some || std::exchange(waits_for_last_words_, true)) return some;
    last_words_.after(patience_with_last_words, [this] {
        for (Runner* runner : runners()) runner->give_up_last_words();
        changed();
    });
    return true;
}

void Daemon::tell_who_is_left() {
    std::vector<std::string> names;
    for (Runner* runner : runners())
        if (!api::is_stopped(runner->state())) names.push_back(runner->name());
    if (names.empty()) return;
    const auto entry = process::waiting_to_die(names);
    log(entry.level, entry.text);
    for (Runner* runner : runners()) {
        if (api::is_stopped(runner->state())) continue;
        const auto state = process::state_at_shutdown(runner->name(), api::name(runner->state()));
        log(state.level, state.text);
    }
    report_.after(report_interval, [this] { tell_who_is_left(); });
}

// Logs.

void Daemon::send_remote_event(std::string_view type, std::string_view payload) {
    if (world_.events.wants(EventType::remote_communication))
        world_.events.emit(EventType::remote_communication, event::remote(type, payload));
}

std::string Daemon::logfile() const { return world_.activity.path(); }

Outcome Daemon::clear_log() {
    struct stat facts{};  // ENOENT also of no path
    const bool is_there = ::stat(world_.activity.path().c_str(), &facts) == 0 || (errno != ENOENT && errno != ENOTDIR);
    if (!is_there) return api::Refusal{api::Fault::no_file, ""};
    if (const auto cleared = world_.activity.clear(); !cleared)
        return api::Refusal{api::Fault::failed, cleared.error()};
    return std::nullopt;
}

void Daemon::soon(std::function<void()> call) { post(world_.loop, std::move(call)); }

void Daemon::log(config::LogLevel level, std::string_view line) { world_.activity.log(level, line); }

}  // namespace control
