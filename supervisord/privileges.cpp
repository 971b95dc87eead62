#include "supervisord/privileges.hpp"

#include <grp.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "common/base/text.hpp"
#include "common/base/users.hpp"

namespace launch {

using base::concat;
using base::Error;

std::optional<Message> user_message(const config::Settings& settings) {
    if (settings.user) {
        if (*settings.user != ::getuid()) return std::nullopt;
        return Message{config::LogLevel::info, concat("Set uid to user ", *settings.user, " succeeded")};
    }
    if (::getuid() != 0) return std::nullopt;
    return Message{config::LogLevel::critical,
                   "Supervisor is running as root.  Privileges were not dropped because no user is specified in the "
                   "config file.  If you intend to run as root, you can set user=root in the config file to avoid this "
                   "message."};
}

base::Result<void> drop_privileges(const config::Settings& settings, std::vector<Message>& messages) {
    if (settings.user) {
        const auto user = base::find_user(*settings.user);
        if (!user) return Error{concat("Can't find uid ", *settings.user)};
        if (user->uid != ::getuid()) {
            if (::getuid() != 0) return Error{"Can't drop privilege as nonroot user"};
            const auto groups = base::groups_of(*user);
            if (::setgroups(groups.size(), groups.data()) != 0) return Error{"Could not set groups of effective user"};
            if (::setgid(user->gid) != 0) return Error{"Could not set group id of effective user"};
            if (::setuid(user->uid) != 0) return Error{concat("Could not set user id to ", user->uid)};
        }
    }
    if (auto message = user_message(settings)) messages.push_back(std::move(*message));
    return {};
}

namespace {

struct Limit {
    int resource;
    std::string_view name;
    std::int64_t wanted;
    std::string_view refused_before, refused_between, refused_after;
};

base::Result<void> raise(const Limit& limit, std::vector<Message>& messages) {
    rlimit current{};
    ::getrlimit(static_cast<__rlimit_resource>(limit.resource), &current);
    const auto wanted = static_cast<rlim_t>(std::max<std::int64_t>(limit.wanted, 0));
    if (current.rlim_cur == RLIM_INFINITY || current.rlim_cur >= wanted) return {};
    const rlimit raised{wanted, std::max(current.rlim_max, wanted)};
    if (::setrlimit(static_cast<__rlimit_resource>(limit.resource), &raised) != 0)
        return Error{concat(limit.refused_before, wanted, limit.refused_between, current.rlim_max, limit.refused_after)};
    messages.push_back({config::LogLevel::info, concat("Increased ", limit.name, " limit to ", wanted)});
    return {};
}

}  // namespace

base::Result<void> raise_limits(const config::Settings& settings, std::vector<Message>& messages) {
    const Limit limits[] = {
        {RLIMIT_NOFILE, "RLIMIT_NOFILE", settings.minfds,
         "The minimum number of file descriptors required to run this process is ",
         " as per the \"minfds\" command-line argument or config file setting. The current environment will only allow you "
         "to open ",
         " file descriptors.  Either raise the number of usable file descriptors in your environment (see README.rst) or "
         "lower the minfds setting in the config file to allow the process to start."},
        {RLIMIT_NPROC, "RLIMIT_NPROC", settings.minprocs,
         "The minimum number of available processes required to run this program is ",
         " as per the \"minprocs\" command-line argument or config file setting. The current environment will only allow "
         "you to open ",
         " processes.  Either raise the number of usable processes in your environment (see README.rst) or lower the "
         "minprocs setting in the config file to allow the program to start."},
    };
    for (const auto& limit : limits)
        if (auto raised = raise(limit, messages); !raised) return raised;
    return {};
}

}  // namespace launch
