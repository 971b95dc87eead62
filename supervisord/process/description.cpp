#include "supervisord/process/description.hpp"

#include <sys/wait.h>

#include <algorithm>
#include <cstdio>

#include "common/base/signals.hpp"
#include "common/base/text.hpp"

namespace process {

using base::concat;
using base::padded;

std::string description(const Facts& facts, std::int64_t now) {
    switch (facts.state) {
        case api::State::running:
            return concat("pid ", facts.pid, ", uptime ", uptime(now - facts.started));
        case api::State::fatal:
        case api::State::backoff:
            if (!facts.spawnerr.empty()) return std::string(facts.spawnerr);
            return concat("unknown error (try \"tail ", facts.name, "\")");
        case api::State::stopped:
        case api::State::exited:
            return facts.started == 0 ? "Not started" : moment(facts.stopped_local);
        case api::State::starting:
        case api::State::stopping:
        case api::State::unknown:
            return "";
    }
    return "";
}

std::string uptime(std::int64_t seconds) {
    seconds = std::max<std::int64_t>(seconds, 0);
    const std::int64_t days = seconds / 86400;
    const std::string clock =
        concat(seconds / 3600 % 24, ":", padded(seconds / 60 % 60, 2), ":", padded(seconds % 60, 2));
    if (days == 0) return clock;
    return concat(days, days == 1 ? " day, " : " days, ", clock);
}

std::string moment(const std::tm& local) {
    constexpr std::string_view months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const int hour = local.tm_hour % 12 == 0 ? 12 : local.tm_hour % 12;
    return concat(months[static_cast<unsigned>(local.tm_mon) % 12], " ", padded(local.tm_mday, 2), " ", padded(hour, 2),
                  ":", padded(local.tm_min, 2), local.tm_hour < 12 ? " AM" : " PM");
}

std::string exit_text(int status) {
    if (status == unknown_status) return "status unknown";
    if (WIFEXITED(status)) return concat("exit status ", WEXITSTATUS(status));
    if (WIFSIGNALED(status))
        return concat("terminated by ", base::signal_name(WTERMSIG(status)), WCOREDUMP(status) ? " (core dumped)" : "");
    char text[64];
    std::snprintf(text, sizeof text, "unknown termination cause 0x%04x", static_cast<unsigned>(status));
    return text;
}

int exit_code(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : -1; }

std::string bad_exit_code(int code) { return concat("Bad exit code ", code); }

}  // namespace process
