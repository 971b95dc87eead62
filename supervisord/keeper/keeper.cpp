#include "supervisord/keeper/keeper.hpp"

#include <cerrno>

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
    Loop loop(**boot, arguments);
    if (!loop.prepare()) return refuse(base::concat("cannot start: ", base::errno_text(errno)));
    return loop.run();
}

}  // namespace keeper
