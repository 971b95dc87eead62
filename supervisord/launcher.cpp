#include "supervisord/launcher.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <sys/auxv.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <span>

#include "common/api/build.hpp"
#include "common/api/version.hpp"
#include "common/base/clock.hpp"
#include "common/base/signals.hpp"
#include "common/base/text.hpp"
#include "common/config/check.hpp"
#include "common/config/command_line.hpp"
#include "common/config/reader.hpp"
#include "supervisord/control/shared_sockets.hpp"
#include "supervisord/handover.hpp"
#include "supervisord/keeper/boot.hpp"
#include "supervisord/keeper/obstacle.hpp"
#include "supervisord/keeper/start.hpp"
#include "supervisord/keeper/takeover.hpp"
#include "supervisord/log/activity.hpp"
#include "supervisord/takeover.hpp"
#include "supervisord/web/listen.hpp"
#include "supervisord/web/safety.hpp"

namespace launch {

using base::concat;
using config::LogLevel;

const char* executed_path() {
    // The address of a C string, as the kernel's interface is.
    return reinterpret_cast<const char*>(::getauxval(AT_EXECFN));  // NOLINT
}

namespace {

constexpr int usage_status = 2, failure_status = 1;
constexpr std::chrono::seconds begin_time{10};  // bounded: who starts us at boot is not to be kept

/// Where the next version of this program will be: its path as the user knows it, with the links in it, if that is so.
std::string installed_path(const std::string& cwd) {
    char target[4096];
    const ssize_t size = ::readlink("/proc/self/exe", target, sizeof target);
    const std::string file(target, static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    std::string path = base::absolute_path(executed_path(), cwd);
    struct stat there{}, ours{};
    const bool same = ::stat(path.c_str(), &there) == 0 && ::stat("/proc/self/exe", &ours) == 0 &&
                      there.st_dev == ours.st_dev && there.st_ino == ours.st_ino && !path.starts_with("/proc/");
    return same ? path : file;
}

int refuse(std::string_view message) {
    std::fputs(config::usage_error(executed_path(), message).c_str(), stderr);
    return usage_status;
}

/// Supervisor's line for the first error, then where that is, and what else is wrong.
int refuse(const config::Reading& reading) {
    std::string text;
    for (const auto& diagnostic : reading.diagnostics) {
        if (diagnostic.severity != config::Severity::error) continue;
        if (!text.empty()) {
            text += config::explain(diagnostic);
            continue;
        }
        text = concat(diagnostic.message, '\n');
        if (diagnostic.line > 0) text += concat("  at ", config::place(diagnostic), '\n', config::excerpt(diagnostic));
    }
    return refuse(std::string_view(text).substr(0, text.empty() ? 0 : text.size() - 1));
}

int check(const std::string& path, const config::Reading& reading, bool json) {
    std::fputs((json ? config::check_json(path, reading) : config::check_text(path, reading)).c_str(), stdout);
    return std::fflush(stdout) == 0 ? config::check_status(reading) : usage_status;
}

void print_build_info() {
    std::printf("%s\ncompiler: %s\n", api::build_title().c_str(), api::build().compiler.c_str());
#ifdef CRASH_POINTS
    std::puts("with crash points: for fault-injection tests only");
#endif
}

/// Servers that can be read, and must not be opened.
void refuse_dangers(config::Reading& reading) {
    if (!reading.config) return;
    for (const auto& server : reading.config->servers)
        if (const auto danger = web::find_danger(server))
            reading.diagnostics.push_back(reading.cannot_apply(server.section, danger->option, danger->why));
    if (reading.first_error()) reading.config.reset();
}

struct Sockets {
    struct Held {
        std::string name;
        std::string file;  // of a Unix socket
        base::Fd fd;
        std::uint32_t inode = 0;
    };
    std::vector<Held> all;

    /// But not what another has put in their place.
    void remove() {
        for (const auto& held : all)
            if (!held.file.empty() && held.inode == keeper::inode_of_held(held.name, held.fd.get())) ::unlink(held.file.c_str());
    }
};

/// But for those that it has already, and those of these names.
base::Result<void> take_sockets(const config::Config& config, Sockets& sockets, const std::vector<std::string>& but = {}) {
    for (const auto& server : config.servers) {
        const std::string name = held_name(server);
        if (std::ranges::count(but, name) > 0 || std::ranges::count(sockets.all, name, &Sockets::Held::name) > 0) continue;
        auto fd = web::open_listening(server);
        if (!fd) return base::Error{concat(fd.error(), "\n  for [", server.section, "] in ", config.path, ": ", name)};
        const bool is_file = server.family == config::Server::Family::unix;
        const std::uint32_t inode = keeper::inode_of_held(name, fd->get());
        sockets.all.push_back({name, is_file ? server.file : "", std::move(*fd), inode});
    }
    return {};
}

/// Sockets of FastCGI programs are made when they start; whether they can be is tried now.
base::Result<void> try_fcgi_sockets(const config::Config& config, std::vector<Message>& messages) {
    std::set<std::string> tried;
    for (const auto& group : config.groups)
        for (const auto& process : group.processes) {
            if (!process.socket || !tried.insert(process.socket->url).second) continue;
            messages.push_back({LogLevel::info, concat("Creating socket ", process.socket->url)});
            if (auto opened = control::open_fcgi_socket(*process.socket); !opened) return base::Error{opened.error()};
            messages.push_back({LogLevel::info, concat("Closing socket ", process.socket->url)});
        }
    return {};
}

/// The child in the parent, which is to end; 0 in what goes on; -1: errno.
pid_t go_into_background(const config::Settings& settings, std::vector<Message>& messages) {
    messages.push_back({LogLevel::info, "daemonizing the supervisord process"});
    messages.push_back({LogLevel::blather, "supervisord forked; parent exiting"});
    std::fflush(nullptr);
    if (const pid_t child = ::fork(); child != 0) return child;
    if (settings.directory) {
        if (::chdir(settings.directory->c_str()) == 0)
            messages.push_back({LogLevel::info, concat("set current directory: ", base::python_repr(*settings.directory))});
        else
            messages.push_back({LogLevel::critical, concat("can't chdir into ", base::python_repr(*settings.directory), ": ",
                                                           base::errno_text(errno))});
    }
    ::setsid();
    ::umask(settings.umask.value_or(022));
    return 0;
}

/// In place of this process.  Comes back with an errno, and can still speak to the user, whom the background has not: there
/// nothing of the caller's is kept open.
int execute_keeper(char* const* arguments, bool in_background) {
    const base::Fd null(::open("/dev/null", O_RDWR | O_CLOEXEC)), errors(::fcntl(2, F_DUPFD_CLOEXEC, 3));
    if (!null || !errors) return errno;
    for (const int fd : {0, 1, 2})
        if (in_background) ::dup2(null.get(), fd);
    ::execv("/proc/self/exe", arguments);
    const int error = errno;
    ::dup2(errors.get(), 2);
    return error;
}

/// Of two that start at the same time one gets the table, and the other one ends; or descriptors do not suffice for what is to
/// be taken over.  So this waits until the keeper works (nothing, also when that cannot be seen in time), or ends: its status.
/// A keeper that can have no table in the directory has its pidfile when it works.
std::optional<int> await_start(pid_t keeper, const std::string& directory, const std::string& pidfile) {
    constexpr std::size_t longest_number = 16;
    const auto has_pidfile = [&] {
        const auto text = base::read_file(pidfile, longest_number);
        return text && *text == concat(keeper, '\n');
    };
    for (const base::Time until = base::now() + begin_time; base::now() < until; ::poll(nullptr, 0, 5)) {
        if (keeper::works(directory, keeper) || has_pidfile()) break;
        if (int status = 0; ::waitpid(keeper, &status, WNOHANG) == keeper) return status == 0 ? std::nullopt : std::optional(status);
    }
    return std::nullopt;
}

/// Where the slot table may live: in memory, not on a disk, which may keep us waiting.  The environment comes last: that
/// of the next start may be another.
std::vector<std::string> runtime_directories(const config::Settings& settings) {
    const std::string name = concat("/supervisord-", ::getuid(), "-", settings.identifier, "-",
                                    std::hash<std::string>{}(settings.pidfile));
    const char* session = std::getenv("XDG_RUNTIME_DIR");
    std::vector<std::string> out;
    for (const std::string& place : {std::string(::getuid() == 0 ? "/run" : ""), std::string("/dev/shm"), concat("/run/user/", ::getuid()),
                                     std::string(session ? session : "")})
        if (!place.empty()) out.push_back(place + name);
    return out;
}

/// The one in which a table is left; "": none.  Makes nothing.
std::string left_directory(const config::Settings& settings) {
    const auto all = runtime_directories(settings);
    const auto found = std::ranges::find_if(all, [](const std::string& directory) { return keeper::has_table(directory); });
    return found == all.end() ? "" : *found;
}

/// That one, or where the keeper can make one; "" for nowhere.  Makes nothing.
std::string runtime_directory(const config::Settings& settings) {
    if (std::string left = left_directory(settings); !left.empty()) return left;
    for (const auto& directory : runtime_directories(settings)) {
        const std::string place = base::directory_of(directory);
        struct statfs facts{};
        if (::access(place.c_str(), W_OK) != 0 || ::statfs(place.c_str(), &facts) != 0) continue;
        if (facts.f_type == TMPFS_MAGIC) return directory;
    }
    return "";
}

std::size_t processes_of(const config::Config& config) {
    std::size_t count = 0;
    for (const auto& group : config.groups) count += group.processes.size();
    return count;
}

int become_keeper(const config::Config& config, const std::string& directory, const Sockets& sockets, const Handover& handover, int argc, char** argv,
                  const rlimit& limit) {
    keeper::Boot boot;
    boot.slots = std::max<std::uint32_t>(boot.slots, static_cast<std::uint32_t>(4 * processes_of(config)));
    boot.hang_limit = keeper::hang_limit_of(config.settings.controller_timeout);
    boot.ignores_leftovers = config.settings.leftovers == config::Leftovers::ignore;
    boot.nofile_soft = limit.rlim_cur;
    boot.nofile_hard = limit.rlim_max;
    if (!keeper::set_path(boot.pidfile, config.settings.pidfile)) return refuse("the path of the pidfile is too long");
    if (struct stat facts{}; ::stat(config.settings.logfile.c_str(), &facts) == 0 && S_ISREG(facts.st_mode))
        (void)keeper::set_path(boot.logfile, config.settings.logfile);
    if (!keeper::set_path(boot.runtime_directory, directory)) boot.runtime_directory[0] = 0;
    for (const auto& held : sockets.all) {
        // Descriptor numbers below are the keeper's own; it expects the sockets open, and not closed on exec.
        const int fd = ::fcntl(held.fd.get(), F_DUPFD, 64);
        if (fd < 0)  // EINVAL: so many there may never be
            return refuse(concat("cannot hold the socket ", held.name, ": ", keeper::explain(errno == EINVAL ? EMFILE : errno)));
        if (!keeper::hold(boot, held.name, fd)) return refuse(concat("cannot hold the socket ", held.name, ": too many, or its name is too long"));
    }
    auto file = keeper::write_boot(boot, handover.to_text());
    if (!file) return refuse(file.error());
    if (file->get() == keeper::boot_fd)
        base::set_close_on_exec(file->get(), false);
    else
        ::dup2(file->get(), keeper::boot_fd);

    std::vector<char*> arguments{argv[0]};
    char role[] = "--keeper";
    arguments.push_back(role);
    for (int at = 1; at < argc; ++at) arguments.push_back(argv[at]);
    arguments.push_back(nullptr);
    const int error = execute_keeper(arguments.data(), handover.daemonized);
    return refuse(concat("cannot execute ", executed_path(), " again: ", keeper::explain(error)));
}

}  // namespace

int run(int argc, char** argv) {
    base::fill_standard_descriptors();
    ::signal(SIGXFSZ, SIG_IGN);  // as Python does: a file that may not grow is an error to be told
    ::signal(SIGCHLD, SIG_DFL);  // who has started us may ignore it, and we would not learn how the start in the background went
    auto surroundings = config::Surroundings::of_this_process();
    const std::vector<std::string> words(argv + 1, argv + argc);
    const auto arguments = config::supervisord_arguments(words, surroundings);
    if (!arguments) return refuse(arguments.error());
    if (arguments->help) return std::fputs(config::supervisord_help(executed_path()).c_str(), stdout), 0;
    if (arguments->version) return std::printf("%s\n", std::string(api::supervisor_version).c_str()), 0;
    if (arguments->build_info) return print_build_info(), 0;
    surroundings.command_line = arguments->options;
    surroundings.strict = arguments->strict;

    std::optional<std::string> path = arguments->configuration;
    if (!path) {
        if (::getuid() == 0) std::fprintf(stderr, "UserWarning: %s\n", config::searched_as_root().c_str());
        path = config::find_file(executed_path(), surroundings);
        if (!path) return refuse(config::no_file_found(executed_path()));
    }
    auto reading = config::read(*path, surroundings);
    refuse_dangers(reading);
    if (arguments->check) return check(*path, reading, arguments->json);
    if (!reading.config) return refuse(reading);
    const config::Config& config = *reading.config;
    if (::getpid() == 1 && !config.settings.nodaemon)
        return refuse("process 1 cannot go into the background: all others end with it.  Start supervisord with -n, or set nodaemon=true "
                      "in the [supervisord] section");

    Handover handover;
    handover.cwd = surroundings.cwd;
    handover.config_path = config.path;
    handover.program = installed_path(surroundings.cwd);
    handover.options = arguments->options;
    handover.strict = arguments->strict;
    handover.config = config;
    handover.daemonized = !config.settings.nodaemon;
    handover.messages = messages_of(reading);
    if (const auto dropped = drop_privileges(config.settings, handover.messages); !dropped) return refuse(dropped.error());
    if (const auto raised = raise_limits(config.settings, handover.messages); !raised) return refuse(raised.error());
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);

    Sockets sockets;
    const auto refuse_start = [&sockets](std::string_view why) {
        sockets.remove();
        return refuse(why);
    };
    base::Fd turn;
    if (arguments->takeover) {
        auto taken = keeper::take_turn(left_directory(config.settings));
        if (!taken) return refuse(taken.error());
        turn = std::move(*taken);
    }
    keeper::await_killed(left_directory(config.settings));
    // Before anybody is ended for it: all that a start may fail with.
    const auto theirs = arguments->takeover ? held_by_other(left_directory(config.settings)) : std::vector<std::string>();
    if (!theirs) return refuse(theirs.error());
    if (const auto taken = take_sockets(config, sockets, *theirs); !taken) return refuse_start(taken.error());
    if (const auto writable = logs::can_be_opened(config.settings.logfile); !writable) {
        sockets.remove();
        std::fprintf(stderr, "Error: %s\n", writable.error().c_str());
        return failure_status;
    }
    if (arguments->takeover) {
        auto told = take_over(left_directory(config.settings));
        if (!told) return refuse_start(told.error());
        for (auto& message : *told) handover.messages.push_back(std::move(message));
        if (const auto taken = take_sockets(config, sockets); !taken) return refuse_start(taken.error());
    }
    std::string directory = runtime_directory(config.settings);
    std::vector<std::string> servers;
    for (const auto& server : config.servers) servers.push_back(held_name(server));
    if (keeper::is_of_another(directory, servers)) {
        handover.messages.push_back({LogLevel::warn, concat("another supervisord has the pidfile ", config.settings.pidfile,
                                                            ": the programs of this one are not found again if all of it is killed")});
        directory.clear();
    } else if (directory.empty()) {
        handover.messages.push_back({LogLevel::warn, concat("no directory in memory can be written to (",
                                                            base::join(runtime_directories(config.settings), ", "),
                                                            "): programs are not found again if supervisord is killed, keeper and controller")});
    }
    if (const auto obstacle = keeper::find_obstacle(directory); !obstacle.empty()) return refuse_start(obstacle);
    // Programs that were left may have the sockets.
    const auto usable = keeper::has_table(directory) ? base::Result<void>() : try_fcgi_sockets(config, handover.messages);
    if (!usable) return refuse_start(usable.error());
    put_worst_first(handover.messages);
    const pid_t keeper = handover.daemonized ? go_into_background(config.settings, handover.background) : 0;
    if (keeper < 0) return refuse_start(concat("cannot go into the background: ", keeper::explain(errno)));
    if (keeper > 0) {
        const auto ended = await_start(keeper, directory, config.settings.pidfile);
        if (!ended) ::_exit(0);
        if (WIFEXITED(*ended) && WEXITSTATUS(*ended) == usage_status) return usage_status;  // it was not the keeper yet, and has said why
        const std::string obstacle = keeper::find_obstacle(directory);
        if (!obstacle.empty()) return refuse(obstacle);  // whoever runs may have our sockets
        if (WIFSIGNALED(*ended))  // then it has not written why
            return refuse_start(concat("cannot start: supervisord was ended by ", base::signal_name(WTERMSIG(*ended))));
        return refuse_start(concat("cannot start; why is in ", config.settings.logfile));
    }
    const int status = become_keeper(config, directory, sockets, handover, argc, argv, limit);
    sockets.remove();
    return status;
}

}  // namespace launch
