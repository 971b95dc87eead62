#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "common/base/crash_point.hpp"
#include "common/base/signals.hpp"
#include "supervisord/keeper/loop.hpp"
#include "supervisord/keeper/start.hpp"

namespace keeper {

namespace {

constexpr std::uint32_t untried_limit = 30;  // seconds

std::vector<char*> arguments_of(std::initializer_list<const char*> own, std::span<char* const> users) {
    std::vector<char*> all;
    for (const char* one : own) all.push_back(const_cast<char*>(one));
    all.insert(all.end(), users.begin(), users.end());
    all.push_back(nullptr);
    return all;
}

void hand_over(int fd) {
    if (fd >= 0) base::set_close_on_exec(fd, false);
}

}  // namespace

Loop::Loop(const Boot& boot, std::span<char* const> arguments, Origin origin)
    : boot_(boot),
      origin_(origin),
      controller_arguments_(arguments_of({"supervisord", "--controller"}, arguments)),
      rebuild_arguments_(arguments_of({"supervisord", "--controller", "--rebuild"}, arguments)),
      self_test_arguments_(arguments_of({"supervisord", self_test_argument}, arguments)),
      keeper_arguments_(arguments_of({"supervisord", "--keeper", upgraded_argument}, arguments)) {}

// All that the table names stays open in what this process executes next.
void Loop::hand_over_all() {
    const Header& header = table_.header();
    for (std::uint32_t number = 0; number < header.used; ++number) {
        const Slot& slot = table_.slot(number);
        if (slot.state == SlotState::free) continue;
        hand_over(slot.pidfd);
        for (const auto& end : slot.retained) hand_over(end.fd);
    }
    for (const auto& entry : std::span(header.held, header.held_used))
        if (entry.name[0] != '\0') hand_over(entry.fd);
}

// In the forked child.  It has our memory, so it knows what to hand over: all that its copy of the table names.
void Loop::become_controller(int link, int copy) {
    hand_over_all();
    ::dup2(link, socket_fd);
    ::dup2(copy, table_fd);
    ::dup2(boot_copy_.get(), controller_boot_fd);
    ::dup2(file_.fd(), live_table_fd);  // and with it the lock, which thus outlives us
    restore_oom_score(original_);
    // A group of its own: Ctrl-C is for us.  It may write to a terminal that is not its own, and must not be stopped.
    ::setpgid(0, 0);
    // And when we die while it stands still, its group is an orphan, which the kernel tells by SIGHUP.
    for (const int number : {SIGPIPE, SIGTTIN, SIGTTOU, SIGHUP}) std::signal(number, SIG_IGN);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    auto& arguments = must_rebuild(restarts_) ? rebuild_arguments_ : controller_arguments_;
    ::execveat(wanted_ ? candidate_.get() : program_, "", arguments.data(), environ, AT_EMPTY_PATH);
    ::_exit(126);
}

void Loop::start_controller() {
    start_at_.reset();
    Header& header = table_.header();
    on_start(restarts_, base::now());
    base::Fd theirs;
    const bool linked = make_link(link_, theirs);
    const base::Fd copy = linked ? file_.copy(header) : base::Fd();
    base::crash_point("keeper.before_controller");
    const pid_t pid = copy ? ::fork() : -1;
    const int error = errno;
    if (pid == 0) become_controller(theirs.get(), copy.get());
    base::crash_point("keeper.controller_forked");
    if (pid < 0) {
        link_.reset();
        if (header.ever_ready == 0) {  // whoever has started us is to know, and can mend it
            start_error_ = error;
            exit_code_ = 1;
            return;
        }
        note("cannot start a controller: no memory, no process or no descriptor left", critical);
        start_at_ = base::now() + std::max(on_death(restarts_, base::now(), false), std::chrono::milliseconds(100));
        return;
    }
    controller_ = header.controller_pid = pid;
    greeted_ = restart_asked_ = full_ = hangs_ = false;
    if ((tried_ = std::exchange(wanted_, false))) header.upgrade = Upgrade::starting;
    // A new version that hangs before it works must not need somebody to notice.
    const std::uint32_t limit = tried_ && header.hang_limit == 0 ? untried_limit : header.hang_limit;
    watchdog_.start(std::chrono::seconds(limit), base::now());
    told_signals_ = 0;
    table_.all_told();
}

void Loop::watch() {
    if (!watchdog_.tick(base::now())) return ask();
    if (is_traced(controller_)) return;
    hangs_ = true;
    kill_controller();
}

void Loop::doubt() {
    if (controller_ > 0 && watchdog_.doubt(base::now())) ask();
}

// Again at each tick: what it has answered may have come when it stood still once more, and did not count.
void Loop::ask() {
    // If the question does not fit, it has enough to answer.
    if (greeted_ && !watchdog_.starting) (void)tell(message_of(Type::ping));
}

void Loop::kill_controller() {
    kill_at_.reset();
    watchdog_.stop();
    if (controller_ > 0) (void)base::send_signal(controller_, SIGKILL);
}

void Loop::controller_ended(int wstatus) {
    // First everything that it asked for.  Somebody else may hold its end of the link: "nothing" is the end too.
    controller_ = 0;
    waiting_answer_.reset();
    while (read_requests(1)) {}
    link_.reset();
    kill_at_.reset();
    watchdog_.stop();
    greeted_ = false;
    stop_examining();

    Header& header = table_.header();
    header.controller_pid = 0;
    header.last_wstatus = wstatus;
    if (exit_code_) return;
    const bool failed_to_start = !header.ever_ready && !restart_asked_ && WIFEXITED(wstatus);
    if (failed_to_start && table_.alive() == 0) {
        exit_code_ = WEXITSTATUS(wstatus);  // what it said is the user's to mend: no use in trying again
        return;
    }
    std::chrono::milliseconds delay{0};
    // One that did not work yet has not noted what is to be done with what was salvaged.
    const bool salvages = header.why == Why::salvaged && header.ever_ready == 0;
    header.why = Why::reload;
    if (is_new_one_lost()) {
        ++header.restarts;
        header.why = Why::taken_back;
    } else if (wanted_) {
        if (!restart_asked_) header.why = Why::upgrade;
    } else if (!restart_asked_) {
        ++header.restarts;
        header.why = salvages ? Why::salvaged : hangs_ ? Why::hang : Why::crash;
        const bool crashed = WIFSIGNALED(wstatus) && WTERMSIG(wstatus) != SIGKILL;
        delay = on_death(restarts_, base::now(), crashed);
    }
    if (last_resort_ == 0) start_at_ = base::now() + delay;
}

bool Loop::tell(const Message& message) {
    if (!link_ || full_ || waiting_answer_) return false;
    const Sent sent = send_message(link_.get(), message);
    full_ = sent == Sent::full;
    return sent == Sent::done;
}

void Loop::tell() {
    if (!greeted_ || !link_ || full_) return;
    if (const auto late = std::exchange(waiting_answer_, std::nullopt)) answer(*late, waiting_descriptor_);
    Header& header = table_.header();
    if (test_result_ && tell(*test_result_)) test_result_.reset();
    if (upgrade_untold_) {
        Message upgraded = message_of(Type::upgraded);
        upgraded.upgrade = header.upgrade;
        if (!tell(upgraded)) return;
        upgrade_untold_ = false;
    }
    if (header.pending_signals & ~told_signals_) {
        Message signals = message_of(Type::signals);
        signals.bits = header.pending_signals;
        signals.pid = header.signal_pid;
        signals.uid = header.signal_uid;
        if (!tell(signals)) return;
        told_signals_ = header.pending_signals;
    }
    if (header.notes_written > header.notes_told + note_limit) header.notes_told = header.notes_written - note_limit;
    for (; header.notes_told < header.notes_written; ++header.notes_told) {
        const Note& note = header.notes[header.notes_told % note_limit];
        Message message = message_of(Type::note);
        message.flags = note.flags;
        (void)set_name(message, note.text);
        if (!tell(message)) return;
    }
    constexpr std::uint8_t untold = exit_untold | group_untold;
    for (auto number = table_.find_marked(untold); number; number = table_.find_marked(untold, *number + 1))
        if (!tell_of(*number)) return;
}

bool Loop::tell_of(std::uint32_t number) {
    const Slot& slot = table_.slot(number);
    Message message = message_of(table_.marks(number) & exit_untold ? Type::exited : Type::group_gone);
    message.slot = number;
    message.inc = slot.inc;
    message.pid = slot.pid;
    message.spawned_at = slot.spawned_at;
    message.ending = slot.ending;
    (void)set_name(message, slot.name);
    if (!tell(message)) return false;
    table_.told(number);
    return true;
}

}  // namespace keeper
