#include "supervisord/controller.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <cerrno>
#include <csignal>
#include <set>
#include <utility>

#include "common/api/build.hpp"
#include "common/base/alarm.hpp"
#include "common/base/crash_point.hpp"
#include "common/base/memory.hpp"
#include "common/base/memory_file.hpp"
#include "common/base/text.hpp"
#include "common/config/reader.hpp"
#include "supervisord/control/confinement.hpp"
#include "supervisord/failing.hpp"
#include "supervisord/handover.hpp"
#include "supervisord/keeper/boot.hpp"
#include "supervisord/keeper/promotion.hpp"
#include "supervisord/keeper/start.hpp"
#include "supervisord/keeper/table.hpp"
#include "supervisord/log/auto_logs.hpp"
#include "supervisord/parts.hpp"
#include "supervisord/process/lines.hpp"
#include "supervisord/reload.hpp"
#include "supervisord/sockets.hpp"

namespace control_role {

namespace {

using base::concat;
using config::LogLevel;
using keeper::Why;

constexpr std::chrono::seconds farewell_time{2};       // for what clients of a controller wait for that makes room
constexpr std::chrono::milliseconds farewell_look{10};

class Controller {
public:
    Controller(keeper::Snapshot snapshot, launch::Handover handover, std::span<char* const> arguments)
        : snapshot_(std::move(snapshot)), handover_(std::move(handover)), arguments_(arguments),
          link_(loop_, base::Fd(keeper::socket_fd)), sockets_(snapshot_, link_) {}

    /// rebuild: as in Beginning.
    int run(bool rebuild);

private:
    [[nodiscard]] base::Result<void> open_log();
    void log_all(const std::vector<launch::Message>& messages);
    void log_beginning();
    /// By a user, just now: what the launcher has to tell is news.
    [[nodiscard]] bool was_launched() const { return welcome_.why == Why::first || welcome_.why == Why::salvaged; }
    void take_what_is_held();
    void carry_on();
    void begin();
    void forget_unclaimed(std::string_view whose);
    void open_servers();
    void put_pidfile();
    void say_ready();
    void work();

    [[nodiscard]] control::Daemon::Surroundings surroundings_of_daemon();
    [[nodiscard]] Upgrade::Surroundings surroundings_of_upgrade();
    std::optional<config::Diagnostic> prepare(const config::Reading& next);
    void end(bool restart, int exit_code);
    [[nodiscard]] int held_here(std::string_view name) const;
    void make_room();
    [[nodiscard]] keeper::Upgrade what_became_of_upgrade() const;
    [[nodiscard]] std::string succeed();

    control::Confinement confinement_;  // before anything else is done
    keeper::Snapshot snapshot_;
    launch::Handover handover_;
    std::span<char* const> arguments_;  // of supervisord
    boost::asio::io_context loop_{1};
    control::Link link_;
    Sockets sockets_;
    keeper::Message welcome_;
    Beginning beginning_;
    bool keeper_died_ = false;
    bool works_ = false;                               // the keeper was told
    keeper::Upgrade upgrade_ = keeper::Upgrade::none;  // how far the last one came, as far as we know
    control::Timer leaving_{loop_};                    // to make room for a new version,
    control::Timer forgetting_{loop_};                 // what the start has needed of code and heap
    std::optional<base::Time> leave_at_;               // then at the latest
    std::optional<Parts> parts_;                       // once it is known what is begun with
};

control::Daemon::Surroundings Controller::surroundings_of_daemon() {
    control::Daemon::Surroundings out;
    out.pid = snapshot_.header().keeper_pid;
    out.read_files = [this] { return launch::read_files(handover_); };
    out.prepare = [this](const config::Reading& next) { return prepare(next); };
    out.ended = [this](bool restart, int exit_code) { end(restart, exit_code); };
    out.upgrade = [this](control::WhenDone done) { parts_->upgrade.begin(std::move(done)); };
    out.upgraded = upgrade_;
    // As of the start or the last reload: what a reread finds changes nothing.
    out.has_interface = std::ranges::find(beginning_.config.rpcinterfaces, "supervisor", &config::RpcInterface::name) !=
                        beginning_.config.rpcinterfaces.end();
    return out;
}

Upgrade::Surroundings Controller::surroundings_of_upgrade() {
    Upgrade::Surroundings out;
    out.program = handover_.program;
    out.file = [this](std::string_view name) { return held_here(name); };
    out.is_finishing = [this] { return upgrade_ == keeper::Upgrade::starting || upgrade_ == keeper::Upgrade::following; };
    out.make_room = [this] { make_room(); };
    return out;
}

int Controller::run(bool rebuild) {
    for (const auto& entry : std::span(snapshot_.header().held, snapshot_.header().held_used))
        if (entry.name[0] != '\0') link_.holds(entry.name, entry.fd);
    upgrade_ = snapshot_.header().upgrade;
    if (!link_.greet(welcome_)) return fail_to_begin(succeed());
    upgrade_ = welcome_.upgrade;
    beginning_ = choose_beginning(welcome_.why, rebuild, snapshot_, handover_);
    if (!confinement_.problem().empty()) beginning_.problems.push_back(confinement_.problem());
    auto stores = take_stores(snapshot_, link_, beginning_);
    if (!stores) return fail_to_begin(stores.error());
    parts_.emplace(Parts::Ground{loop_, link_, snapshot_, handover_, beginning_}, std::move(*stores), surroundings_of_upgrade(),
                   surroundings_of_daemon());
    base::crash_point("controller.recovered");
    if (const auto opened = open_log(); !opened) return fail_to_begin(opened.error());
    log_beginning();
    take_what_is_held();
    if (beginning_.follows()) carry_on();
    else begin();
    parts_->sockets.close_unused();
    base::crash_point("controller.resumed");
    open_servers();
    if (was_launched()) log_all(handover_.background);
    if (welcome_.why == Why::reload) put_pidfile();
    say_ready();
    work();
    if (!keeper_died_) return 0;
    const std::string problem = succeed();
    parts_->activity.log(LogLevel::critical, problem);
    ::_exit(fail(problem));  // nothing is undone: the programs have what we share with them
}

base::Result<void> Controller::open_log() {
    logs::Activity& activity = parts_->activity;
    if (beginning_.follows()) activity.mend();
    // Who has started us can mend it.  Later no log is no reason to leave what runs alone: each line tries again.
    if (const int error = activity.open(); error != 0 && welcome_.why == Why::first)
        return base::Error{concat("cannot open ", beginning_.config.settings.logfile, ": ", base::errno_text(error))};
    link_.when_unheld([&activity](const std::string& name, int error) {
        activity.log(LogLevel::critical, concat("the keeper cannot hold '", name, "', which is lost when its controller dies: ",
                                                error == ENOSPC ? "it holds as many descriptors as it can" : base::errno_text(error)));
    });
    return {};
}

void Controller::log_all(const std::vector<launch::Message>& messages) {
    for (const auto& message : messages) parts_->activity.log(message.level, message.text);
}

void Controller::log_beginning() {
    logs::Activity& activity = parts_->activity;
    if (was_launched()) log_all(handover_.messages);
    log_all(beginning_.messages);
    for (const auto& problem : beginning_.problems) activity.log(LogLevel::warn, problem);
    if (beginning_.rebuild)
        activity.log(LogLevel::critical,
                     "controllers have failed again and again: going on without their notes, from what runs and the files");
    if (beginning_.follows()) {
        const auto resumed = resumed_message(welcome_, snapshot_);
        activity.log(resumed.level, resumed.text);
    }
    const auto& recovered = parts_->recovered;
    if (recovered.finished > 0)
        activity.log(LogLevel::info, concat("finished ", recovered.finished, " writes that were in the middle"));
    if (recovered.spoilt > 0)
        activity.log(LogLevel::warn, concat("output that was on its way to logs is lost: the journal has been written over (",
                                            recovered.spoilt, " batches)"));
}

/// Sockets of fcgi-programs, pipes that were left; what was left by ended programs is taken up with its stream.
void Controller::take_what_is_held() {
    parts_->sockets.adopt(snapshot_.header());
    for (const auto& entry : std::span(snapshot_.header().held, snapshot_.header().held_used))
        if (!parts_->leavings.resume(entry.name, entry.fd) && control::Remnants::is_ours(entry.name)) base::Fd(entry.fd).reset();
}

void Controller::carry_on() {
    const bool is_start = welcome_.why == Why::salvaged;
    control::Daemon& daemon = parts_->daemon;
    std::set<std::string> told_to_end;
    if (is_start) told_to_end = begin_what_does_not_run(parts_->stores.notes, parts_->events, snapshot_, beginning_.config);
    for (const auto& slot : snapshot_.slots()) parts_->stores.notes.raise_incarnations(slot.inc);
    daemon.resume(*beginning_.content, snapshot_, parts_->recovered.unheard);
    if (is_start)
        daemon.note_leftovers(snapshot_, told_to_end);
    else if (const base::Fd noted = held(snapshot_, keeper::held_leftovers))
        daemon.recall_leftovers(noted);
    forget_unclaimed("programs that are no longer configured");
}

void Controller::begin() {
    logs::Activity& activity = parts_->activity;
    for (const auto& unheard : parts_->recovered.unheard) {
        const auto entry = process::output(unheard.stream.process, logs::name(unheard.stream.channel), unheard.text);
        activity.log(entry.level, entry.text);
    }
    parts_->stores.journal.settle_heard();
    const config::Settings& settings = beginning_.config.settings;
    if (!settings.nocleanup)
        for (const auto& problem : logs::remove_auto_logs(settings.childlogdir, settings.identifier))
            activity.log(LogLevel::warn, problem);
    parts_->daemon.begin(beginning_.config, snapshot_);
    if (held(snapshot_, keeper::held_leftovers)) link_.let_go(std::string(keeper::held_leftovers));
    forget_unclaimed("before");
    // Not before the keeper has the new chronicle: a successor would bring the old configuration back.
    parts_->stores.notes.set_mood(api::Mood::running);
    parts_->events.emit(config::EventType::supervisor_state_change_running, "");
}

void Controller::forget_unclaimed(std::string_view whose) {
    logs::Journal& journal = parts_->stores.journal;
    control::Remnants::forget_unclaimed(link_, parts_->leavings, journal);
    if (const auto lost = journal.forget_unclaimed(); lost > 0)
        parts_->activity.log(LogLevel::warn, concat(lost, " bytes of output of ", whose, " were dropped"));
}

void Controller::open_servers() {
    const config::Config& config = beginning_.config;
    logs::Activity& activity = parts_->activity;
    sockets_.give_up_others(config.servers);  // first: a new one may want the same port on another address
    for (const auto& section : config.servers) {
        std::string problem;
        auto fd = sockets_.take(section, problem);
        if (!problem.empty()) activity.log(LogLevel::warn, problem);
        if (!fd) {
            activity.log(LogLevel::critical, concat("cannot open [", section.section, "]: ", fd.error()));
            continue;
        }
        parts_->server.serve(std::move(*fd), section);
        if (beginning_.follows()) continue;
        for (const auto& interface : config.rpcinterfaces)
            activity.log(LogLevel::info, concat("RPC interface '", interface.name, "' initialized"));
        if (!section.username)
            activity.log(LogLevel::critical,
                         concat("Server '", section.section, "' running without any HTTP authentication checking"));
    }
}

/// Where the keeper is to write its pid from now on.
void Controller::put_pidfile() {
    const base::Fd file = base::make_memory_file("supervisord-pidfile");
    if (file && base::write_all(file.get(), beginning_.config.settings.pidfile)) put(link_, keeper::held_pidfile, file.get());
}

void Controller::say_ready() {
    const config::Settings& settings = beginning_.config.settings;
    keeper::Message ready = keeper::message_of(keeper::Type::ready);
    ready.flags |= keeper::answer;
    ready.seconds = keeper::hang_limit_of(settings.controller_timeout);
    const bool is_start = !beginning_.follows() || welcome_.why == Why::promoted || welcome_.why == Why::salvaged;
    link_.send(ready, {}, [this, is_start](const keeper::Message& written, base::Fd) {
        control::Daemon& daemon = parts_->daemon;
        if (written.err != 0)
            parts_->activity.log(LogLevel::critical, concat("could not write pidfile ", beginning_.config.settings.pidfile));
        if (is_start || welcome_.why == Why::upgrade) parts_->activity.log(LogLevel::debug, api::build_title());
        if (is_start && written.err == 0)
            parts_->activity.log(LogLevel::info, concat("supervisord started with pid ", daemon.pid()));
        daemon.deal_with_leftovers(snapshot_, welcome_.why == Why::salvaged);
        daemon.autostart();
        parts_->server.begin();  // not before: who has an answer finds the pidfile
    });
    works_ = true;
    link_.listen([this](const keeper::Message& message) {
                     if (message.type == keeper::Type::upgraded) upgrade_ = message.upgrade;
                     parts_->daemon.news(message);
                 },
                 [this] {
                     keeper_died_ = true;
                     loop_.stop();
                 });
    if (welcome_.bits != 0) {  // signals of before
        keeper::Message signals = keeper::message_of(keeper::Type::signals);
        signals.bits = welcome_.bits;
        parts_->daemon.news(signals);
    }
    base::alarm::use(held(snapshot_, "alarm"), std::chrono::seconds(std::max(ready.seconds / 3, ready.seconds > 0 ? 1U : 0U)));
    base::crash_point("controller.started");
    // What was needed to begin is not needed to go on.
    handover_.config = {};
    beginning_.content.reset();
    beginning_.config.groups = {};
    parts_->recovered = {};
    forgetting_.after(base::start_takes, [] { base::forget_start(); });
}

/// As io_context::run, with the alarm wound for as long as there is anything to do.
void Controller::work() {
    while (!loop_.stopped()) {
        base::alarm::rest();
        if (loop_.run_one() == 0) return;
        base::alarm::begin();
        while (loop_.poll_one() > 0) base::alarm::step();
    }
}

std::optional<config::Diagnostic> Controller::prepare(const config::Reading& next) {
    if (auto obstacle = find_obstacle(next)) return obstacle;
    return sockets_.prepare(next);
}

void Controller::end(bool restart, int exit_code) {
    keeper::Message message = keeper::message_of(restart ? keeper::Type::restart : keeper::Type::shutdown);
    message.exit_code = exit_code;
    if (!restart) {
        parts_->world.remove_cgroups();  // before the keeper hears of it, which then ends us
        message.flags |= keeper::force;  // what cannot be ended does not keep us
    }
    link_.send(message);
    link_.flush();
    loop_.stop();
}

int Controller::held_here(std::string_view name) const {
    const auto found = link_.held().find(std::string(name));
    return found == link_.held().end() ? -1 : found->second.get();
}

/// The next controller is of the new version.  Clients get what they wait for, for a while; whoever comes now waits for
/// the next one.  We end as if we were killed: that a controller may be at any instruction, and so nothing is undone.
void Controller::make_room() {
    parts_->server.wind_down();
    if (!leave_at_) leave_at_ = base::now() + farewell_time;
    if (parts_->server.connections() == 0 || base::now() >= *leave_at_) {
        link_.flush();
        base::crash_point("controller.makes_room");
        ::_exit(0);
    }
    leaving_.after(farewell_look, [this] { make_room(); });
}

/// The keeper was killed: its place is ours.  Comes back only when that cannot be, and says why.
std::string Controller::succeed() {
    if (!keeper::keeper_is_gone(snapshot_.header().keeper_pid)) return "the keeper does not answer";
    std::vector<keeper::Ends> programs;
    if (parts_) {
        for (const control::Runner* runner : parts_->daemon.runners()) {
            const auto has = runner->descriptors();
            programs.push_back({runner->key(), has.incarnation, has.pidfd, has.input, has.output, has.error});
        }
        for (const keeper::Slot* slot : parts_->daemon.unclaimed()) programs.push_back(keeper::ends_of(*slot));
    } else {
        for (const auto& slot : snapshot_.slots()) programs.push_back(keeper::ends_of(slot));
    }
    // What later controllers are made of: one that works is made of it.  In the middle of an upgrade the keeper that we
    // know of had another.
    const base::Fd program(works_ ? ::open("/proc/self/exe", O_PATH | O_CLOEXEC) : -1);
    std::vector<keeper::Holding> held;
    for (const auto& [name, fd] : link_.held())
        held.push_back({name, name == keeper::held_program && program ? program.get() : fd.get()});
    const int error = keeper::become_keeper(programs, held, what_became_of_upgrade(), arguments_,
                                            [this](const char* it, char* const* with) { return confinement_.execute(it, with); });
    return concat("cannot take the place of the keeper, which was killed: ", base::errno_text(error));
}

/// Of an upgrade in the middle of which the keeper was killed.
keeper::Upgrade Controller::what_became_of_upgrade() const {
    using keeper::Upgrade;
    if (parts_ && parts_->upgrade.is_wanted()) return Upgrade::taken_back;  // we are the old version
    if (upgrade_ != Upgrade::starting && upgrade_ != Upgrade::following) return upgrade_;
    return works_ ? Upgrade::done : Upgrade::taken_back;  // we are the new one: the keeper that we become is it too
}

base::Result<launch::Handover> read_handover() {
    const auto text = keeper::read_boot_text(keeper::controller_boot_fd);
    if (!text) return base::Error{text.error()};
    return launch::Handover::from_text(*text);
}

}  // namespace

int run(int argc, char** argv) {
    ::prctl(PR_SET_NAME, "supervisord-ctl");
    std::set_terminate(end_for_exception);
    ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
    for (const int number : {SIGPIPE, SIGXFSZ, SIGTTOU, SIGTTIN}) ::signal(number, SIG_IGN);
    // What is meant for supervisord is for the keeper, which tells us; `pkill supervisord` and systemd send it to both.
    for (const int number : {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2}) ::signal(number, SIG_IGN);
    const bool rebuild = argc > 2 && std::string_view(argv[2]) == "--rebuild";
    auto snapshot = keeper::Snapshot::map(keeper::table_fd);
    if (!snapshot) return fail_to_begin(snapshot.error());
    auto handover = read_handover();
    if (!handover) return fail_to_begin(handover.error());
    const std::span<char* const> all(argv, static_cast<std::size_t>(argc));
    return Controller(std::move(*snapshot), std::move(*handover), all.subspan(rebuild ? 3 : 2)).run(rebuild);
}

}  // namespace control_role
