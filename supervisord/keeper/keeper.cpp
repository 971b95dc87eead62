#include "supervisord/keeper/keeper.hpp"

#include <fcntl.h>

#include <cerrno>
#include <ctime>
#include <string_view>

#include "common/base/fd.hpp"
#include "common/base/text.hpp"
#include "supervisord/keeper/loop.hpp"
#include "supervisord/keeper/obstacle.hpp"
#include "supervisord/keeper/start.hpp"

namespace keeper {

namespace {

// Before the first controller there is nobody else to say it; in the background stderr is nowhere.
int refuse(const char* logfile, const std::string& problem) {
    (void)base::write_all(2, base::concat("supervisord: ", problem, '\n'));
    const base::Fd log(*logfile != '\0' ? ::open(logfile, O_WRONLY | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) : -1);
    const auto wall = now().wall;
    const auto seconds = static_cast<std::time_t>(wall / 1'000'000'000);
    std::tm parts{};
    ::localtime_r(&seconds, &parts);
    char time[32] = {};
    (void)std::strftime(time, sizeof time, "%Y-%m-%d %H:%M:%S", &parts);
    if (log)
        (void)base::write_all(log.get(), base::concat(time, ',', base::padded(wall / 1'000'000 % 1000, 3), " CRIT ", problem, '\n'));
    return 1;
}

std::string explain(const Boot& boot, int error) {
    if (error == EBUSY) {
        const std::string obstacle = find_obstacle(boot.runtime_directory);
        return base::concat("cannot start: ", obstacle.empty() ? "another supervisord was in the way until just now" : obstacle);
    }
    if (error == ENOSYS)
        return "cannot start: a supervisord was killed, and what it has left cannot be taken over: this kernel has no pidfds (Linux 5.3).  "
               "With leftovers=ignore its programs are left alone";
    return base::concat("cannot start: ", base::errno_text(error));
}

}  // namespace

int run(std::span<char* const> arguments) {
    const auto boot = map_boot(boot_fd);
    if (!boot) return refuse("", boot.error());
    const std::string_view first = arguments.empty() ? "" : arguments[0];
    auto origin = Loop::Origin::launcher;
    if (first == promoted_argument) origin = Loop::Origin::controller;
    if (first == upgraded_argument) origin = Loop::Origin::keeper;
    Loop loop(**boot, arguments.subspan(origin == Loop::Origin::launcher ? 0 : 1), origin);
    if (!loop.prepare()) return refuse((*boot)->logfile, explain(**boot, errno));
    return loop.run();
}

}  // namespace keeper
