#include "supervisord/controller.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <set>

#include "common/base/alarm.hpp"
#include "common/base/crash_point.hpp"
#include "common/base/memory.hpp"
#include "common/base/text.hpp"
#include "common/config/difference.hpp"
#include "common/config/reader.hpp"
#include "supervisord/control/daemon.hpp"
#include "supervisord/control/tree.hpp"
#include "supervisord/control/world.hpp"
#include "supervisord/handover.hpp"
#include "supervisord/keeper/boot.hpp"
#include "supervisord/keeper/promotion.hpp"
#include "supervisord/keeper/table.hpp"
#include "supervisord/log/auto_logs.hpp"
#include "supervisord/process/description.hpp"
#include "supervisord/process/lines.hpp"
#include "supervisord/reload.hpp"
#include "supervisord/sockets.hpp"
#include "supervisord/upgrade.hpp"
#include "supervisord/web/server.hpp"

extern char** environ;

namespace control_role {

namespace {

using base::concat;
using config::LogLevel;
using keeper::Why;

constexpr std::chrono::seconds farewell_time{2};       // for what clients of a controller wait for that makes room
constexpr std::chrono::milliseconds farewell_look{10};

int fail(std::string_view message) {
    std::fprintf(stderr, "Error: %.*s\n", static_cast<int>(message.size()), message.data());
    return 1;
}

/// For programs.  When one of our own has started us, the others are not to be taken for what it has started.
config::Environment environment(const control::Notes& notes) {
    config::Environment out;
    for (char** entry = environ; *entry; ++entry) {
        const std::string_view text(*entry);
        const auto equals = text.find('=');
        if (equals == std::string_view::npos || text.starts_with("SUPERVISORD_CRASH")) continue;
        out.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
    const auto tree = out.find(std::string(control::tree_variable));
    std::uint64_t number = 0;
    if (tree != out.end() && base::parse_digits(tree->second, number) && notes.has_tree(number)) out.erase(tree);
    return out;
}

base::Fd held(const keeper::Snapshot& snapshot, std::string_view name) { return base::Fd(snapshot.held(name)); }

bool is_empty(int fd) { return ::lseek(fd, 0, SEEK_END) == 0; }

/// What another controller left, or a new one: in the file that the keeper has for it, or in one that it gets to hold.
template <class Blob>
base::Result<Blob> adopted_or_new(const keeper::Snapshot& snapshot, control::Link& link, std::string_view name,
                                  bool anew, std::vector<std::string>& problems) {
    const int number = snapshot.held(name);
    if (number >= 0 && !anew && !is_empty(number)) {
        auto adopted = Blob::adopt(base::Fd(number));
        if (adopted) return adopted;
        problems.push_back(adopted.error());
    } else if (number >= 0) {
        auto made = Blob::create(base::Fd(number));
        if (made) return made;
        problems.push_back(concat(made.error(), "; it is kept in memory without a name, and will be lost when both processes are killed"));
    }
    auto fresh = Blob::create();
    if (fresh) put(link, name, fresh->fd());
    return fresh;
}

logs::ActivitySettings activity_settings(const config::Settings& settings, bool daemonized) {
    logs::ActivitySettings out;
    out.path = settings.logfile;
    out.limits = {settings.logfile_maxbytes, settings.logfile_backups};
    out.level = settings.loglevel;
    out.echo = !daemonized && !settings.silent;
    return out;
}

/// Why another controller is needed, for the activity log.
std::string what_happened(const keeper::Message& welcome) {
    if (welcome.why == Why::salvaged) return "supervisord was killed, keeper and controller";
    if (welcome.why == Why::promoted) return "keeper was killed, its controller has taken its place";
    if (welcome.why == Why::upgrade) return "upgrade: the new controller goes on in place of the old one";
    if (welcome.why == Why::hang) return "controller did not answer and was killed";
    const std::string end = WIFSIGNALED(welcome.wstatus) ? concat("signal ", WTERMSIG(welcome.wstatus))
                                                         : process::exit_text(welcome.wstatus);
    if (welcome.why == Why::taken_back)
        return concat("upgrade taken back, the old version goes on: the new controller ended before it worked (", end, ")");
    return concat("controller died (", end, ")");
}

class Controller {
public:
    Controller(keeper::Snapshot snapshot, launch::Handover handover, bool rebuild, std::span<char* const> arguments)
        : snapshot_(std::move(snapshot)), handover_(std::move(handover)), rebuild_(rebuild), arguments_(arguments),
          link_(loop_, base::Fd(keeper::socket_fd)), sockets_(snapshot_, link_) {}

    int run();

private:
    void choose_config();
    void log_beginning(logs::Activity& activity);
    void open_servers(web::HttpServer& server, logs::Activity& activity);
    void put_pidfile();
    std::optional<config::Diagnostic> prepare(const config::Reading& next);
    void end(bool restart, int exit_code);
    void work();
    [[nodiscard]] int held_here(std::string_view name) const;
    void make_room();
    [[nodiscard]] keeper::Upgrade what_became_of_upgrade() const;
    [[nodiscard]] std::string succeed();
    void begin_what_does_not_run(control::Notes& notes, const control::Events& events);

    keeper::Snapshot snapshot_;
    launch::Handover handover_;
    bool rebuild_;
    std::span<char* const> arguments_;  // of supervisord
    boost::asio::io_context loop_{1};
    control::Link link_;
    Sockets sockets_;
    keeper::Message welcome_;
    std::vector<std::string> problems_;  // for the activity log, once it is open
    std::optional<control::Chronicle::Content> content_;
    bool checked_ = false;  // after a reload: the one before us has seen to it that config_ can be put in force
    bool follows_ = false;  // carries on where another controller was killed
    std::optional<control::Chronicle> chronicle_;
    config::Config config_;  // what this supervisord runs with
    control::Daemon* daemon_ = nullptr;  // as long as the loop runs
    bool keeper_died_ = false;
    bool works_ = false;                   // the keeper was told
    keeper::Upgrade upgrade_ = keeper::Upgrade::none;  // how far the last one came, as far as we know
    Upgrade* upgrade_process_ = nullptr;   // as long as the loop runs,
    web::HttpServer* server_ = nullptr;    // and this
    control::Timer leaving_{loop_};  // to make room for a new version,
    std::optional<base::Time> leave_at_;        // then at the latest
};

/// With a chronicle of a controller that ended against its will: go on with what was active.  Else: begin.
void Controller::choose_config() {
    config_ = handover_.config;
    const bool begins = welcome_.why == Why::first || welcome_.why == Why::reload;
    std::optional<config::Settings> in_force;  // before this reload
    if (base::Fd file = held(snapshot_, "config"); file && !rebuild_) {
        control::Chronicle::Content content;
        auto chronicle = control::Chronicle::adopt(std::move(file), content);
        if (chronicle && content.started && content.last_read) {
            config_ = *content.started;
            if (welcome_.why == Why::reload) {
                config_ = *content.last_read;
                checked_ = true;
                in_force = content.started->settings;
            } else if (!begins) {
                chronicle_ = std::move(*chronicle);
                content_ = std::move(content);
            }
        } else if (!chronicle) {
            problems_.push_back(chronicle.error());
        }
    }
    if (welcome_.why == Why::first || content_) return;
    if (welcome_.why != Why::salvaged) {  // else it was read just now
        auto reading = launch::read_files(handover_);
        for (const auto& diagnostic : reading.diagnostics) problems_.push_back(config::where_and_what(diagnostic));
        if (checked_ && (!reading.config || *reading.config != config_))
            problems_.push_back("the files have changed since this reload was asked for, it puts in force what they said then");
        else if (reading.config)
            config_ = std::move(*reading.config);
    }
    if (in_force) config_.settings = config::after_reload(*in_force, std::move(config_.settings));
    if (!begins) {  // the table knows what runs, and nobody what was active
        content_.emplace();
        content_->started = content_->last_read = config_;
        content_->active = config_.groups;
    }
}

void Controller::log_beginning(logs::Activity& activity) {
    if (welcome_.why == Why::first || welcome_.why == Why::salvaged)
        for (const auto& message : handover_.messages) activity.log(message.level, message.text);
    for (const auto& problem : problems_) activity.log(LogLevel::warn, problem);
    if (rebuild_)
        activity.log(LogLevel::critical,
                     "controllers have failed again and again: going on without their notes, from what runs and the files");
    if (!follows_) return;
    std::size_t alive = 0;
    for (const auto& slot : snapshot_.slots()) alive += slot.state == keeper::SlotState::alive;
    const std::string resumed = concat(", resumed: ", alive, alive == 1 ? " process" : " processes", " (controllers lost: ",
                                       welcome_.restarts, ")");
    const auto level = welcome_.why == Why::upgrade      ? LogLevel::info
                       : welcome_.why == Why::taken_back ? LogLevel::critical
                                                         : LogLevel::warn;
    activity.log(level, concat(what_happened(welcome_), resumed));
}

void Controller::open_servers(web::HttpServer& server, logs::Activity& activity) {
    sockets_.give_up_others(config_.servers);  // first: a new one may want the same port on another address
    for (const auto& section : config_.servers) {
        std::string problem;
        auto fd = sockets_.take(section, problem);
        if (!problem.empty()) activity.log(LogLevel::warn, problem);
        if (!fd) {
            activity.log(LogLevel::critical, concat("cannot open [", section.section, "]: ", fd.error()));
            continue;
        }
        server.serve(std::move(*fd), section);
        if (follows_) continue;
        for (const auto& interface : config_.rpcinterfaces)
            activity.log(LogLevel::info, concat("RPC interface '", interface.name, "' initialized"));
        if (!section.username)
            activity.log(LogLevel::critical,
                         concat("Server '", section.section, "' running without any HTTP authentication checking"));
    }
}

/// As of the start or the last reload: what a reread finds changes nothing.
bool has_interface(const config::Config& config) {
    return std::ranges::find(config.rpcinterfaces, "supervisor", &config::RpcInterface::name) != config.rpcinterfaces.end();
}

/// Where the keeper is to write its pid from now on.
void Controller::put_pidfile() {
    const base::Fd file(::memfd_create("supervisord-pidfile", MFD_CLOEXEC));
    if (file && base::write_all(file.get(), config_.settings.pidfile)) put(link_, keeper::held_pidfile, file.get());
}

std::optional<config::Diagnostic> Controller::prepare(const config::Reading& next) {
    if (auto obstacle = find_obstacle(next)) return obstacle;
    return sockets_.prepare(next);
}

void Controller::end(bool restart, int exit_code) {
    keeper::Message message = keeper::message_of(restart ? keeper::Type::restart : keeper::Type::shutdown);
    message.exit_code = exit_code;
    if (!restart) message.flags |= keeper::force;  // what cannot be ended does not keep us
    link_.send(message);
    link_.flush();
    loop_.stop();
}

/// The keeper was killed: its place is ours.  Comes back only when that cannot be, and says why.
std::string Controller::succeed() {
    if (!keeper::keeper_is_gone(snapshot_.header().keeper_pid)) return "the keeper does not answer";
    std::vector<keeper::Ends> programs;
    if (daemon_) {
        for (const control::Runner* runner : daemon_->runners()) {
            const auto has = runner->descriptors();
            programs.push_back({runner->key(), has.incarnation, has.pidfd, has.input, has.output, has.error});
        }
    } else {
        for (const auto& slot : snapshot_.slots()) programs.push_back(keeper::ends_of(slot));
    }
    // What later controllers are made of: one that works is made of it.  In the middle of an upgrade the keeper that we
    // know of had another.
    const base::Fd program(works_ ? ::open("/proc/self/exe", O_PATH | O_CLOEXEC) : -1);
    std::vector<keeper::Holding> held;
    for (const auto& [name, fd] : link_.held())
        held.push_back({name, name == keeper::held_program && program ? program.get() : fd.get()});
    const int error = keeper::become_keeper(programs, held, what_became_of_upgrade(), arguments_);
    return concat("cannot take the place of the keeper, which was killed: ", base::errno_text(error));
}

/// Of an upgrade in the middle of which the keeper was killed.
keeper::Upgrade Controller::what_became_of_upgrade() const {
    using keeper::Upgrade;
    if (upgrade_process_ && upgrade_process_->is_wanted()) return Upgrade::taken_back;  // we are the old version
    if (upgrade_ != Upgrade::starting && upgrade_ != Upgrade::following) return upgrade_;
    return works_ ? Upgrade::done : Upgrade::taken_back;  // we are the new one: the keeper that we become is it too
}

int Controller::held_here(std::string_view name) const {
    const auto found = link_.held().find(std::string(name));
    return found == link_.held().end() ? -1 : found->second.get();
}

/// The next controller is of the new version.  Clients get what they wait for, for a while; whoever comes now waits for
/// the next one.  We end as if we were killed: that a controller may be at any instruction, and so nothing is undone.
void Controller::make_room() {
    server_->wind_down();
    if (!leave_at_) leave_at_ = base::now() + farewell_time;
    if (server_->connections() == 0 || base::now() >= *leave_at_) {
        link_.flush();
        base::crash_point("controller.makes_room");
        ::_exit(0);
    }
    leaving_.after(farewell_look, [this] { make_room(); });
}

/// A start is a start, though some programs run already: what does not is begun anew, whatever was noted of it.
void Controller::begin_what_does_not_run(control::Notes& notes, const control::Events& events) {
    if (notes.mood() != api::Mood::running) {  // in the middle of an end that nobody wants any more
        notes.erase_all();
        notes.set_mood(api::Mood::running);
    }
    std::set<std::string_view> known;
    for (const auto& slot : snapshot_.slots())
        if (slot.state != keeper::SlotState::free) known.emplace(slot.name);
    for (const auto& group : config_.groups)
        for (const auto& program : group.processes) {
            const std::string key = concat(group.name, ":", program.name);
            if (known.contains(key) || !notes.contains(key)) continue;
            const control::Notes::Record* record = notes.record(key);
            const bool is_told = record && record->note().untold[0] == 0 && events.has_told(key, record->note().announcements);
            if (is_told) notes.erase(key);
        }
}

int Controller::run() {
    for (const auto& entry : std::span(snapshot_.header().held, snapshot_.header().held_used))
        if (entry.name[0] != '\0') link_.holds(entry.name, entry.fd);
    upgrade_ = snapshot_.header().upgrade;
    if (!link_.greet(welcome_)) return fail(succeed());
    upgrade_ = welcome_.upgrade;
    choose_config();
    follows_ = content_.has_value();
    auto notes = adopted_or_new<control::Notes>(snapshot_, link_, "notes", rebuild_, problems_);
    auto journal = adopted_or_new<logs::Journal>(snapshot_, link_, "journal", false, problems_);
    if (!notes) return fail(notes.error());
    if (notes->spoilt() > 0) problems_.push_back(concat("the notes of ", notes->spoilt(), " processes have been written over, and are lost"));
    if (!journal) return fail(journal.error());
    auto ledger = adopted_or_new<control::Ledger>(snapshot_, link_, "events", rebuild_, problems_);
    if (!ledger) return fail(ledger.error());
    logs::Files files;
    const auto recovered = journal->recover(files);
    base::crash_point("controller.recovered");

    logs::Activity activity(files, activity_settings(config_.settings, handover_.daemonized));
    if (follows_) activity.mend();
    if (const int error = activity.open())
        return fail(concat("cannot open ", config_.settings.logfile, ": ", base::errno_text(error)));
    link_.when_unheld([&activity](const std::string& name, int error) {
        activity.log(LogLevel::critical, concat("the keeper cannot hold '", name, "', which is lost when its controller dies: ",
                                                error == ENOSPC ? "it holds as many descriptors as it can" : base::errno_text(error)));
    });
    log_beginning(activity);
    if (recovered.finished > 0)
        activity.log(LogLevel::info, concat("finished ", recovered.finished, " writes that were in the middle"));
    if (recovered.spoilt > 0)
        activity.log(LogLevel::warn, concat("output that was on its way to logs is lost: the journal has been written over (", recovered.spoilt, " batches)"));

    control::Turnstile launches(loop_);
    control::Events events(loop_, activity, std::move(*ledger));
    control::SharedSockets sockets(link_, activity);
    sockets.adopt(snapshot_.header());
    control::Leavings leavings(loop_, link_);
    Upgrade upgrade(loop_, link_, {handover_.program, [this](std::string_view name) { return held_here(name); },
                                   [&activity](LogLevel level, std::string_view line) { activity.log(level, line); },
                                   [this] { make_room(); }});
    upgrade_process_ = &upgrade;
    control::World world{loop_,         link_,            activity, files,    *journal, *notes, launches, events, sockets, leavings,
                         environment(*notes), config_.settings, config_.serverurl.value_or(""), {}};
    control::Daemon daemon(world,
                           {snapshot_.header().keeper_pid, [this] { return launch::read_files(handover_); },
                            [this](const config::Reading& next) { return prepare(next); },
                            [this, &world](bool restart, int exit_code) {
                                if (!restart) world.remove_cgroups();  // before the keeper hears of it, which then ends us
                                end(restart, exit_code);
                            },
                            [&upgrade](control::WhenDone done) { upgrade.begin(std::move(done)); }, upgrade_, has_interface(config_)},
                           std::move(chronicle_));
    daemon_ = &daemon;
    for (const auto& entry : std::span(snapshot_.header().held, snapshot_.header().held_used))
        if (!leavings.resume(entry.name, entry.fd) && control::Remnants::is_ours(entry.name)) base::Fd(entry.fd).reset();
    if (follows_) {
        if (welcome_.why == Why::salvaged) begin_what_does_not_run(*notes, events);
        for (const auto& slot : snapshot_.slots()) notes->raise_incarnations(slot.inc);
        daemon.resume(*content_, snapshot_, recovered.unheard);
        if (welcome_.why == Why::salvaged)
            daemon.note_leftovers(snapshot_);
        else if (const base::Fd noted = held(snapshot_, keeper::held_leftovers))
            daemon.recall_leftovers(noted);
        control::Remnants::forget_unclaimed(link_, leavings, *journal);
        if (const auto lost = journal->forget_unclaimed(); lost > 0)
            activity.log(LogLevel::warn, concat(lost, " bytes of output of programs that are no longer configured were dropped"));
    } else {
        for (const auto& unheard : recovered.unheard) {
            const auto entry = process::output(unheard.stream.process, logs::name(unheard.stream.channel), unheard.text);
            activity.log(entry.level, entry.text);
        }
        journal->settle_heard();
        if (!config_.settings.nocleanup)
            for (const auto& problem : logs::remove_auto_logs(config_.settings.childlogdir, config_.settings.identifier, {}))
                activity.log(LogLevel::warn, problem);
        daemon.begin(config_, snapshot_);
        if (held(snapshot_, keeper::held_leftovers)) link_.let_go(std::string(keeper::held_leftovers));
        control::Remnants::forget_unclaimed(link_, leavings, *journal);
        if (const auto lost = journal->forget_unclaimed(); lost > 0)
            activity.log(LogLevel::warn, concat(lost, " bytes of output of before were dropped"));
        // Not before the keeper has the new chronicle: a successor would bring the old configuration back.
        notes->set_mood(api::Mood::running);
        events.emit(config::EventType::supervisor_state_change_running, "");
    }
    sockets.close_unused();
    base::crash_point("controller.resumed");

    web::HttpServer server(loop_, daemon, files);
    server_ = &server;
    open_servers(server, activity);
    if (welcome_.why == Why::reload) put_pidfile();
    keeper::Message ready = keeper::message_of(keeper::Type::ready);
    ready.flags |= keeper::answer;
    ready.seconds = keeper::hang_limit_of(config_.settings.controller_timeout);
    link_.send(ready, {}, [&](const keeper::Message& written, base::Fd) {
        if (written.err != 0)
            activity.log(LogLevel::critical, concat("could not write pidfile ", config_.settings.pidfile));
        else if (!follows_ || welcome_.why == Why::promoted || welcome_.why == Why::salvaged)
            activity.log(LogLevel::info, concat("supervisord started with pid ", daemon.pid()));
        daemon.deal_with_leftovers(snapshot_, welcome_.why == Why::salvaged);
        daemon.autostart();
        server.begin();  // not before: who has an answer finds the pidfile
    });
    works_ = true;
    link_.listen([&](const keeper::Message& message) {
                     if (message.type == keeper::Type::upgraded) upgrade_ = message.upgrade;
                     daemon.news(message);
                 },
                 [&] {
                     keeper_died_ = true;
                     loop_.stop();
                 });
    if (welcome_.bits != 0) {
        keeper::Message signals = keeper::message_of(keeper::Type::signals);
        signals.bits = welcome_.bits;
        daemon.news(signals);
    }
    base::alarm::use(held(snapshot_, "alarm"), std::chrono::seconds(std::max(ready.seconds / 3, ready.seconds > 0 ? 1U : 0U)));
    base::crash_point("controller.started");
    handover_.config = {};  // what was needed to begin is not needed to go on
    content_.reset();
    config_.groups.clear();
    base::forget_start();
    work();
    if (!keeper_died_) return 0;
    const std::string problem = succeed();
    activity.log(LogLevel::critical, problem);
    return fail(problem);
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

}  // namespace

int run(int argc, char** argv) {
    ::prctl(PR_SET_NAME, "supervisord-ctl");
    ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
    for (const int number : {SIGPIPE, SIGXFSZ, SIGTTOU, SIGTTIN}) ::signal(number, SIG_IGN);
    // What is meant for supervisord is for the keeper, which tells us; `pkill supervisord` and systemd send it to both.
    for (const int number : {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2}) ::signal(number, SIG_IGN);
    const bool rebuild = argc > 2 && std::string_view(argv[2]) == "--rebuild";
    auto snapshot = keeper::Snapshot::map(keeper::table_fd);
    if (!snapshot) return fail(snapshot.error());
    const auto text = keeper::read_boot_text(keeper::controller_boot_fd);
    if (!text) return fail(text.error());
    auto handover = launch::Handover::from_text(*text);
    if (!handover) return fail(handover.error());
    const std::span<char* const> all(argv, static_cast<std::size_t>(argc));
    return Controller(std::move(*snapshot), std::move(*handover), rebuild, all.subspan(rebuild ? 3 : 2)).run();
}

}  // namespace control_role
