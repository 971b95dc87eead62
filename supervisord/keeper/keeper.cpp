#include "supervisord/keeper/keeper.hpp"

#include <cerrno>
#include <string_view>

#include "common/base/fd.hpp"
#include "common/base/text.hpp"
#include "supervisord/keeper/loop.hpp"

namespace keeper {

namespace {

// Before the first controller there is nobody else to say it.
int refuse(const std::string& problem) {
    (void)base::write_all(2, base::concat("supervisord: ", problem, '\n'));
    return 1;
}

}  // namespace

int run(std::span<char* const> arguments) {
    const auto boot = map_boot(boot_fd);
    if (!boot) return refuse(boot.error());
    const std::string_view first = arguments.empty() ? "" : arguments[0];
    auto origin = Loop::Origin::launcher;
    if (first == promoted_argument) origin = Loop::Origin::controller;
    if (first == upgraded_argument) origin = Loop::Origin::keeper;
    Loop loop(**boot, arguments.subspan(origin == Loop::Origin::launcher ? 0 : 1), origin);
    if (!loop.prepare())
        return refuse(base::concat("cannot start: ", errno == EBUSY ? "a controller that has lost its keeper and does not "
                                                                      "answer still has the programs; it must end first"
                                                                    : base::errno_text(errno)));
    return loop.run();
}

}  // namespace keeper
