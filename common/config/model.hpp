// The configuration as the rest of the program sees it: every value typed, expanded and checked.  Plain data; two
// equal values mean that nothing has changed.  Field names are the option names (compat/config.md, section 7).
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace config {

using Environment = std::map<std::string, std::string>;

enum class Autorestart { never, unexpected, always };

/// Whom stop signal and SIGKILL reach: the leader, its process group, or all that descends from it.
enum class Killmode { process, group, tree };

/// What SIGPIPE and SIGXFSZ do to a process that does not care: nothing, as under Supervisor, or end it.
enum class Sigpipe { ignored, standard };

/// What the `len` of an event counts.
enum class EventLength { characters, bytes };

/// Numbers of Supervisor's loggers; a line is written when its number is at least the configured one.
enum class LogLevel { blather = 3, trace = 5, debug = 10, info = 20, warn = 30, error = 40, critical = 50 };

struct LogFile {
    enum class Kind { none, automatic, path };
    Kind kind = Kind::automatic;
    std::string path;  // of an automatic one: empty until its group is activated; empty in the file: no log either

    bool operator==(const LogFile&) const = default;
};

/// One of the two output streams of a process.
struct Output {
    LogFile logfile;
    std::int64_t logfile_maxbytes = 50 * 1024 * 1024;  // bytes; 0: never rotated
    std::int64_t logfile_backups = 10;
    std::int64_t capture_maxbytes = 0;  // bytes; 0: no capture
    bool events_enabled = false;
    bool syslog = false;
    bool logfile_whole_lines = false;
    std::string prefix;  // before each line of the log, with a blank behind it
    std::int64_t pipe_size = 0;  // bytes; 0: what the system gives

    bool operator==(const Output&) const = default;
};

struct FcgiSocket {
    std::string url;  // tcp://host:port or unix:///path
    std::int64_t backlog = 0;  // 0: as many as the system allows (SOMAXCONN)
    std::optional<int> mode;  // of a unix socket
    std::optional<std::pair<uid_t, gid_t>> owner;  // of a unix socket; a gid of -1: unchanged

    bool operator==(const FcgiSocket&) const = default;
};

/// Bytes of GROUP:PROCESS, by which a process is known to all that carry on with it.
inline constexpr std::size_t longest_full_name = 255;

/// One process of a [program:x], [fcgi-program:x] or [eventlistener:x] section.
struct Program {
    std::string section;  // as in the file: "program:web"; for messages
    std::string name;  // process_name
    std::string command;
    std::int64_t priority = 999;
    bool autostart = true;
    Autorestart autorestart = Autorestart::unexpected;
    std::int64_t startsecs = 1;
    std::int64_t startretries = 3;
    std::vector<int> exitcodes = {0};
    int stopsignal = 15;
    std::int64_t stopwaitsecs = 10;
    bool stopasgroup = false;
    bool killasgroup = false;
    std::optional<Killmode> killmode;  // when given, the two above follow from it
    Sigpipe sigpipe = Sigpipe::ignored;
    std::optional<uid_t> uid;
    bool redirect_stderr = false;
    Output out;  // stdout_*
    Output err;  // stderr_*
    Environment environment;  // with that of [supervisord] merged in
    std::optional<std::string> directory;
    std::optional<int> umask;
    std::optional<std::string> serverurl;  // nothing: AUTO
    /// Of an [fcgi-program:x], whether it is a group of its own or a member of a [group:x]: its standard input.  All
    /// processes of one section share one socket (Q14).
    std::optional<FcgiSocket> socket;

    bool operator==(const Program&) const = default;
};

enum class GroupKind { program, eventlistener, fcgi_program };
/// As the section begins: "fcgi-program".
[[nodiscard]] constexpr std::string_view name(GroupKind kind) {
    constexpr std::string_view names[] = {"program", "eventlistener", "fcgi-program"};
    return names[static_cast<int>(kind)];
}

struct Group {
    std::string name;
    GroupKind kind = GroupKind::program;
    std::int64_t priority = 999;
    std::vector<Program> processes;

    // Event listeners.
    std::int64_t buffer_size = 10;
    std::vector<std::string> events;
    std::string result_handler;
    std::int64_t busy_timeout = 0;  // seconds; 0: a listener may be busy for ever
    EventLength event_len = EventLength::characters;

    std::optional<FcgiSocket> socket;  // FastCGI programs; the same as in each process

    bool operator==(const Group&) const = default;
};

/// A group that is not made, for another one has its name (Q15).  Supervisor has it in its list, and not among what it runs.
struct LeftOut {
    std::size_t place = 0;  // in the list of all
    Group group;
};

/// [unix_http_server] or [inet_http_server].
struct Server {
    enum class Family { unix, inet };
    Family family = Family::unix;
    std::string section;  // as in the file: "unix_http_server", "inet_http_server:2"
    std::optional<std::string> username;
    std::optional<std::string> password;

    std::string host;  // inet; empty: all addresses
    int port = 0;
    bool insecure = false;  // inet; without a password for other machines too

    std::string file;  // unix; absolute
    int chmod = 0700;
    std::pair<uid_t, gid_t> chown{static_cast<uid_t>(-1), static_cast<gid_t>(-1)};  // -1: unchanged

    bool operator==(const Server&) const = default;
};

struct RpcInterface {
    std::string name;
    std::string factory;
    Environment options;

    bool operator==(const RpcInterface&) const = default;
};

/// What becomes of programs that a supervisord that was killed has left.
enum class Leftovers { adopt, stop, ignore };

/// [supervisord].
struct Settings {
    std::string logfile;  // absolute, or "syslog"
    std::int64_t logfile_maxbytes = 50 * 1024 * 1024;
    std::int64_t logfile_backups = 10;
    LogLevel loglevel = LogLevel::info;
    std::string pidfile;  // absolute
    std::optional<int> umask;  // a reading always fills it in; applied when daemonizing only
    bool nodaemon = false;
    bool silent = false;
    std::int64_t minfds = 1024;
    std::int64_t minprocs = 200;
    std::int64_t controller_timeout = 30;  // seconds; 0: for ever
    Leftovers leftovers = Leftovers::adopt;
    std::vector<std::string> exit_on;  // "fatal", "all-exited", names of processes and groups
    bool nocleanup = false;
    std::string childlogdir;
    std::optional<uid_t> user;
    std::string user_name;  // what `user` was given as: a name or a number; empty: none
    std::optional<std::string> directory;  // applied when daemonizing only
    bool strip_ansi = false;
    Environment environment;
    std::string identifier = "supervisor";

    bool operator==(const Settings&) const = default;
};

struct Config {
    std::string path;  // of the file, absolute
    Settings settings;
    std::vector<Server> servers;  // inet first, then unix, as they are opened
    std::optional<std::string> serverurl;  // what children get as SUPERVISOR_SERVER_URL by default
    std::vector<RpcInterface> rpcinterfaces;
    std::vector<Group> groups;  // in start order

    bool operator==(const Config&) const = default;
};

}  // namespace config
