// The two ends of bench/logging.py: a program that writes, and the plainest thing that can take it.
//     load write SIZE BYTES GATE DONE   after a byte from the FIFO GATE: BYTES to stdout, SIZE in each write; when all has been
//                                       taken, a byte to the FIFO DONE
//     load copy DIRECTORY PIPE...       one process: read and write with 64 KiB, from each FIFO to a file of its own
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "common/base/fd.hpp"
#include "common/base/text.hpp"

namespace {

int write_load(std::size_t size, std::size_t bytes, const char* gate, const char* done) {
    std::string line(size, 'x');
    line.back() = '\n';
    char nothing;
    const base::Fd opened(::open(gate, O_RDONLY | O_CLOEXEC));
    if (::read(opened.get(), &nothing, 1) != 1) return 1;
    for (std::size_t left = bytes; left >= size; left -= size)
        if (!base::write_all(STDOUT_FILENO, line)) return 1;
    for (int waiting = 1; ::ioctl(STDOUT_FILENO, FIONREAD, &waiting) == 0 && waiting > 0;)
        std::this_thread::sleep_for(std::chrono::microseconds(200));
    const base::Fd told(::open(done, O_WRONLY | O_CLOEXEC));
    return base::write_all(told.get(), ".") ? 0 : 1;
}

int copy(const std::string& directory, int count, char** pipes) {
    std::vector<pollfd> polled;
    std::vector<int> logs;
    for (int i = 0; i < count; ++i) {
        polled.push_back({::open(pipes[i], O_RDONLY | O_CLOEXEC), POLLIN, 0});
        logs.push_back(::open(base::concat(directory, '/', i).c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
    }
    std::vector<char> buffer(65536);
    for (int open = count; open > 0;) {
        ::poll(polled.data(), polled.size(), -1);
        for (std::size_t i = 0; i < polled.size(); ++i) {
            if (!polled[i].revents) continue;
            const ssize_t got = ::read(polled[i].fd, buffer.data(), buffer.size());
            if (got > 0 && base::write_all(logs[i], {buffer.data(), static_cast<std::size_t>(got)})) continue;
            polled[i].fd = -1;
            --open;
        }
    }
    return 0;
}

}  // namespace

int main(int count, char** arguments) {
    const std::string_view what = count > 1 ? arguments[1] : "";
    if (what == "write" && count == 6)
        return write_load(std::strtoull(arguments[2], nullptr, 10), std::strtoull(arguments[3], nullptr, 10), arguments[4], arguments[5]);
    if (what == "copy" && count > 3) return copy(arguments[2], count - 3, arguments + 3);
    return 2;
}
