// Texts of compat/logging.md, section 1.3, and compat/process.md, sections 4.1, 6 and 7.
#include "supervisord/process/lines.hpp"

#include <doctest/doctest.h>

using config::LogLevel;
using process::Entry;

TEST_CASE("lines of the activity log are those of Supervisor") {
    const int both[] = {0, 2};
    struct {
        Entry entry;
        LogLevel level;
        std::string_view text;
    } const cases[] = {
        {process::spawned("web", 7), LogLevel::info, "spawned: 'web' with pid 7"},
        {process::spawned("it's", 7), LogLevel::info, "spawned: 'it's' with pid 7"},
        {process::spawn_failed("command is empty"), LogLevel::info, "spawnerr: command is empty"},
        {process::already_running("web"), LogLevel::warn, "process 'web' already running"},
        {process::entered_running("web", 10), LogLevel::info,
         "success: web entered RUNNING state, process has stayed up for > than 10 seconds (startsecs)"},
        {process::gave_up("web"), LogLevel::info, "gave up: web entered FATAL state, too many start retries too quickly"},
        {process::exited("web", 0, true), LogLevel::info, "exited: web (exit status 0; expected)"},
        {process::exited("web", 0, false), LogLevel::warn, "exited: web (exit status 0; not expected)"},
        {process::exited("web", 11, false), LogLevel::warn, "exited: web (terminated by SIGSEGV; not expected)"},
        {process::stopped("web", 2 << 8, both), LogLevel::info, "stopped: web (exit status 2)"},
        {process::stopped("web", 1 << 8, both), LogLevel::warn, "stopped: web (exit status 1)"},
        {process::stopped("web", 15, both), LogLevel::warn, "stopped: web (terminated by SIGTERM)"},
        {process::killing("web", 7), LogLevel::warn, "killing 'web' (7) with SIGKILL"},
        {process::leaving_remains("web", 7), LogLevel::warn,
         "what is left of the process group of 'web' (7) does not end with SIGKILL; going on without waiting for it"},
        {process::killing_remains("web", 7), LogLevel::info,
         "killing what is left of the process group of 'web' (7) with SIGKILL"},
        {process::signalling("web", 7, 15, false), LogLevel::debug, "killing web (pid 7) with signal SIGTERM"},
        {process::signalling("web", 7, 9, true), LogLevel::debug, "killing web (pid 7) process group with signal SIGKILL"},
        {process::sending("web", 7, 1), LogLevel::debug, "sending web (pid 7) sig SIGHUP"},
        {process::stop_in_backoff("web"), LogLevel::debug, "Attempted to kill web, which is in BACKOFF state."},
        {process::stop_without_process("web", 15), LogLevel::debug,
         "attempted to kill web with sig SIGTERM but it wasn't running"},
        {process::signal_without_process("web", 1), LogLevel::debug,
         "attempted to send web sig SIGHUP but it wasn't running"},
        {process::just_exited("web", 7, "[Errno 3] No such process"), LogLevel::debug,
         "unable to signal web (pid 7), it probably just exited on its own: [Errno 3] No such process"},
        {process::signalled_too_late("web", 7, "[Errno 3] No such process"), LogLevel::debug,
         "unable to signal web (pid 7), it just now exited on its own: [Errno 3] No such process"},
        {process::cannot_stop("web", 7, "EPERM"), LogLevel::critical, "unknown problem killing web (7):EPERM"},
        {process::cannot_signal("web", 7, "EPERM"), LogLevel::critical, "unknown problem sending sig web (7):EPERM"},
        {process::waiting_to_stop("web"), LogLevel::info, "waiting for web to stop"},
        {process::waiting_to_die({"a", "b"}), LogLevel::info, "waiting for a, b to die"},
        {process::state_at_shutdown("web", "STOPPING"), LogLevel::blather, "web state: STOPPING"},
        {process::read_event({nullptr, nullptr, "web", "RUNNING", "stderr"}), LogLevel::blather,
         "read event caused by <POutputDispatcher at 0 for <Subprocess at 0 with name web in state RUNNING> (stderr)>"},
        {process::stopped_monitoring({nullptr, nullptr, "mail", "STARTING", "stdout", true}, 7), LogLevel::debug,
         "fd 7 closed, stopped monitoring <PEventListenerDispatcher at 0 for <Subprocess at 0 with name mail in state STARTING> (stdout)>"},
        {process::reaped_unknown(6551, 7 << 8), LogLevel::info, "reaped unknown pid 6551 (exit status 7)"},
    };
    for (const auto& row : cases) {
        CHECK(row.entry.text == row.text);
        CHECK(row.entry.level == row.level);
    }
}

TEST_CASE("-1 is no exit code, even if somebody lists it") {
    const int odd[] = {-1};
    CHECK(process::stopped("web", 9, odd).level == LogLevel::warn);
}

TEST_CASE("what goes wrong before there is a child is told in Supervisor's words") {
    CHECK(process::too_many_files("web") == "too many open files to spawn 'web'");
    CHECK(process::cannot_open_outputs("web", "EISDIR") == "unknown error making dispatchers for 'web': EISDIR");
    CHECK(process::too_many_processes("web") == "Too many processes in process table to spawn 'web'");
    CHECK(process::cannot_fork("web", "ENOMEM") == "unknown error during fork for 'web': ENOMEM");
}
