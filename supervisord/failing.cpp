#include "supervisord/failing.hpp"

#include <unistd.h>

#include <boost/system/system_error.hpp>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>
#include <utility>

#include "supervisord/keeper/boot.hpp"

namespace control_role {

int fail(std::string_view message) {
    std::fprintf(stderr, "Error: %.*s\n", static_cast<int>(message.size()), message.data());
    return 1;
}

int fail_to_begin(std::string_view message) {
    if (const auto boot = keeper::map_boot(keeper::controller_boot_fd)) keeper::log_problem((*boot)->logfile, message);
    return fail(message);
}

void end_for_exception() noexcept {
    static bool again = false;
    if (std::exchange(again, true)) ::_exit(1);
    try {
        if (const auto thrown = std::current_exception()) std::rethrow_exception(thrown);
    } catch (const std::bad_alloc&) {
        ::_exit(fail_to_begin("no memory left"));
    } catch (const boost::system::system_error& error) {
        for (const int shortage : {ENOMEM, EMFILE, ENFILE, ENOSPC, EAGAIN})
            if (error.code() == boost::system::error_code(shortage, boost::system::system_category())) ::_exit(fail_to_begin(error.what()));
    } catch (...) {
    }
    std::abort();
}

}  // namespace control_role
