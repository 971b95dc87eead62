// pidproxy: runs a command that puts a daemon into the background, and passes signals on to the daemon, whose pid
// stands in a file (compat/cli.md, section 4; compat/quirks.md, Q109).  Ends as the command ends.
#include <signal.h>
#include <spawn.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <climits>

#include "common/base/fd.hpp"
#include "common/base/signals.hpp"
#include "common/base/text.hpp"

namespace {

using base::concat;

constexpr int passed_on[] = {SIGTERM, SIGHUP, SIGINT, SIGUSR1, SIGUSR2, SIGQUIT};
constexpr int not_found = 127;       // as shells have it
constexpr int not_executable = 126;
constexpr std::size_t pidfile_limit = 4096;  // bytes

void say(int fd, const std::string& line) { (void)base::write_all(fd, line + '\n'); }

std::string usage(const std::string& program) {
    return concat("pidproxy -- run a command and pass signals on to the pid in a pidfile.\n\n"
                  "The pidfile is read anew for each of TERM, HUP, INT, USR1, USR2 and QUIT.  pidproxy\n"
                  "ends when the command ends, with its exit status, and after passing TERM, INT or QUIT on.\n\n"
                  "Usage: ",
                  program, " <pidfile name> <command> [<cmdarg1> ...]\n");
}

sigset_t watched_signals() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    for (const int number : passed_on) sigaddset(&set, number);
    return set;
}

/// The command starts with the mask that pidproxy was given.  0 and errno when it cannot be started.
pid_t spawn(char** command, const sigset_t& mask) {
    posix_spawnattr_t attributes;
    ::posix_spawnattr_init(&attributes);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    ::posix_spawnattr_setsigmask(&attributes, &mask);
    pid_t pid = 0;
    const int problem = ::posix_spawnp(&pid, command[0], nullptr, &attributes, command, environ);
    ::posix_spawnattr_destroy(&attributes);
    errno = problem;
    return problem == 0 ? pid : 0;
}

void pass_on(int number, const std::string& pidfile) {
    const auto text = base::read_file(pidfile, pidfile_limit);
    const auto pid = text ? base::parse_int(*text) : base::Result<std::int64_t>(base::Error{text.error()});
    if (!pid || *pid > INT_MAX) return say(STDOUT_FILENO, concat("Can't read child pidfile ", pidfile, '!'));
    if (!base::send_signal(static_cast<pid_t>(*pid), number))
        say(STDOUT_FILENO, concat("cannot send ", base::signal_name(number), " to ", *pid, ": ",
                                  base::errno_text(errno)));
}

/// Ends this process as the command has ended, by the same signal if it was one.
int end_like(int status) {
    if (WIFEXITED(status)) return WEXITSTATUS(status);
    const int number = WTERMSIG(status);
    ::prctl(PR_SET_DUMPABLE, 0);  // one core file is enough
    ::signal(number, SIG_DFL);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, number);
    ::sigprocmask(SIG_UNBLOCK, &set, nullptr);
    ::raise(number);
    return 128 + number;
}

int watch(int signals, const std::string& pidfile, pid_t command) {
    for (;;) {
        signalfd_siginfo one;
        if (::read(signals, &one, sizeof one) != static_cast<ssize_t>(sizeof one)) continue;
        const int number = static_cast<int>(one.ssi_signo);
        if (number == SIGCHLD) {
            int status = 0;
            if (::waitpid(command, &status, WNOHANG) == command) return end_like(status);
            continue;
        }
        pass_on(number, pidfile);
        if (number == SIGTERM || number == SIGINT || number == SIGQUIT) return 0;
    }
}

}  // namespace

int main(int argc, char** argv) {
    base::fill_standard_descriptors();
    if (argc < 3) {
        const auto address = ::getauxval(AT_EXECFN);
        say(STDOUT_FILENO, usage(address ? reinterpret_cast<const char*>(address) : "pidproxy"));
        return 1;
    }
    const sigset_t watched = watched_signals();
    sigset_t before;
    ::sigprocmask(SIG_BLOCK, &watched, &before);
    const base::Fd signals(::signalfd(-1, &watched, SFD_CLOEXEC));
    const pid_t command = spawn(argv + 2, before);
    if (command == 0) {
        const int problem = errno;
        say(STDERR_FILENO, concat("pidproxy: cannot execute ", argv[2], ": ", base::errno_text(problem)));
        return problem == ENOENT ? not_found : not_executable;
    }
    return watch(signals.get(), argv[1], command);
}
