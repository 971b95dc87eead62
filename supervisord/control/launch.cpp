#include "supervisord/control/launch.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <tuple>

#include "common/api/names.hpp"
#include "common/base/text.hpp"
#include "supervisord/control/tree.hpp"
#include "supervisord/control/world.hpp"
#include "supervisord/keeper/spec.hpp"
#include "supervisord/process/lines.hpp"

namespace control {

namespace {

process::FileFacts look_at(const std::string& path) {
    struct stat found{};
    if (::stat(path.c_str(), &found) != 0) return {};
    return {true, S_ISDIR(found.st_mode), found.st_mode & 07777, ::access(path.c_str(), X_OK) == 0};
}

std::vector<std::string> environment_of(const config::Program& program, std::string_view group, const std::string& mark,
                                        const World& world) {
    config::Environment merged = world.environment;
    merged["SUPERVISOR_ENABLED"] = "1";
    const std::string url = program.serverurl.value_or(world.serverurl);
    if (!url.empty()) merged["SUPERVISOR_SERVER_URL"] = url;
    merged["SUPERVISOR_PROCESS_NAME"] = program.name;
    merged["SUPERVISOR_GROUP_NAME"] = group;
    if (!mark.empty()) merged[std::string(tree_variable)] = mark;
    for (const auto& [name, value] : program.environment) merged[name] = value;
    std::vector<std::string> out;
    out.reserve(merged.size());
    for (const auto& [name, value] : merged) out.push_back(base::concat(name, "=", value));
    return out;
}

std::string pipe_problem(const std::string& name, int error) {
    return error == EMFILE || error == ENFILE ? process::too_many_files(name)
                                              : process::cannot_open_outputs(name, base::errno_name(error));
}

/// The child's end of a pipe, open for both directions: it is then a reader of its own output, and neither a SIGPIPE nor
/// the end of its stdin meets it while no supervisor lives.  Without /proc: as it was.
base::Fd lasting(base::Fd end, const std::optional<keeper::Spec::User>& user) {
    if (user && user->problem.empty())  // else it could not open /dev/stdout
        std::ignore = ::fchown(end.get(), user->uid, static_cast<gid_t>(-1));
    base::Fd both = base::open_both_ways(end);
    return both ? std::move(both) : std::move(end);
}

/// Makes a pipe hold `wanted` bytes, or as many as the system allows; what it then has to say.  The kernel rounds up to a
/// power of two, so that halving tries all that there are.
std::string resize(const base::Fd& pipe, std::int64_t wanted, std::string_view process, std::string_view channel) {
    constexpr std::int64_t most = std::int64_t{1} << 31;
    const std::int64_t had = ::fcntl(pipe.get(), F_GETPIPE_SZ);
    int error = 0;
    for (std::int64_t size = std::min(wanted, most); size > had || size == wanted; size /= 2) {
        if (::fcntl(pipe.get(), F_SETPIPE_SZ, static_cast<unsigned>(size)) >= 0) break;
        if (error == 0) error = errno;
    }
    const std::int64_t has = ::fcntl(pipe.get(), F_GETPIPE_SZ);
    if (has >= wanted) return "";
    return base::concat(process, ": the pipe of its ", channel, " has ", has, " bytes, not ", wanted, " (", channel, "_pipe_size): ",
                        base::errno_text(error), ", see /proc/sys/fs/pipe-max-size and pipe-user-pages-soft");
}

base::Fd copy_of(const base::Fd& fd) { return base::Fd(::fcntl(fd.get(), F_DUPFD_CLOEXEC, 0)); }

}  // namespace

std::variant<process::Executable, process::Unusable> find_command(const config::Program& program, const World& world) {
    const auto path = world.environment.find("PATH");
    return process::find_command(program, path == world.environment.end() ? "" : path->second, look_at);
}

static_assert(config::longest_full_name < keeper::name_size);

std::variant<Launch, std::string> prepare(const config::Program& program, std::string_view group,
                                          const process::Executable& executable, int socket, const Containment& containment,
                                          std::optional<keeper::Spec::User> user, const World& world) {
    keeper::Spec spec;
    spec.program = executable.file;
    spec.arguments = executable.arguments;
    spec.environment = environment_of(program, group, containment.mark, world);
    spec.directory = program.directory.value_or("");
    spec.umask = program.umask;
    spec.user = std::move(user);
    spec.cgroup = containment.cgroup;
    spec.default_sigpipe = program.sigpipe == config::Sigpipe::standard;
    auto spec_file = keeper::write_spec(spec);
    base::Pipe input, output, error;
    if (!spec_file || (socket < 0 && !base::make_pipe(input)) || !base::make_pipe(output) ||
        (!program.redirect_stderr && !base::make_pipe(error)))
        return pipe_problem(program.name, errno);

    for (base::Fd* end : {&input.read, &output.write, &error.write})
        if (*end) *end = lasting(std::move(*end), spec.user);

    Launch launch;
    const auto sized = [&](const base::Fd& pipe, const config::Output& options, std::string_view channel) {
        if (!pipe || options.pipe_size == 0) return;
        if (auto warning = resize(pipe, options.pipe_size, program.name, channel); !warning.empty())
            launch.warnings.push_back(std::move(warning));
    };
    sized(output.read, program.out, "stdout");
    sized(error.read, program.err, "stderr");
    launch.message = keeper::message_of(keeper::Type::spawn);
    if (!keeper::set_name(launch.message, base::concat(group, ":", program.name)))
        return base::concat("the name of '", program.name, "' and its group is too long to spawn it");
    if (program.stopasgroup || program.killasgroup) launch.message.flags |= keeper::watch_group;
    const auto retain = [&](const base::Fd& ours, keeper::Role role) {
        launch.message.retained[launch.message.retained_count++] = role;
        launch.descriptors.push_back(copy_of(ours));
    };
    const auto give = [&](base::Fd theirs, std::uint8_t number) {
        launch.message.target[launch.message.target_count++] = number;
        launch.descriptors.push_back(std::move(theirs));
    };
    launch.descriptors.push_back(std::move(*spec_file));
    if (input.write) retain(input.write, keeper::Role::input);
    retain(output.read, keeper::Role::output);
    if (error.read) retain(error.read, keeper::Role::error);
    give(socket < 0 ? std::move(input.read) : base::Fd(::fcntl(socket, F_DUPFD_CLOEXEC, 0)), 0);
    base::Fd errors = error.write ? std::move(error.write) : copy_of(output.write);
    give(std::move(output.write), 1);
    give(std::move(errors), 2);
    for (const auto& descriptor : launch.descriptors)
        if (!descriptor) return pipe_problem(program.name, EMFILE);
    launch.input = std::move(input.write);
    launch.output = std::move(output.read);
    launch.error = std::move(error.read);
    return launch;
}

}  // namespace control
