#include "supervisord/keeper/keeper.hpp"

#include <cerrno>
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
    log_problem(logfile, problem);
    return 1;
}

std::string why_not_prepared(const Boot& boot, int error) {
    if (error == EBUSY) {
        const std::string obstacle = find_obstacle(boot.runtime_directory);
        return base::concat("cannot start: ", obstacle.empty() ? "another supervisord was in the way until just now" : obstacle);
    }
    if (error == ENOSYS)
        return "cannot start: a supervisord was killed, and what it has left cannot be taken over: this kernel has no pidfds (Linux 5.3).  "
               "With leftovers=ignore its programs are left alone";
    return base::concat("cannot start: ", explain(error));
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
    if (!loop.prepare()) return refuse((*boot)->logfile, why_not_prepared(**boot, errno));
    const int code = loop.run();
    if (const int error = loop.start_error()) return refuse((*boot)->logfile, base::concat("cannot start a controller: ", explain(error)));
    return code;
}

}  // namespace keeper
