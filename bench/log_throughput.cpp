// How fast output goes from pipes to a log: through the journal, and by read and write with a 64 KiB buffer, which is what
// a supervisor without one does.  First what one batch costs, the best of many rounds, which a busy machine disturbs
// least; then MB/s and CPU time of the pumping side under load.  Judges nothing and fails never.
//     log_throughput [directory for the logs]        (default: the current one)
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "common/base/text.hpp"
#include "supervisord/log/output.hpp"

namespace {

struct Load {
    const char* name;
    int writers;
    std::size_t write_size;
    std::size_t bytes;  // of all writers together
};

constexpr Load loads[] = {
    {"1 writer, 100-byte lines", 1, 100, 60'000'000},
    {"1 writer, 4 KiB writes", 1, 4096, 800'000'000},
    {"1 writer, 64 KiB writes", 1, 65536, 1'600'000'000},
    {"50 writers, 100-byte lines", 50, 100, 100'000'000},
    {"50 writers, 4 KiB writes", 50, 4096, 800'000'000},
};

struct Pumped {
    std::size_t bytes = 0;
    bool ended = false;
};
using Pump = std::function<Pumped(int pipe)>;

void write_load(int pipe, const Load& load) {
    std::string line(load.write_size, 'x');
    line.back() = '\n';
    for (std::size_t left = load.bytes / static_cast<std::size_t>(load.writers); left >= line.size(); left -= line.size())
        if (!base::write_all(pipe, line)) ::_exit(1);
    ::_exit(0);
}

double cpu_seconds() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) { return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6; };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// One batch of each pipe that is ready, in turn, as the controller's loop does.
void measure(const char* way, const Load& load, std::vector<Pump> pumps) {
    std::vector<base::Pipe> pipes(static_cast<std::size_t>(load.writers));
    std::vector<pollfd> polled;
    for (auto& pipe : pipes) {
        if (!base::make_pipe(pipe)) return;
        if (::fork() == 0) write_load(pipe.write.get(), load);
        pipe.write.reset();
        polled.push_back({pipe.read.get(), POLLIN, 0});
    }
    const auto start = std::chrono::steady_clock::now();
    const double cpu = cpu_seconds();
    std::size_t bytes = 0, batches = 0;
    for (std::size_t open = pipes.size(); open > 0;) {
        ::poll(polled.data(), polled.size(), -1);
        for (std::size_t i = 0; i < pipes.size(); ++i) {
            if (!polled[i].revents) continue;
            const Pumped pumped = pumps[i](polled[i].fd);
            bytes += pumped.bytes;
            ++batches;
            if (!pumped.ended) continue;
            polled[i].fd = -1;
            --open;
        }
    }
    const double used = cpu_seconds() - cpu;
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    for (const auto& pipe : pipes) {
        std::ignore = pipe;
        ::wait(nullptr);
    }
    const double megabytes = static_cast<double>(bytes) / 1e6;
    std::printf("%-28s %-14s %7.0f MB/s  %7.0f MB per CPU second  %5.2f us CPU and %6zu bytes a batch\n", load.name, way, megabytes / seconds,
                megabytes / used, used / static_cast<double>(batches) * 1e6, bytes / batches);
    std::fflush(stdout);
}

constexpr std::size_t batch_sizes[] = {100, 1000, 4096, 65536};
constexpr int rounds = 60, batches_a_round = 300;

/// Microseconds for one batch, without the writing of it.
double best_round(std::size_t size, const Pump& pump) {
    base::Pipe pipe;
    if (!base::make_pipe(pipe)) return 0;
    const std::string batch(size, 'x');
    double best = 1e9;
    for (int round = 0; round < rounds; ++round) {
        std::chrono::steady_clock::duration spent{0};
        for (int i = 0; i < batches_a_round; ++i) {
            if (!base::write_all(pipe.write.get(), batch)) return 0;
            const auto start = std::chrono::steady_clock::now();
            if (pump(pipe.read.get()).ended) return 0;
            spent += std::chrono::steady_clock::now() - start;
        }
        best = std::min(best, std::chrono::duration<double, std::micro>(spent).count() / batches_a_round);
    }
    return best;
}

void single_batches(const std::string& directory) {
    const std::string path = directory + "/log_throughput";
    auto journal = logs::Journal::create();
    auto log = base::open_file(path, O_WRONLY | O_CREAT | O_APPEND);
    if (!journal || !log) return;
    logs::Files files;
    std::vector<char> buffer(65536);
    for (const std::size_t size : batch_sizes) {
        const auto empty_log = [&] { return ::truncate(path.c_str(), 0) == 0; };
        const auto pump_with = [&](logs::Output& output) {
            return best_round(size, [&](int pipe) { return Pumped{output.pump(pipe, base::now()).bytes, false}; });
        };
        if (!empty_log()) return;
        const double plain = best_round(size, [&](int pipe) {
            const ssize_t count = ::read(pipe, buffer.data(), buffer.size());
            return Pumped{0, count <= 0 || !base::write_all(log->get(), {buffer.data(), static_cast<std::size_t>(count)})};
        });
        double through[2] = {};
        for (const bool strip : {false, true}) {
            logs::Output output(*journal, files, {"bench", strip ? "strip" : "plain", logs::Channel::out}, {.path = path, .strip_ansi = strip});
            if (!empty_log() || output.open() != 0) return;
            through[strip] = pump_with(output);
        }
        std::printf("one batch of %5zu bytes: read and write %6.2f us, journal %6.2f us, journal with strip_ansi %6.2f us\n", size, plain, through[0],
                    through[1]);
    }
    ::unlink(path.c_str());
}

void through_journal(const Load& load, const std::string& directory, bool strip_ansi) {
    auto journal = logs::Journal::create();
    if (!journal) return;
    logs::Files files;
    std::vector<std::unique_ptr<logs::Output>> outputs;
    std::vector<Pump> pumps;
    for (int i = 0; i < load.writers; ++i) {
        const std::string path = base::concat(directory, "/log_throughput.", i);
        outputs.push_back(std::make_unique<logs::Output>(*journal, files, logs::Stream{"bench", base::concat(i), logs::Channel::out},
                                                         logs::Target{.path = path, .strip_ansi = strip_ansi}));
        if (outputs.back()->open() != 0) return;
        pumps.push_back([output = outputs.back().get()](int pipe) {
            const auto pumped = output->pump(pipe, base::now());
            return Pumped{pumped.bytes, pumped.state == logs::Pumped::State::end_of_file};
        });
    }
    measure(strip_ansi ? "journal, strip" : "journal", load, std::move(pumps));
    for (int i = 0; i < load.writers; ++i) ::unlink(base::concat(directory, "/log_throughput.", i).c_str());
}

void by_read_and_write(const Load& load, const std::string& directory) {
    std::vector<base::Fd> logs;
    std::vector<Pump> pumps;
    std::vector<char> buffer(65536);
    for (int i = 0; i < load.writers; ++i) {
        auto log = base::open_file(base::concat(directory, "/log_throughput.", i), O_WRONLY | O_CREAT | O_APPEND);
        if (!log) return;
        logs.push_back(std::move(*log));
        pumps.push_back([&buffer, log_fd = logs.back().get()](int pipe) {
            const ssize_t count = ::read(pipe, buffer.data(), buffer.size());
            if (count <= 0) return Pumped{0, true};
            const auto size = static_cast<std::size_t>(count);
            return Pumped{size, !base::write_all(log_fd, {buffer.data(), size})};
        });
    }
    measure("read and write", load, std::move(pumps));
    for (int i = 0; i < load.writers; ++i) ::unlink(base::concat(directory, "/log_throughput.", i).c_str());
}

}  // namespace

int main(int count, char** arguments) {
    const std::string directory = count > 1 ? arguments[1] : ".";
    single_batches(directory);
    for (const auto& load : loads) {
        by_read_and_write(load, directory);
        through_journal(load, directory, false);
        through_journal(load, directory, true);
    }
}
