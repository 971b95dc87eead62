#include "supervisord/keeper/loop.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <string_view>

#include "common/base/crash_point.hpp"
#include "common/base/fd.hpp"
#include "common/base/memory.hpp"
#include "common/base/signals.hpp"
#include "common/base/text.hpp"
#include "supervisord/keeper/start.hpp"

namespace keeper {

using namespace std::chrono_literals;

namespace {

constexpr auto look_again = 50ms;     // at process groups that outlive their leader; nobody tells us of their end
constexpr auto last_grace = 10s;      // for programs that end without a controller
constexpr auto after_kill = 2s;       // a program that SIGKILL does not end is stuck in the kernel
constexpr int requests_at_once = 8;   // then a look at signals and exits

constexpr std::uint64_t bit(int number) { return std::uint64_t{1} << number; }
constexpr std::uint64_t end_wanted = bit(SIGTERM) | bit(SIGINT) | bit(SIGQUIT);

Ending ending_of(int wstatus, const rusage& usage) {
    const auto microseconds = [](const timeval& time) {
        return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(time.tv_usec);
    };
    Ending ending;
    ending.wstatus = wstatus;
    ending.known = Known::wait;
    ending.at = now();
    ending.user_us = microseconds(usage.ru_utime);
    ending.system_us = microseconds(usage.ru_stime);
    ending.peak_kib = static_cast<std::uint64_t>(usage.ru_maxrss);
    return ending;
}

/// Those of whoever was this process before, by exec: of a shell, say.  Empty as well where the kernel does not tell.
std::vector<pid_t> children() {
    std::vector<pid_t> pids;
    const auto text = base::read_file("/proc/thread-self/children", std::size_t{1} << 20);
    if (!text) return pids;
    pid_t pid = 0;
    for (const auto word : base::split(base::strip(*text), ' '))
        if (base::parse_digits(word, pid)) pids.push_back(pid);
    return pids;
}

}  // namespace

bool Loop::prepare() {
    if (!open_standard_descriptors()) return false;
    close_all_on_exec();
    rlimit nofile{};
    nofile.rlim_cur = boot_.nofile_soft;
    nofile.rlim_max = boot_.nofile_hard;
    original_ = take_limits(nofile);
    // First everything goes up, then what is below is closed and reserved; only then anything else is opened.
    boot_copy_ = base::Fd(move_up(boot_fd));
    const bool is_first = origin_ == Origin::launcher;
    if (is_first) inherited_ = children();
    base::Fd program(move_up(is_first && boot_.controller_fd >= 0 ? boot_.controller_fd
                                                                  : ::open("/proc/self/exe", O_PATH | O_CLOEXEC)));
    std::vector<int> held;
    if (is_first)
        for (const auto& entry : std::span(boot_.held, boot_.held_count)) held.push_back(move_up(entry.fd));
    Passage passage;
    if (origin_ == Origin::keeper && !read_passage(passage_fd, passage)) return false;
    if (!is_first && !inherit()) return false;
    if (!boot_copy_ || !program || !reserve_low_descriptors()) return false;

    // What we cannot do without, before anything is done about what others have left.
    signals_ = take_signals();
    foreign_ = base::Fd(::epoll_create1(EPOLL_CLOEXEC));
    if (!signals_ || !foreign_) return false;
    if (origin_ == Origin::keeper) return resume(passage);
    alarm_ = ::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (alarm_ < 0) return false;
    if (origin_ == Origin::controller ? !carry_on(Why::promoted) : !begin()) return false;
    // Of one that was killed in the middle of an upgrade we have what its last controller that worked was made of.
    program_ = table_.held(held_program);
    if (program_ < 0 && !use_program(std::move(program))) return false;
    for (std::size_t i = 0; i < held.size(); ++i)
        if (held[i] < 0 || table_.put(boot_.held[i].name, held[i], inode_of_held(boot_.held[i].name, held[i])).err != 0)
            note("a descriptor that the launcher names is not there");
    const auto put = table_.put("alarm", alarm_);
    base::Fd(put.replaced).reset();
    return put.err == 0 && adopt_orphans();
}

bool Loop::adopt_orphans() {
    ::prctl(PR_SET_NAME, "supervisord");
    return ::prctl(PR_SET_CHILD_SUBREAPER, 1) == 0;
}

int Loop::run() {
    if (controller_ == 0) start_at_ = base::now();  // else we follow one of our own, with the controller that it had
    reap();  // whatever became our child before we listened
    while (!exit_code_) {
        let_time_pass();
        tell();
        if (is_to_follow())
            follow();  // comes back with something to tell
        else
            wait();
    }
    leave();
    return *exit_code_;
}

// Not before a controller is ready: who waits for the pidfile may then rely on the rest, as under Supervisor.
int Loop::announce_pid() {
    pid_is_told_ = true;
    forget_start_at_ = base::now() + base::start_takes;
    const std::string path = pidfile_path(table_.header(), boot_.pidfile);
    if (path.empty()) return 0;
    if (!write_pidfile(path.c_str())) return std::max(errno, 1);  // one of before stays
    if (pidfile_ != path) remove_pidfile(pidfile_.c_str());
    pidfile_ = path;
    return 0;
}

void Loop::wait() {
    if (exit_code_) return;
    pollfd waited[4] = {{.fd = signals_.get(), .events = POLLIN, .revents = 0},
                        {.fd = link_.get(), .events = 0, .revents = 0},  // one below 0 is passed over
                        {.fd = alarm_, .events = POLLIN, .revents = 0},
                        {.fd = foreign_.get(), .events = POLLIN, .revents = 0}};
    if (!waiting_answer_) waited[1].events |= POLLIN;
    if (full_) waited[1].events |= POLLOUT;
    if (::poll(waited, 4, timeout()) < 0) return;
    if (waited[1].revents != 0) full_ = false;
    if (waited[0].revents & POLLIN) read_signals();
    if (waited[3].revents != 0 || table_.find_marked(unsettled | unwatched)) look_at_foreign();
    if (waited[1].revents & (POLLHUP | POLLERR)) waiting_answer_.reset();  // nobody is there to hear it
    if (waited[1].revents & (POLLIN | POLLHUP | POLLERR)) (void)read_requests(requests_at_once);
    std::uint64_t rung = 0;
    if ((waited[2].revents & POLLIN) && ::read(alarm_, &rung, sizeof rung) > 0) doubt();
    if (table_.find_marked(lingering)) look_at_groups();
}

int Loop::timeout() const {
    std::optional<base::Time> first;
    for (const auto& time : {start_at_, kill_at_, end_at_, test_end_at_, forget_start_at_, watchdog_.tick_at})
        if (time && (!first || *time < *first)) first = time;
    auto left = first ? std::max<std::chrono::nanoseconds>(*first - base::now(), 0ns) : 1h;
    if (table_.find_marked(lingering | unsettled | unwatched)) left = std::min<std::chrono::nanoseconds>(left, look_again);
    else if (!first) return -1;  // no wake-up without a reason
    return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(left).count());
}

void Loop::read_signals() {
    signalfd_siginfo signals[16];
    bool child = false;
    for (;;) {
        const ssize_t size = ::read(signals_.get(), signals, sizeof signals);
        if (size <= 0) break;
        for (const auto& one : std::span(signals, static_cast<std::size_t>(size) / sizeof signals[0])) {
            const int number = static_cast<int>(one.ssi_signo);
            if (number == SIGCHLD) {
                child = true;
            } else if (number == SIGTSTP) {
                ::raise(SIGSTOP);  // Ctrl-Z stops us as it would any program; controller and programs go on
            } else {
                table_.header().pending_signals |= bit(number);
                told_signals_ &= ~bit(number);
                table_.header().signal_pid = static_cast<std::int32_t>(one.ssi_pid);
                table_.header().signal_uid = one.ssi_uid;
            }
        }
    }
    if (child) reap();
}

void Loop::reap() {
    std::optional<int> controller_status;
    for (;;) {
        int wstatus = 0;
        rusage usage{};
        const pid_t pid = ::wait4(-1, &wstatus, WNOHANG, &usage);
        if (pid <= 0) break;
        base::crash_point("keeper.reaped");
        if (pid == controller_) {
            controller_status = wstatus;
        } else if (pid == tester_) {
            examined(wstatus);
        } else if (const auto number = table_.find_pid(pid)) {
            table_.exit(*number, ending_of(wstatus, usage));
        } else {
            Message orphan = message_of(Type::orphan);
            orphan.pid = pid;
            orphan.wstatus = wstatus;
            if (std::erase(inherited_, pid) > 0) orphan.flags |= inherited;
            ++table_.header().orphans;
            if (!greeted_ || !tell(orphan)) ++table_.header().orphans_untold;
        }
    }
    base::crash_point("keeper.recorded");
    look_at_groups();  // after all are reaped: zombies among them would still count
    if (controller_status) controller_ended(*controller_status);
    if (controller_ > 0 && is_stopped(controller_)) doubt();
}

void Loop::look_at_groups() {
    for (auto number = table_.find_marked(group_unchecked | lingering); number;
         number = table_.find_marked(group_unchecked | lingering, *number + 1)) {
        const int error = send(table_.slot(*number), 0, true);
        table_.group_seen(*number, error == 0 || error == EPERM);
    }
}

void Loop::let_time_pass() {
    const base::Time time = base::now();
    if (kill_at_ && *kill_at_ <= time) kill_controller();
    if (test_end_at_ && *test_end_at_ <= time) stop_examining();
    if (watchdog_.tick_at && *watchdog_.tick_at <= time) watch();
    if (forget_start_at_ && *forget_start_at_ <= time) {
        forget_start_at_.reset();
        base::forget_start();
    }
    // The last resort: nobody is there, or will be, to stop programs in order.
    if (last_resort_ == 0 && is_looping(restarts_) && (table_.header().pending_signals & end_wanted)) {
        note("asked to end, and no controller can be started: ending the programs without one", critical);
        kill_controller();
        end_programs(SIGTERM, last_grace);
    }
    if (last_resort_ != 0 && table_.alive() == 0) exit_code_ = 0;
    if (end_at_ && *end_at_ <= time) {
        if (last_resort_ == SIGKILL) exit_code_ = 0;
        end_programs(SIGKILL, after_kill);
    }
    if (last_resort_ == 0 && start_at_ && *start_at_ <= time) start_controller();
}

void Loop::end_programs(int signal, std::chrono::seconds grace) {
    last_resort_ = signal;
    end_at_ = base::now() + grace;
    start_at_.reset();
    for (std::uint32_t number = 0; number < table_.header().used; ++number) {
        const Slot& slot = table_.slot(number);
        const bool group = signal == SIGKILL || (slot.flags & watch_group);
        if (slot.state == SlotState::alive) (void)send(slot, signal, group);
    }
}

void Loop::leave() {
    kill_controller();
    while (controller_ > 0 && ::waitpid(controller_, nullptr, 0) < 0 && errno == EINTR) {}
    const Header& header = table_.header();
    for (const auto& entry : std::span(header.held, header.held_used)) {
        const std::string_view name(entry.name);
        if (name.starts_with("unix:") && entry.inode == inode_of_held(name, entry.fd))  // not what another has put there
            (void)::unlink(entry.name + std::string_view("unix:").size());
    }
    if (!pidfile_.empty()) remove_pidfile(pidfile_.c_str());
    const bool is_left_to_another = start_error_ != 0 && table_.alive() > 0;  // what we had found
    if (!is_left_to_another) file_.remove(boot_.runtime_directory);
}

void Loop::note(std::string_view text, std::uint32_t flags) { table_.note(text, flags, now().wall); }

int send(const Slot& slot, int number, bool group) {
    constexpr unsigned whole_group = 4;  // PIDFD_SIGNAL_PROCESS_GROUP, Linux 6.9: not in these headers yet
    if (slot.pidfd >= 0) {
        if (::syscall(SYS_pidfd_send_signal, slot.pidfd, number, nullptr, group ? whole_group : 0u) == 0) return 0;
        if (!group || errno != EINVAL) return errno;
    }
    // By number only while that number can mean nothing else: the child is not reaped, or its group is not empty.  To
    // look (0) does no harm.
    // Of a foreign one the same is known of the group as long as the leader lives.
    if (slot.foreign && (slot.pidfd < 0 || ::syscall(SYS_pidfd_send_signal, slot.pidfd, 0, nullptr, 0) != 0)) return ESRCH;
    const bool ours = slot.state == SlotState::alive || (group && (slot.ending.group_left || number == 0));
    if (!ours) return ESRCH;
    const bool sent = group ? base::send_signal_to_group(slot.pid, number) : base::send_signal(slot.pid, number);
    return sent ? 0 : errno;
}

}  // namespace keeper
