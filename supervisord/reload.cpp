#include "supervisord/reload.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "common/base/fd.hpp"
#include "common/base/text.hpp"
#include "supervisord/log/activity.hpp"

namespace control_role {

namespace {

using base::concat;

bool can_be_written_to(const std::string& directory) {
    return ::access(directory.empty() ? "/" : directory.c_str(), W_OK | X_OK) == 0;
}

/// A link is no place for a pidfile: whoever can change it would choose what is overwritten.
std::string obstacle_to_pidfile(const std::string& path) {
    struct stat facts{};
    const bool exists = ::lstat(path.c_str(), &facts) == 0;
    if (exists && (S_ISDIR(facts.st_mode) || S_ISLNK(facts.st_mode)))
        return concat(path, S_ISDIR(facts.st_mode) ? " is a directory" : " is a symbolic link");
    if (can_be_written_to(base::directory_of(path)) || (exists && ::access(path.c_str(), W_OK) == 0)) return "";
    return concat("cannot write ", path, ": ", base::errno_text(errno));
}

bool has_automatic_log(const config::Program& program) {
    const auto is_automatic = [](const config::Output& output) {
        return output.logfile.kind == config::LogFile::Kind::automatic;
    };
    return is_automatic(program.out) || (!program.redirect_stderr && is_automatic(program.err));
}

bool has_automatic_logs(const config::Config& config) {
    return std::ranges::any_of(config.groups, [](const config::Group& group) {
        return std::ranges::any_of(group.processes, has_automatic_log);
    });
}

}  // namespace

std::optional<config::Diagnostic> find_obstacle(const config::Reading& next) {
    const config::Settings& settings = next.config->settings;
    if (const auto usable = logs::can_be_opened(settings.logfile); !usable)
        return next.cannot_apply("supervisord", "logfile", concat(usable.error(), "; it has to be a file that can be written to"));
    if (const auto why = obstacle_to_pidfile(settings.pidfile); !why.empty())
        return next.cannot_apply("supervisord", "pidfile",
                                 concat(why, "; it has to be a file in a directory that can be written to"));
    if (!can_be_written_to(settings.childlogdir) && has_automatic_logs(*next.config))
        return next.cannot_apply("supervisord", "childlogdir",
                                 concat(settings.childlogdir, ": ", base::errno_text(errno),
                                        "; it has to be a directory that can be written to, for AUTO logs"));
    return std::nullopt;
}

}  // namespace control_role
