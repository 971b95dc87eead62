#include "supervisord/keeper/spawn.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <boost/process/args.hpp>
#include <boost/process/child.hpp>
#include <boost/process/error.hpp>
#include <boost/process/exe.hpp>
#include <boost/process/extend.hpp>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "common/base/crash_point.hpp"
#include "supervisord/keeper/foreign.hpp"
#include "supervisord/keeper/spec.hpp"

namespace keeper {

namespace {

// Whoever changes the gate first decides whether this child exists: it, or a keeper that found the slot half filled.
bool pass_gate(Slot& slot) {
    slot.born_ticks = stat_field(0, 22);
    slot.born_pid = ::getpid();
    std::uint64_t expected = gate_word(slot.inc, Gate::spawning);
    return slot.gate.compare_exchange_strong(expected, gate_word(slot.inc, Gate::committed));
}

[[noreturn]] void give_up(const char* what, const char* about, const char* why) {
    ::dprintf(2, "supervisor: %s%s: %s\nsupervisor: child process was not spawned\n", what, about, why);
    ::_exit(127);
}

// Raw calls: those of the C library look for other threads first.
const char* change_user(const SpecView& spec) {
    if (spec.user_problem) return spec.user_problem;
    if (::getuid() == spec.uid) return nullptr;
    if (::getuid() != 0) return "Can't drop privilege as nonroot user";
    if (::syscall(SYS_setgroups, spec.group_count, spec.groups) != 0) return "Could not set groups of effective user";
    if (::syscall(SYS_setgid, spec.gid) != 0) return "Could not set group id of effective user";
    if (::syscall(SYS_setuid, spec.uid) != 0) return "Could not set user id of effective user";
    return nullptr;
}

// It helps to find what a program has started; a program can do without.
void enter(const char* cgroup) {
    const base::Fd processes(::open(cgroup, O_WRONLY | O_CLOEXEC));
    if (processes) ::dprintf(processes.get(), "0\n");
}

// All that stands between fork and exec, in the order in which Supervisor does it (compat/process.md, section 4.2).
// noexcept: what is thrown here must not come back into the code of the keeper, in a second process.
void become(const Launch& launch, SpecView& spec) noexcept {
    base::crash_point("child.before_gate");
    if (!pass_gate(launch.slot)) ::_exit(0);
    base::crash_point("child.after_gate");
    ::setpgid(0, 0);
    const bool whole = map_spec(launch.spec, spec);
    for (std::size_t i = 0; i < launch.ends.size(); ++i) ::dup2(launch.ends[i].get(), launch.targets[i]);
    if (!whole) give_up("couldn't read its spec", "", "EINVAL");
    restore_oom_score(launch.original);
    if (spec.cgroup) enter(spec.cgroup);
    rlimit nofile = launch.original.nofile;
    if (spec.flags & has_nofile) nofile = {spec.nofile_soft, spec.nofile_hard};
    ::setrlimit(RLIMIT_NOFILE, &nofile);
    if (spec.flags & has_user)
        if (const char* problem = change_user(spec))
            give_up("couldn't setuid to ", std::to_string(spec.uid).c_str(), problem);
    if (spec.directory && ::chdir(spec.directory) != 0)
        give_up("couldn't chdir to ", spec.directory, base::errno_name(errno).c_str());
    if (spec.flags & has_umask) ::umask(spec.umask);
    if (!(spec.flags & default_sigpipe)) {
        std::signal(SIGPIPE, SIG_IGN);
        std::signal(SIGXFSZ, SIG_IGN);
    }
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

namespace process = boost::process;

struct Hooks : process::extend::handler {
    const Launch& launch;
    int& error;
    mutable SpecView spec{};

    Hooks(const Launch& what, int& fork_error) : launch(what), error(fork_error) {}

    template <class Executor>
    void on_fork_error(Executor&, const std::error_code& code) const {
        error = code.value();
    }
    template <class Executor>
    void on_exec_setup(Executor& executor) const {
        become(launch, spec);
        executor.exe = spec.program;
        executor.cmd_line = spec.arguments;
        executor.env = spec.environment;
    }
    template <class Executor>
    void on_exec_error(Executor&, const std::error_code& code) const {
        give_up("couldn't exec ", spec.arguments[0], base::errno_name(code.value()).c_str());
    }
};

}  // namespace

void restore_oom_score(const Original& original) {
    if (!original.oom_score_adj) return;
    const base::Fd fd(::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC));
    if (fd) ::dprintf(fd.get(), "%d", *original.oom_score_adj);
}

pid_t launch(const Launch& launch) {
    int error = ENOMEM;
    try {
        // Boost only forks and execs: nobody may wait or kill through this handle, so it is let go at once.
        process::child child(process::exe = "program", Hooks(launch, error), process::ignore_error);
        const pid_t pid = child.id();
        child.detach();
        return pid > 0 ? pid : -error;
    } catch (const std::exception&) {
        return -ENOMEM;
    }
}

}  // namespace keeper
