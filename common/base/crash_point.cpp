#include "common/base/crash_point.hpp"

#ifdef CRASH_POINTS

#include <fcntl.h>
#include <sys/random.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdlib>

namespace base {

namespace {

// No heap: points stand between fork and exec too.
double probability_in(std::string_view list, std::string_view name) {
    while (!list.empty()) {
        const auto comma = list.find_first_of(",\n");
        const auto entry = list.substr(0, comma);
        list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
        const auto colon = entry.find(':');
        if (colon != std::string_view::npos && entry.substr(0, colon) == name)
            return std::strtod(entry.data() + colon + 1, nullptr);
    }
    return 0;
}

double probability_of(std::string_view name) {
    if (const char* path = std::getenv("SUPERVISORD_CRASH_FILE")) {
        char buffer[4096];
        const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
        const ssize_t size = fd < 0 ? -1 : ::read(fd, buffer, sizeof buffer - 1);
        if (fd >= 0) ::close(fd);
        if (size <= 0) return 0;
        buffer[size] = '\0';
        return probability_in({buffer, static_cast<std::size_t>(size)}, name);
    }
    const char* list = std::getenv("SUPERVISORD_CRASH");
    return list ? probability_in(list, name) : 0;
}

}  // namespace

void crash_point(std::string_view name) {
    const double probability = probability_of(name);
    if (probability <= 0) return;
    std::uint32_t dice = 0;  // from the kernel: a forked process must not throw what its parent threw
    if (::getrandom(&dice, sizeof dice, 0) != sizeof dice) return;
    if (dice < probability * 4294967296.0) ::kill(::getpid(), SIGKILL);
}

}  // namespace base

#endif
