// A new version of this program, while it runs.  In the order of what happens:
//   examine    its self-test, by a child that has a copy of everything that it would have to go on with
//   upgrade    the controller asks for it, and ends; the next one is made of the new binary
//   READY      it works: it is what controllers are made of from now on, and this keeper is to follow
//   follow     the keeper executes itself anew, with all it holds, as the same process with the same children
// Until READY nothing is given up of the old version: when the new controller ends before, however it ends, the next
// one is of the old binary (is_new_one_lost).  A keeper that is killed in the middle is the death of a keeper like any
// other: whichever controller there is takes its place.  It has the binary of the last one that worked (held_program),
// and so a version that never worked does not stay by that way either.
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "common/base/crash_point.hpp"
#include "common/base/signals.hpp"
#include "common/base/text.hpp"
#include "supervisord/keeper/loop.hpp"
#include "supervisord/keeper/start.hpp"

namespace keeper {

namespace {

constexpr std::chrono::seconds test_limit{20};
constexpr std::chrono::seconds end_limit{10};  // for the old controller, which finishes what clients wait for
constexpr unsigned follow_limit = 5;           // seconds, for the new version of the keeper until it works

// SIGALRM ends the process that waits for nothing but it, whatever program that is by then.
void wind_alarm(unsigned seconds) {
    ::alarm(seconds);
    sigset_t alarm;
    sigemptyset(&alarm);
    sigaddset(&alarm, SIGALRM);
    ::sigprocmask(seconds > 0 ? SIG_UNBLOCK : SIG_BLOCK, &alarm, nullptr);
}

}  // namespace

bool Loop::use_program(base::Fd program) {
    const auto put = table_.put(held_program, program.get());
    if (put.err != 0) return errno = put.err, false;
    program_ = program.release();
    base::Fd(put.replaced).reset();
    return true;
}

// Answers when the child has ended.
void Loop::examine(Incoming& incoming) {
    Message refusal = message_of(Type::reply);
    refusal.seq = incoming.message.seq;
    refusal.err = EBUSY;
    // In the midst of one; and one that is to follow knows nothing of a test that was passed before.
    if (tester_ > 0 || wanted_ || tried_ || table_.header().upgrade == Upgrade::following) return answer(refusal);
    candidate_.reset();
    passed_ = false;
    const base::Fd copy = file_.copy(table_.header());
    const base::Fd passage = write_passage(passage_now());
    const pid_t pid = copy && passage ? ::fork() : -1;
    if (pid == 0) become_tester(incoming, copy.get(), passage.get());
    if (pid < 0) {
        refusal.err = errno;
        return answer(refusal);
    }
    tester_ = pid;
    test_seq_ = incoming.message.seq;
    test_end_at_ = base::now() + test_limit;
    candidate_ = std::move(incoming.descriptors[0]);
}

// In the forked child.  It gets copies and nothing else of ours: whatever the new version does, it does to those.
void Loop::become_tester(const Incoming& incoming, int copy, int passage) {
    ::setpgid(0, 0);
    ::dup2(first_free_fd - 1, 0);  // /dev/null
    for (const int fd : {1, 2}) ::dup2(incoming.descriptors[1].get(), fd);
    ::dup2(copy, table_fd);
    ::dup2(boot_copy_.get(), controller_boot_fd);
    for (int i = 0; i < static_cast<int>(std::size(keeper::examined)); ++i)
        ::dup2(incoming.descriptors[2 + i].get(), examined_fd + i);
    ::dup2(passage, examined_passage_fd);
    restore_oom_score(original_);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::alarm(static_cast<unsigned>(2 * test_limit.count()));  // outlives the exec, for the day when we do not
    ::execveat(incoming.descriptors[0].get(), "", self_test_arguments_.data(), environ, AT_EMPTY_PATH);
    ::_exit(126);
}

void Loop::examined(int wstatus) {
    tester_ = 0;
    test_end_at_.reset();
    base::crash_point("keeper.examined");
    if (test_seq_ == 0) return;
    passed_ = WIFEXITED(wstatus) && WEXITSTATUS(wstatus) == 0;
    test_result_ = message_of(Type::reply);
    test_result_->seq = std::exchange(test_seq_, 0);
    test_result_->wstatus = wstatus;
}

// It took too long, or the controller that wanted to know is gone.  A version that was asked for already stays so.
void Loop::stop_examining() {
    test_result_.reset();
    test_end_at_.reset();
    if (controller_ == 0) test_seq_ = 0;
    if (tester_ > 0) (void)base::send_signal(tester_, SIGKILL);
    if (wanted_) return;
    passed_ = false;
    if (test_seq_ == 0 && !tried_) candidate_.reset();
}

int Loop::upgrade() {
    if (wanted_ || tried_) return EBUSY;
    if (!passed_ || !candidate_) return EINVAL;
    wanted_ = true;
    passed_ = false;
    table_.header().upgrade = Upgrade::starting;
    kill_at_ = base::now() + end_limit;
    base::crash_point("keeper.upgrade_wanted");
    return 0;
}

// The state before the binary: a keeper that is killed between leaves a controller that works, and says so itself.
void Loop::controller_works() {
    if (!std::exchange(tried_, false)) return;
    table_.header().upgrade = Upgrade::following;
    base::crash_point("keeper.new_controller_works");
    (void)use_program(std::move(candidate_));  // in place of another: there is room
}

bool Loop::is_new_one_lost() {
    if (!std::exchange(tried_, false)) return false;
    candidate_.reset();
    table_.header().upgrade = Upgrade::taken_back;
    return true;
}

Passage Loop::passage_now() const {
    Passage passage;
    passage.controller = controller_;
    passage.link = link_.get();
    passage.restart_asked = restart_asked_;
    passage.told_signals = told_signals_;
    passage.has_oom_score = original_.oom_score_adj.has_value();
    passage.oom_score = original_.oom_score_adj.value_or(0);
    passage.pid_is_told = pid_is_told_;
    std::memcpy(passage.pidfile, pidfile_.data(), std::min(pidfile_.size(), sizeof passage.pidfile - 1));
    return passage;
}

// Only with a controller that works, and when all that it was answered is sent: an answer that waits is in no table.
bool Loop::is_to_follow() const {
    return table_.header().upgrade == Upgrade::following && greeted_ && restarts_.ready && link_ && controller_ > 0 &&
           tester_ == 0 && !test_result_ && !waiting_answer_ && !kill_at_ && !exit_code_ && last_resort_ == 0;
}

// All signals but one are blocked, and stay so: those that come meanwhile wait for the descriptor that the new version
// opens.  Children that end wait as zombies.  The link is open all the time: the controller does not notice, and what it
// sends waits in the socket.  Should the new version hang before it works, nobody would notice that either: the alarm
// ends it then, and the controller takes its place.
void Loop::follow() {
    const base::Fd file = write_passage(passage_now());
    if (!file) return follow_failed(errno);
    table_.save_marks();
    base::crash_point("keeper.follows");
    hand_over_all();
    base::set_close_on_exec(link_.get(), false);
    ::dup2(boot_copy_.get(), boot_fd);
    ::dup2(file.get(), passage_fd);
    ::dup2(file_.fd(), live_table_fd);
    wind_alarm(follow_limit);
    ::execveat(program_, "", keeper_arguments_.data(), environ, AT_EMPTY_PATH);
    const int error = errno;
    wind_alarm(0);
    close_all_on_exec();
    (void)reserve_low_descriptors();
    follow_failed(error);
}

void Loop::follow_failed(int error) {
    table_.header().upgrade = Upgrade::controller_only;
    upgrade_untold_ = true;
    note(base::concat("the keeper stays as it was, its new version cannot be executed: ", base::errno_text(error)), critical);
}

// In the new version.
bool Loop::resume(const Passage& passage) {
    Header& header = table_.header();
    wind_alarm(follow_limit);  // it has been blocked with all signals
    base::crash_point("keeper.resuming");
    table_.back(header.backed);
    header.used = 0;  // resume() counts
    for (std::uint32_t number = 0; number < header.backed; ++number) {
        const Slot& slot = table_.slot(number);
        if (slot.state == SlotState::free) continue;  // perhaps never used, and all zeros
        if (!table_.resume(number)) {
            drop(number);
            continue;
        }
        if (slot.state != SlotState::alive || !slot.foreign) continue;
        if (watch_foreign(number)) table_.unmark(number, unwatched);
        else table_.mark(number, unwatched);
    }
    program_ = table_.held(held_program);
    alarm_ = table_.held("alarm");  // the controller has it too: not another one
    controller_ = passage.controller;
    link_ = base::Fd(passage.link);
    greeted_ = true;
    restart_asked_ = passage.restart_asked != 0;
    told_signals_ = passage.told_signals;
    pid_is_told_ = passage.pid_is_told != 0;
    pidfile_ = passage.pidfile;
    if (passage.has_oom_score) original_.oom_score_adj = passage.oom_score;
    on_start(restarts_, base::now());
    on_ready(restarts_);
    // What is left of a doubt is not known any more: it is asked once.
    watchdog_.ready(std::chrono::seconds(header.hang_limit));
    doubt();
    header.upgrade = Upgrade::done;
    upgrade_untold_ = true;
    wind_alarm(0);
    return program_ >= 0 && adopt_orphans();
}

}  // namespace keeper
