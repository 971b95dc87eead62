// A service that bears witness of what was done to it.  Takes a lock that only one of its name can have; writes numbered
// lines to stdout as fast as it is told; ends by itself after a while, or at SIGTERM or SIGUSR2, or never.  Into its truth
// file it writes, each with one write(2): "start ID PID", "end ID LINES CODE", "usr1" at each SIGUSR1, and "twice" when
// another of its name lives.
//     witness NAME TRUTH_DIRECTORY LINES_PER_SECOND LINE_BYTES LIFE_MILLISECONDS
// A life of 0 is without end.  The exit code is drawn: 0, 1 or 7.

#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

namespace {

volatile std::sig_atomic_t told_to_end = 0;
std::atomic<int> told_something = 0;
static_assert(std::atomic<int>::is_always_lock_free);

std::uint32_t drawn() {
    std::uint32_t lot = 0;
    return ::getrandom(&lot, sizeof lot, 0) == sizeof lot ? lot : 0;
}

class Truth {
public:
    explicit Truth(const std::string& path) : fd_(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666)) {}
    void write(const std::string& line) const {
        if (::write(fd_, line.data(), line.size()) != static_cast<ssize_t>(line.size())) std::_Exit(99);
    }

private:
    int fd_;
};

/// The whole line, whatever interrupts; the supervisor's pipe may be full for a while.
void write_line(const std::string& line) {
    for (std::size_t at = 0; at < line.size();) {
        const ssize_t count = ::write(1, line.data() + at, line.size() - at);
        if (count > 0) at += static_cast<std::size_t>(count);
        else if (errno != EINTR) std::_Exit(98);
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 6) return 2;
    const std::string name = argv[1], directory = argv[2];
    const long rate = std::atol(argv[3]), bytes = std::atol(argv[4]), life = std::atol(argv[5]);
    struct sigaction action{};
    action.sa_handler = [](int) { told_to_end = 1; };
    ::sigaction(SIGTERM, &action, nullptr);
    ::sigaction(SIGUSR2, &action, nullptr);
    action.sa_handler = [](int) { ++told_something; };
    ::sigaction(SIGUSR1, &action, nullptr);

    const Truth truth(directory + "/" + name);
    const int lock = ::open((directory + "/" + name + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
        truth.write("twice\n");
        return 97;
    }
    char id[20];
    std::snprintf(id, sizeof id, "%08x%08x", drawn(), drawn());
    truth.write("start " + std::string(id) + " " + std::to_string(::getpid()) + "\n");

    using Clock = std::chrono::steady_clock;
    const auto begin = Clock::now();
    const auto end = begin + std::chrono::milliseconds(life + (life ? drawn() % life : 0));
    long lines = 0;
    while (!told_to_end && (life == 0 || Clock::now() < end)) {
        for (; told_something > 0; --told_something) truth.write("usr1\n");
        std::string line = std::string(id) + " " + std::to_string(lines) + " ";
        while (static_cast<long>(line.size()) < bytes - 1) line += static_cast<char>('a' + line.size() % 26);
        write_line(line + "\n");
        ++lines;
        const auto due = begin + std::chrono::nanoseconds(1'000'000'000 / rate) * lines;
        if (due > Clock::now()) std::this_thread::sleep_until(std::min(due, Clock::now() + std::chrono::milliseconds(20)));
    }
    constexpr int codes[] = {0, 1, 7};
    const int code = codes[drawn() % 3];
    truth.write("end " + std::string(id) + " " + std::to_string(lines) + " " + std::to_string(code) + "\n");
    return code;
}
