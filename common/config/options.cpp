#include "common/config/options.hpp"

#include <algorithm>

#include "common/base/text.hpp"

namespace config {

namespace {

constexpr Option<Settings> supervisord_rows[] = {
    {.name = "nodaemon", .field = in<kind::Boolean, &Settings::nodaemon>(), .fallback = "false",
     .refers = Refers::here, .turn = 12, .reload = Reload::start, .flag = CommandLineFlag{.letter = 'n'}, .sample = "false",
     .in_force = true, .doc = "Stay in the foreground."},
    {.name = "silent", .field = in<kind::Boolean, &Settings::silent>(), .fallback = "false", .refers = Refers::here,
     .turn = 13, .flag = CommandLineFlag{.letter = 's'}, .sample = "false", .in_force = true,
     .doc = "In the foreground, do not repeat the activity log on standard output."},
    {.name = "user", .field = in<kind::Text, &Settings::user_name>(), .fallback = "", .refers = Refers::here,
     .turn = 4, .reload = Reload::start, .flag = CommandLineFlag{'u', "USER"}, .sample = "supervisord",
     .doc = "Become this user, by name or number, when started by root."},
    {.name = "umask", .field = in<kind::Octal, &Settings::umask>(), .fallback = "022", .refers = Refers::here,
     .turn = 5, .reload = Reload::start, .flag = CommandLineFlag{'m', "UMASK"}, .sample = "022",
     .doc = "File mode mask of the daemon; only applied when going to the background."},
    {.name = "directory", .field = in<kind::Directory, &Settings::directory>(),
     .refers = Refers::here, .turn = 3, .reload = Reload::start, .flag = CommandLineFlag{'d', "DIRECTORY"}, .sample = "/tmp",
     .doc = "Directory to change to when going to the background."},
    {.name = "logfile", .field = in<kind::Path, &Settings::logfile>(), .fallback = "supervisord.log",
     .refers = Refers::here, .turn = 6,
     .flag = CommandLineFlag{'l', "FILENAME", "use FILENAME as the activity log; the word syslog sends it there."},
     .sample = "/tmp/supervisord.log",
     .in_force = true, .doc = "The activity log; the word syslog sends it there."},
    {.name = "logfile_maxbytes", .field = in<kind::Bytes, &Settings::logfile_maxbytes>(), .fallback = "50MB",
     .refers = Refers::here, .turn = 7, .flag = CommandLineFlag{'y', "BYTES"}, .sample = "50MB", .in_force = true,
     .doc = "Size at which the activity log is rotated; 0 never does."},
    {.name = "logfile_backups", .field = in<kind::Count, &Settings::logfile_backups>(), .fallback = "10",
     .refers = Refers::here, .turn = 8, .flag = CommandLineFlag{'z', "NUM"}, .sample = "10", .in_force = true,
     .doc = "How many rotated activity logs are kept."},
    {.name = "loglevel", .field = in<kind::Level, &Settings::loglevel>(), .fallback = "info", .refers = Refers::here,
     .turn = 9, .flag = CommandLineFlag{'e', "LEVEL"}, .sample = "info", .in_force = true,
     .doc = "What the activity log tells: critical, error, warn, info, debug, trace or blather."},
    {.name = "pidfile", .field = in<kind::Path, &Settings::pidfile>(), .fallback = "supervisord.pid",
     .refers = Refers::here, .turn = 10, .flag = CommandLineFlag{'j', "FILENAME"}, .sample = "/tmp/supervisord.pid",
     .in_force = true, .doc = "Where the process id of supervisord is written."},
    {.name = "identifier", .field = in<kind::Text, &Settings::identifier>(), .fallback = "supervisor",
     .refers = Refers::here, .turn = 11, .reload = Reload::nothing, .flag = CommandLineFlag{'i', "STR"},
     .sample = "supervisor",
     .doc = "Name of this instance, as clients and listeners see it, and in the names of AUTO logs: two that have one childlogdir need "
            "two."},
    {.name = "childlogdir", .field = in<kind::Directory, &Settings::childlogdir>(),
     .refers = Refers::here, .turn = 14, .flag = CommandLineFlag{'q', "DIRECTORY"}, .sample = "/tmp",
     .doc = "Where AUTO logs of programs are; by default the directory for temporary files.  The start of a supervisord of the same "
            "identifier removes those that it finds there."},
    {.name = "nocleanup", .field = in<kind::Boolean, &Settings::nocleanup>(), .fallback = "false",
     .refers = Refers::here, .turn = 15, .flag = CommandLineFlag{.letter = 'k'}, .sample = "true",
     .doc = "Keep the AUTO logs of earlier runs at start."},
    {.name = "minfds", .field = in<kind::Integer, &Settings::minfds>(), .fallback = "1024", .refers = Refers::here,
     .turn = 1, .reload = Reload::start, .flag = CommandLineFlag{'a', "NUM"}, .sample = "1024", .in_force = true,
     .doc = "Open files that must be possible, else supervisord does not start."},
    {.name = "strip_ansi", .field = in<kind::Boolean, &Settings::strip_ansi>(), .fallback = "false",
     .refers = Refers::here, .turn = 16, .flag = CommandLineFlag{.letter = 't'}, .sample = "false",
     .doc = "Take colours and other terminal sequences out of what programs write."},
    {.name = "minprocs", .field = in<kind::Integer, &Settings::minprocs>(), .fallback = "200", .refers = Refers::here,
     .turn = 2, .reload = Reload::start, .flag = CommandLineFlag{0, "NUM"}, .sample = "200", .in_force = true,
     .doc = "Processes that must be possible, else supervisord does not start."},
    {.name = "controller_timeout", .field = in<kind::Seconds, &Settings::controller_timeout>(), .fallback = "30",
     .refers = Refers::here, .turn = 18, .sample = "30",
     .doc = "Seconds after which a working process that stands still counts as hanging and is replaced; 0 never does."},
    {.name = "leftovers", .field = in<kind::Leftover, &Settings::leftovers>(), .fallback = "adopt",
     .refers = Refers::here, .turn = 19, .sample = "adopt",
     .doc = "What a start does with programs that live on after supervisord was killed: adopt, stop, or ignore."},
    {.name = "exit_on", .field = in<kind::List, &Settings::exit_on>(), .fallback = "", .refers = Refers::here, .turn = 20,
     .sample = "fatal",
     .doc = "When supervisord ends by itself, with the exit code of the program: fatal (one is FATAL), all-exited (all "
            "that were started have ended), or names of programs or groups (they have ended, and are not to be started again)."},
    {.name = "environment", .field = in<kind::Variables, &Settings::environment>(), .fallback = "",
     .refers = Refers::host, .turn = 17, .sample = "KEY=\"value\"",
     .doc = "Variables for all programs, KEY=\"value\" pairs with commas between them."},
};

constexpr Option<UnixServer> unix_http_server_rows[] = {
    {.name = "file", .field = in<kind::Text, &UnixServer::file>(), .refers = Refers::here,
     .turn = 1, .sample = "/tmp/supervisor.sock", .in_force = true, .doc = "Path of the socket."},
    {.name = "chmod", .field = in<kind::Octal, &UnixServer::chmod>(), .fallback = "0700", .turn = 5,
     .complaint = "Invalid chmod value ", .sample = "0700", .doc = "Mode of the socket."},
    {.name = "chown", .field = in<kind::Owner, &UnixServer::chown>(), .turn = 4,
     .complaint = "Invalid sockchown value ", .sample = "nobody:nogroup",
     .doc = "Owner of the socket, user or user:group."},
    {.name = "username", .field = in<kind::Text, &UnixServer::username>(), .turn = 2,
     .sample = "user", .doc = "Name that clients must give; without it they need none."},
    {.name = "password", .field = in<kind::Text, &UnixServer::password>(), .turn = 3,
     .sample = "123", .doc = "Password that clients must give; or {SHA} and the SHA-1 of it in hexadecimal digits, or {CRYPT} and "
                             "a hash of crypt(3)."},
};

constexpr Option<InetServer> inet_http_server_rows[] = {
    {.name = "port", .field = in<kind::Address, &InetServer::port>(), .turn = 3,
     .sample = "127.0.0.1:9001", .doc = "Address and port; a port alone, or *, listens on all addresses."},
    {.name = "username", .field = in<kind::Text, &InetServer::username>(), .turn = 1,
     .sample = "user", .doc = "Name that clients must give; without it they need none."},
    {.name = "password", .field = in<kind::Text, &InetServer::password>(), .turn = 2,
     .sample = "123", .doc = "Password that clients must give; or {SHA} and the SHA-1 of it in hexadecimal digits, or {CRYPT} and "
                             "a hash of crypt(3)."},
    {.name = "insecure", .field = in<kind::Boolean, &InetServer::insecure>(), .fallback = "false", .turn = 4,
     .doc = "Without a password, listen also on addresses that other machines can reach."},
};

constexpr Option<Client> supervisorctl_rows[] = {
    {.name = "serverurl", .field = in<kind::Text, &Client::serverurl>(), .fallback = "http://localhost:9001",
     .refers = Refers::here, .turn = 1, .reload = Reload::nothing, .sample = "unix:///tmp/supervisor.sock",
     .in_force = true, .doc = "Where supervisord answers: unix:///path or http://host:port."},
    {.name = "username", .field = in<kind::Text, &Client::username>(), .turn = 3,
     .reload = Reload::nothing, .sample = "chris", .doc = "Name for a supervisord that wants one."},
    {.name = "password", .field = in<kind::Text, &Client::password>(), .turn = 4,
     .reload = Reload::nothing, .sample = "123", .doc = "Password for a supervisord that wants one, in clear."},
    {.name = "prompt", .field = in<kind::Text, &Client::prompt>(), .fallback = "supervisor", .turn = 2,
     .reload = Reload::nothing, .sample = "mysupervisor", .doc = "What the shell writes in front of \"> \"."},
    {.name = "history_file", .field = in<kind::Text, &Client::history_file>(),
     .refers = Refers::here, .turn = 5, .reload = Reload::nothing, .sample = "~/.sc_history",
     .doc = "Keeps what was typed in the shell from one time to the next."},
};

constexpr Option<Program> program_rows[] = {
    {.name = "command", .field = in<kind::Text, &Program::command>(),
     .refers = Refers::process, .turn = 40, .reload = Reload::process, .sample = "/bin/cat",
     .doc = "The program and its arguments, quoted as for a shell; no shell runs it."},
    {.name = "directory", .field = in<kind::Text, &Program::directory>(),
     .refers = Refers::process, .turn = 30, .reload = Reload::process, .sample = "/tmp",
     .doc = "Directory to change to before the start."},
    {.name = "umask", .field = in<kind::Octal, &Program::umask>(), .refers = Refers::section,
     .turn = 20, .reload = Reload::process, .sample = "022",
     .doc = "File mode mask of the process; by default that of supervisord."},
    {.name = "priority", .field = in<kind::Integer, &Program::priority>(), .fallback = "999",
     .refers = Refers::section, .turn = 1, .reload = Reload::nothing, .sample = "999",
     .doc = "Lower ones start first and stop last."},
    {.name = "autostart", .field = in<kind::Boolean, &Program::autostart>(), .fallback = "true",
     .refers = Refers::section, .turn = 2, .reload = Reload::nothing, .sample = "true",
     .doc = "Start together with supervisord."},
    {.name = "startsecs", .field = in<kind::Seconds, &Program::startsecs>(), .fallback = "1",
     .refers = Refers::section, .turn = 4, .reload = Reload::nothing, .sample = "1",
     .doc = "How long the process must stay up to count as running."},
    {.name = "startretries", .field = in<kind::Count, &Program::startretries>(), .fallback = "3",
     .refers = Refers::section, .turn = 5, .reload = Reload::nothing, .sample = "3",
     .doc = "Failed starts in a row after which it is given up."},
    {.name = "autorestart", .field = in<kind::Restart, &Program::autorestart>(), .fallback = "unexpected",
     .refers = Refers::section, .turn = 3, .reload = Reload::nothing, .sample = "unexpected",
     .doc = "Start again after an exit: true, false, or unexpected, when the exit code is not one of exitcodes."},
    {.name = "exitcodes", .field = in<kind::ExitCodes, &Program::exitcodes>(), .fallback = "0",
     .refers = Refers::section, .turn = 10, .reload = Reload::nothing, .sample = "0",
     .doc = "Exit codes that are expected."},
    {.name = "stopsignal", .field = in<kind::Signal, &Program::stopsignal>(), .fallback = "TERM",
     .refers = Refers::section, .turn = 6, .reload = Reload::nothing, .sample = "QUIT",
     .doc = "Signal that asks the process to stop."},
    {.name = "stopwaitsecs", .field = in<kind::Seconds, &Program::stopwaitsecs>(), .fallback = "10",
     .refers = Refers::section, .turn = 7, .reload = Reload::nothing, .sample = "10",
     .doc = "How long a process may take to stop before it is sent SIGKILL."},
    {.name = "stopasgroup", .field = in<kind::Boolean, &Program::stopasgroup>(), .fallback = "false",
     .refers = Refers::section, .turn = 8, .reload = Reload::nothing, .sample = "false",
     .doc = "Send the stop signal to the whole process group."},
    {.name = "killasgroup", .field = in<kind::Boolean, &Program::killasgroup>(), .fallback = "false",
     .refers = Refers::section, .turn = 9, .reload = Reload::nothing, .sample = "false",
     .doc = "Send SIGKILL to the whole process group; true when stopasgroup is."},
    {.name = "killmode", .field = in<kind::KillMode, &Program::killmode>(), .refers = Refers::section,
     .turn = 39, .reload = Reload::process, .sample = "tree",
     .doc = "Whom a stop reaches, in place of stopasgroup and killasgroup: process, group, or tree, all that descends from "
            "the program, daemons in groups and sessions of their own too."},
    {.name = "sigpipe", .field = in<kind::PipeSignal, &Program::sigpipe>(), .fallback = "ignore", .refers = Refers::section,
     .turn = 47, .reload = Reload::process, .sample = "default",
     .doc = "What SIGPIPE and SIGXFSZ do to the process unless it says so itself: ignore, as Supervisor has it, or default, which "
            "ends it, as shells and pipelines expect."},
    {.name = "user", .field = in<kind::User, &Program::uid>(), .refers = Refers::section,
     .turn = 19, .reload = Reload::process, .sample = "chrism",
     .doc = "User to run as, by name or number, when supervisord runs as root."},
    {.name = "redirect_stderr", .field = in<kind::Boolean, &Program::redirect_stderr>(), .fallback = "false",
     .refers = Refers::section, .turn = 11, .reload = Reload::process, .sample = "true",
     .doc = "Let standard error go where standard output goes."},
    {.name = "stdout_logfile", .field = in<kind::ChildLog, &Program::out, &Output::logfile>(), .fallback = "AUTO",
     .refers = Refers::process, .turn = 31, .reload = Reload::process, .sample = "/a/path",
     .doc = "File for standard output, NONE, or AUTO for one that is removed at the next start of supervisord."},
    {.name = "stdout_logfile_maxbytes", .field = in<kind::Bytes, &Program::out, &Output::logfile_maxbytes>(),
     .fallback = "50MB", .refers = Refers::process, .turn = 33, .reload = Reload::process, .sample = "1MB",
     .doc = "Size at which it is rotated; 0 never does."},
    {.name = "stdout_logfile_backups", .field = in<kind::Count, &Program::out, &Output::logfile_backups>(),
     .fallback = "10", .refers = Refers::process, .turn = 32, .reload = Reload::process, .sample = "10",
     .doc = "How many rotated files are kept."},
    {.name = "stdout_capture_maxbytes", .field = in<kind::Bytes, &Program::out, &Output::capture_maxbytes>(),
     .fallback = "0", .refers = Refers::section, .turn = 14, .reload = Reload::process,
     .sample = "1MB", .doc = "Bytes kept of what stands between capture tokens; 0 captures nothing."},
    {.name = "stdout_events_enabled", .field = in<kind::Boolean, &Program::out, &Output::events_enabled>(),
     .fallback = "false", .refers = Refers::section, .turn = 15, .reload = Reload::process,
     .sample = "false", .doc = "Make events of what is written to standard output."},
    {.name = "stdout_syslog", .field = in<kind::Boolean, &Program::out, &Output::syslog>(), .fallback = "false",
     .refers = Refers::process, .turn = 34, .reload = Reload::process, .sample = "false",
     .doc = "Send standard output to syslog too, with the name of the process in front."},
    {.name = "stdout_logfile_whole_lines", .field = in<kind::Boolean, &Program::out, &Output::logfile_whole_lines>(),
     .fallback = "false", .refers = Refers::section, .turn = 41, .reload = Reload::process,
     .doc = "Rotate between two lines, not within one, unless it is longer than 256 KiB."},
    {.name = "stdout_prefix", .field = in<kind::Prefix, &Program::out, &Output::prefix>(), .fallback = "",
     .refers = Refers::process, .turn = 45, .reload = Reload::process, .sample = "%(program_name)s |",
     .doc = "Written, with a blank, before each line of standard output in its log: for a log that several programs share."},
    {.name = "stdout_pipe_size", .field = in<kind::Bytes, &Program::out, &Output::pipe_size>(), .fallback = "0",
     .refers = Refers::section, .turn = 42, .reload = Reload::process,
     .doc = "Bytes of standard output that may wait in its pipe for supervisord; 0 is what the system gives, 64 KiB, and 256 KiB "
            "once it was full. More than /proc/sys/fs/pipe-max-size needs root."},
    {.name = "stderr_logfile", .field = in<kind::ChildLog, &Program::err, &Output::logfile>(), .fallback = "AUTO",
     .refers = Refers::process, .turn = 35, .reload = Reload::process, .sample = "/a/path",
     .doc = "File for standard error, NONE, or AUTO for one that is removed at the next start of supervisord."},
    {.name = "stderr_logfile_maxbytes", .field = in<kind::Bytes, &Program::err, &Output::logfile_maxbytes>(),
     .fallback = "50MB", .refers = Refers::process, .turn = 37, .reload = Reload::process, .sample = "1MB",
     .doc = "Size at which it is rotated; 0 never does."},
    {.name = "stderr_logfile_backups", .field = in<kind::Count, &Program::err, &Output::logfile_backups>(),
     .fallback = "10", .refers = Refers::process, .turn = 36, .reload = Reload::process, .sample = "10",
     .doc = "How many rotated files are kept."},
    {.name = "stderr_capture_maxbytes", .field = in<kind::Bytes, &Program::err, &Output::capture_maxbytes>(),
     .fallback = "0", .refers = Refers::section, .turn = 16, .reload = Reload::process,
     .sample = "1MB", .doc = "Bytes kept of what stands between capture tokens; 0 captures nothing."},
    {.name = "stderr_events_enabled", .field = in<kind::Boolean, &Program::err, &Output::events_enabled>(),
     .fallback = "false", .refers = Refers::section, .turn = 17, .reload = Reload::process,
     .sample = "false", .doc = "Make events of what is written to standard error."},
    {.name = "stderr_syslog", .field = in<kind::Boolean, &Program::err, &Output::syslog>(), .fallback = "false",
     .refers = Refers::process, .turn = 38, .reload = Reload::process, .sample = "false",
     .doc = "Send standard error to syslog too, with the name of the process in front."},
    {.name = "stderr_logfile_whole_lines", .field = in<kind::Boolean, &Program::err, &Output::logfile_whole_lines>(),
     .fallback = "false", .refers = Refers::section, .turn = 43, .reload = Reload::process,
     .doc = "Rotate between two lines, not within one, unless it is longer than 256 KiB."},
    {.name = "stderr_prefix", .field = in<kind::Prefix, &Program::err, &Output::prefix>(), .fallback = "",
     .refers = Refers::process, .turn = 46, .reload = Reload::process, .sample = "%(program_name)s |",
     .doc = "Written, with a blank, before each line of standard error in its log: for a log that several programs share."},
    {.name = "stderr_pipe_size", .field = in<kind::Bytes, &Program::err, &Output::pipe_size>(), .fallback = "0",
     .refers = Refers::section, .turn = 44, .reload = Reload::process,
     .doc = "Bytes of standard error that may wait in its pipe for supervisord; 0 is what the system gives, 64 KiB, and 256 KiB "
            "once it was full. More than /proc/sys/fs/pipe-max-size needs root."},
    {.name = "environment", .field = in<kind::Variables, &Program::environment>(), .fallback = "",
     .refers = Refers::copy, .turn = 29, .reload = Reload::process, .sample = "A=\"1\",B=\"2\"",
     .doc = "Variables of the process, over those of [supervisord]."},
    {.name = "serverurl", .field = in<kind::ServerUrl, &Program::serverurl>(), .fallback = "AUTO",
     .refers = Refers::section, .turn = 18, .reload = Reload::process, .sample = "AUTO",
     .doc = "What the process finds in SUPERVISOR_SERVER_URL; AUTO is this supervisord."},
};

/// Their turns are among those of a program.
constexpr Option<Copies> copies_rows[] = {
    {.name = "process_name", .field = in<kind::Text, &Copies::process_name>(), .fallback = "%(program_name)s",
     .refers = Refers::process, .turn = 3, .reload = Reload::group, .sample = "%(program_name)s",
     .doc = "Name of the process; with several it must have %(process_num) in it."},
    {.name = "numprocs", .field = in<kind::Count, &Copies::numprocs>(), .fallback = "1", .refers = Refers::section,
     .turn = 12, .reload = Reload::group, .sample = "1", .doc = "How many processes to make of this section."},
    {.name = "numprocs_start", .field = in<kind::Integer, &Copies::numprocs_start>(), .fallback = "0",
     .refers = Refers::section, .turn = 13, .reload = Reload::group, .sample = "0",
     .doc = "Number of the first of them."},
};

constexpr Option<ListenerSection> eventlistener_rows[] = {
    {.name = "events", .field = in<kind::Events, &ListenerSection::events>(), .fallback = "", .refers = Refers::here,
     .turn = 4, .reload = Reload::group, .complains_with_place = true, .sample = "EVENT",
     .doc = "Types of events to be told of, with commas between them."},
    {.name = "buffer_size", .field = in<kind::Integer, &ListenerSection::buffer_size>(), .fallback = "10",
     .refers = Refers::here, .turn = 2, .reload = Reload::group, .sample = "10",
     .doc = "Events that wait while all listeners of the pool are busy; the oldest is dropped for one more."},
    {.name = "result_handler", .field = in<kind::Text, &ListenerSection::result_handler>(),
     .fallback = standard_result_handler, .refers = Refers::here, .turn = 3, .reload = Reload::group,
     .doc = "What judges the answers of a listener; only the standard one can be named."},
    {.name = "busy_timeout", .field = in<kind::Seconds, &ListenerSection::busy_timeout>(), .fallback = "0",
     .refers = Refers::here, .turn = 5, .reload = Reload::group,
     .doc = "How long a listener may take for an event before it is restarted; 0 is for ever."},
    {.name = "event_len", .field = in<kind::EventUnit, &ListenerSection::event_len>(), .fallback = "characters",
     .refers = Refers::here, .turn = 6, .reload = Reload::group,
     .doc = "What the len of an event counts: characters, as in Supervisor, for listeners that read text as UTF-8, or bytes."},
    {.name = "priority", .field = in<kind::Integer, &ListenerSection::priority>(), .fallback = "-1",
     .refers = Refers::here, .turn = 1, .reload = Reload::nothing, .sample = "-1",
     .doc = "Lower ones start first and stop last."},
};

constexpr Option<FcgiSection> fcgi_program_rows[] = {
    {.name = "socket", .field = in<kind::Socket, &FcgiSection::socket>(),
     .refers = Refers::program_name, .turn = 4, .reload = Reload::group,
     .complains_with_place = true, .sample = "unix:///var/run/%(program_name)s.sock",
     .doc = "Socket that all processes of the section get as standard input: tcp://host:port or unix:///path."},
    {.name = "socket_owner", .field = in<kind::Owner, &FcgiSection::socket_owner>(),
     .refers = Refers::here, .turn = 2, .reload = Reload::group,
     .complaint = "Invalid socket_owner value ", .sample = "user:group",
     .doc = "Owner of a unix socket; by default the user of the program."},
    {.name = "socket_mode", .field = in<kind::Octal, &FcgiSection::socket_mode>(),
     .refers = Refers::here, .turn = 3, .reload = Reload::group,
     .complaint = "Invalid socket_mode value ", .sample = "0700", .doc = "Mode of a unix socket, by default 0700."},
    {.name = "socket_backlog", .field = in<kind::Backlog, &FcgiSection::socket_backlog>(),
     .refers = Refers::here, .turn = 1, .reload = Reload::group,
     .sample = "128",
     .doc = "Connections that may wait; by default as many as the system allows."},
};

constexpr Option<GroupSection> group_rows[] = {
    {.name = "programs", .field = in<kind::List, &GroupSection::programs>(), .fallback = "", .refers = Refers::here,
     .turn = 1, .reload = Reload::group, .sample = "progname1,progname2",
     .doc = "Names of [program:x] and [fcgi-program:x] sections, with commas between them."},
    {.name = "priority", .field = in<kind::Integer, &GroupSection::priority>(), .fallback = "999",
     .refers = Refers::here, .turn = 2, .reload = Reload::nothing, .sample = "999",
     .doc = "Lower ones start first and stop last."},
};

constexpr Option<IncludeSection> include_rows[] = {
    {.name = "files", .field = in<kind::Text, &IncludeSection::files>(),
     .refers = Refers::host, .sample = "relative/directory/*.ini",
     .doc = "Files to read too, patterns allowed, with blanks between them; relative to this file."},
};

constexpr Option<RpcInterfaceSection> rpcinterface_rows[] = {
    {.name = "supervisor.rpcinterface_factory", .field = in<kind::Text, &RpcInterfaceSection::factory>(),
     .sample = standard_rpcinterface, .in_force = true,
     .doc = "Needed for supervisorctl and other clients; only this one can be named."},
};

constexpr Option<CtlPluginSection> ctlplugin_rows[] = {
    {.name = "supervisor.ctl_factory", .field = in<kind::Text, &CtlPluginSection::factory>(),
     .reload = Reload::nothing, .acted_on = false,
     .doc = "Python code for supervisorctl, which cannot be loaded."},
};

template <class Target>
void add_names(std::vector<std::string_view>& names) {
    for (const auto& option : options_of<Target>()) names.push_back(option.name);
}

template <class... Targets>
KnownNames names_of(bool any = false) {
    KnownNames known{{}, any};
    (add_names<Targets>(known.options), ...);
    return known;
}

/// Kinds of sections by the beginning of their names.
constexpr std::string_view whole_names[] = {"supervisord", "supervisorctl", "include", "unix_http_server",
                                            "inet_http_server"};
constexpr std::string_view prefixes[] = {"program", "group", "fcgi-program", "eventlistener", "rpcinterface",
                                         "ctlplugin"};

}  // namespace

template <> std::span<const Option<Settings>> options_of() { return supervisord_rows; }
template <> std::span<const Option<UnixServer>> options_of() { return unix_http_server_rows; }
template <> std::span<const Option<InetServer>> options_of() { return inet_http_server_rows; }
template <> std::span<const Option<Client>> options_of() { return supervisorctl_rows; }
template <> std::span<const Option<Program>> options_of() { return program_rows; }
template <> std::span<const Option<Copies>> options_of() { return copies_rows; }
template <> std::span<const Option<GroupSection>> options_of() { return group_rows; }
template <> std::span<const Option<FcgiSection>> options_of() { return fcgi_program_rows; }
template <> std::span<const Option<ListenerSection>> options_of() { return eventlistener_rows; }
template <> std::span<const Option<IncludeSection>> options_of() { return include_rows; }
template <> std::span<const Option<RpcInterfaceSection>> options_of() { return rpcinterface_rows; }
template <> std::span<const Option<CtlPluginSection>> options_of() { return ctlplugin_rows; }

std::optional<KnownNames> known_options(std::string_view section) {
    if (section == "supervisord") return names_of<Settings>();
    if (section == "supervisorctl") return names_of<Client>();
    if (section == "include") return names_of<IncludeSection>();
    if (section.starts_with("unix_http_server")) return names_of<UnixServer>();
    if (section.starts_with("inet_http_server")) return names_of<InetServer>();
    if (section.starts_with("program:")) return names_of<Program, Copies>();
    if (section.starts_with("group:")) return names_of<GroupSection>();
    if (section.starts_with("fcgi-program:")) return names_of<Program, Copies, FcgiSection>();
    if (section.starts_with("eventlistener:")) return names_of<Program, Copies, ListenerSection>();
    if (section.starts_with("rpcinterface:")) return names_of<RpcInterfaceSection>(true);
    if (section.starts_with("ctlplugin:")) return names_of<CtlPluginSection>(true);
    return std::nullopt;
}

std::optional<std::string_view> similar(std::string_view word, std::span<const std::string_view> names) {
    std::optional<std::string_view> nearest;
    std::size_t least = word.size() / 3 + 1;  // one slip in a short word, a few in a long one
    if (least > 4) least = 4;
    for (const auto name : names) {
        const std::size_t slips = base::distance(word, name);
        if (slips >= least) continue;
        least = slips;
        nearest = name;
    }
    return nearest;
}

std::optional<std::string> similar_section(std::string_view section) {
    const auto colon = section.find(':');
    const std::string begin = base::lower(base::strip(section.substr(0, colon)));
    if (colon == std::string_view::npos) {
        if (const auto name = similar(begin, whole_names))
            return *name != section ? std::optional<std::string>(*name) : std::nullopt;
        const auto end = begin.find_first_of(" \t.;/=");  // [program web], [program]
        const auto prefix = similar(std::string_view(begin).substr(0, end), prefixes);
        if (!prefix) return std::nullopt;
        return base::concat(*prefix, ':', end == std::string::npos ? "NAME" : begin.substr(end + 1));
    }
    const auto prefix = similar(begin, prefixes);
    if (!prefix) return std::nullopt;
    return base::concat(*prefix, ':', base::strip(section.substr(colon + 1)));
}

}  // namespace config
