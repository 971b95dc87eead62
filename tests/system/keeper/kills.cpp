#include "tests/system/keeper/kills.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <random>
#include <thread>

#include "common/base/clock.hpp"
#include "common/base/fd.hpp"
#include "common/base/signals.hpp"
#include "common/base/text.hpp"
#include "supervisord/keeper/boot.hpp"
#include "supervisord/keeper/keeper.hpp"

namespace kills {

using namespace std::chrono_literals;

namespace {

[[noreturn]] void fail(const std::string& what) {
    std::fprintf(stderr, "%s: %s\n", what.c_str(), base::errno_text(errno).c_str());
    std::exit(1);
}

}  // namespace

Notes& map_notes(const std::string& directory) {
    const auto fd = base::open_file(directory + "/memory", O_RDWR | O_CREAT, 0600);
    if (!fd || ::ftruncate(fd->get(), sizeof(Notes)) != 0) fail("notes");
    void* memory = ::mmap(nullptr, sizeof(Notes), PROT_READ | PROT_WRITE, MAP_SHARED, fd->get(), 0);
    if (memory == MAP_FAILED) fail("notes");
    return *static_cast<Notes*>(memory);
}

void record(const std::string& directory, const std::string& line) {
    const auto fd = base::open_file(directory + "/record", O_WRONLY | O_APPEND | O_CREAT, 0600);
    if (!fd || !base::write_all(fd->get(), line + "\n")) fail("record");
}

void lock_or_complain(const std::string& directory, const std::string& name) {
    auto fd = base::open_file(directory + "/lock." + name, O_RDWR | O_CREAT, 0600);
    if (!fd) fail("lock");
    if (::flock(fd->get(), LOCK_EX | LOCK_NB) != 0) record(directory, base::concat("wrong two of ", name));
    (void)fd->release();  // as long as this process lives
}

std::string name_of(std::uint32_t program) { return base::concat("program_", program); }

int wstatus_of(std::uint64_t inc) { return inc % 5 == 0 ? SIGTERM : static_cast<int>(inc % 100) << 8; }

int play_program(const std::string& directory, const std::string& name, std::uint64_t inc) {
    lock_or_complain(directory, name);
    record(directory, base::concat("start ", name, ' ', inc));
    std::this_thread::sleep_for(std::chrono::milliseconds(std::random_device()() % 30));
    const int wstatus = wstatus_of(inc);
    if (WIFSIGNALED(wstatus)) ::raise(WTERMSIG(wstatus));
    return WEXITSTATUS(wstatus);
}

namespace {

// Everything that this test kills is in here.
void enter_own_namespace() {
    if (::unshare(CLONE_NEWPID | CLONE_NEWNS) != 0) {
        std::puts("no PID namespace to be had here: skipped");
        std::exit(77);
    }
    const pid_t inside = ::fork();
    if (inside < 0) fail("fork");
    if (inside > 0) {
        int wstatus = 0;
        ::waitpid(inside, &wstatus, 0);
        std::exit(WIFEXITED(wstatus) ? WEXITSTATUS(wstatus) : 1);
    }
    ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
    if (::mount("proc", "/proc", "proc", 0, nullptr) != 0) fail("mount /proc");
}

pid_t start_keeper(const std::string& directory) {
    const auto boot = std::make_unique<keeper::Boot>();
    (void)keeper::set_path(boot->runtime_directory, directory);
    (void)keeper::set_path(boot->pidfile, directory + "/pid");
    const auto fd = keeper::write_boot(*boot, "");
    if (!fd) fail(fd.error());
    const pid_t pid = ::fork();
    if (pid != 0) return pid;
    if (fd->get() == keeper::boot_fd)
        base::set_close_on_exec(keeper::boot_fd, false);
    else
        ::dup2(fd->get(), keeper::boot_fd);
    ::execl("/proc/self/exe", "supervisord", "--keeper", directory.c_str(), static_cast<char*>(nullptr));
    ::_exit(127);
}

// Kills one controller after the other, some in their first instructions, some at work.
void kill_controllers(Notes& notes, int count) {
    const auto seed = std::random_device()();
    std::printf("seed %u, %d kills\n", seed, count);
    std::mt19937 random(seed);
    std::uint32_t killed = 0;
    base::Time::duration longest{}, all{};
    for (int i = 0; i < count; ++i) {
        const base::Time before = base::now();
        const auto wait_while = [&](auto&& condition) {
            while (condition() && base::now() < before + 30s) std::this_thread::sleep_for(100us);
        };
        wait_while([&] { return notes.generation == killed; });
        longest = std::max(longest, base::now() - before);
        all += base::now() - before;
        killed = notes.generation;
        // In the midst of its recovery, or at work: not too often the first, which the keeper answers with patience.
        if (random() % 4 != 0) wait_while([&] { return notes.ready != killed; });
        std::this_thread::sleep_for(std::chrono::microseconds(random() % 2 == 0 ? random() % 300 : random() % 30'000));
        if (!base::send_signal(notes.controller, SIGKILL)) fail("no controller came within 30 s");
    }
    std::printf("the next controller came after %.1f ms, at most %.1f ms\n",
                std::chrono::duration<double, std::milli>(all).count() / count,
                std::chrono::duration<double, std::milli>(longest).count());
}

struct Life {
    int starts = 0;
    bool is_void = false;
    std::vector<int> exits;
};

// What the invariants of the design say of the record; the number of mistakes.
int judge(const std::string& directory, Notes& notes) {
    int mistakes = 0;
    const auto mistake = [&](const std::string& what) {
        std::printf("MISTAKE: %s\n", what.c_str());
        ++mistakes;
    };
    std::map<std::string, std::map<std::uint64_t, Life>> lives;
    std::map<std::string, std::uint64_t> last;
    const auto text = base::read_file(directory + "/record", 1 << 28);
    if (!text) fail(text.error());
    for (const auto line : base::split(*text, '\n')) {
        const auto words = base::words(line);
        if (words.empty()) continue;
        std::uint64_t inc = 0;
        if (words[0] == "wrong" || words.size() < 3 || !base::parse_digits(words[2], inc)) {
            mistake(std::string(line));
            continue;
        }
        const std::string name(words[1]);
        Life& life = lives[name][inc];
        if (words[0] == "start") {
            ++life.starts;
            if (inc <= last[name]) mistake(base::concat(line, " after ", last[name]));  // I8
            last[name] = inc;
        } else if (words[0] == "void") {
            life.is_void = true;
        } else {
            int wstatus = 0;
            (void)base::parse_digits(words[3], wstatus);
            life.exits.push_back(wstatus);
        }
    }
    std::uint64_t starts = 0;
    for (std::uint32_t program = 0; program < programs; ++program) {
        auto& all = lives[name_of(program)];
        for (std::uint64_t inc = 1; inc <= notes.next_inc[program]; ++inc) {
            const Life& life = all[inc];
            const std::string who = base::concat(name_of(program), ' ', inc);
            starts += static_cast<std::uint64_t>(life.starts);
            if (life.is_void ? life.starts != 0 : life.starts != 1) mistake(who + ": starts and record differ");
            if (!life.is_void && life.exits.empty()) mistake(who + ": its exit is lost");  // I2
            for (const int wstatus : life.exits)
                if (wstatus != wstatus_of(inc)) mistake(base::concat(who, ": ended with ", wstatus));
        }
        if (all.size() != notes.next_inc[program]) mistake(name_of(program) + ": more incarnations than were noted");
    }
    std::printf("%llu starts, %u controllers, %d mistakes\n", static_cast<unsigned long long>(starts),
                notes.generation.load(), mistakes);
    return mistakes;
}

int play_referee(int count) {
    enter_own_namespace();
    std::string directory = std::filesystem::temp_directory_path() / "keeper-kills-XXXXXX";
    if (!::mkdtemp(directory.data())) fail("mkdtemp");
    Notes& notes = map_notes(directory);
    const pid_t keeper = start_keeper(directory);
    kill_controllers(notes, count);
    (void)base::send_signal(keeper, SIGTERM);
    int wstatus = -1;
    const base::Time deadline = base::now() + 60s;
    while (::waitpid(keeper, &wstatus, WNOHANG) == 0 && base::now() < deadline) std::this_thread::sleep_for(1ms);
    const int mistakes = judge(directory, notes);
    if (wstatus != 0) std::printf("MISTAKE: the keeper ended with %d\n", wstatus);
    std::filesystem::remove_all(directory);
    return mistakes != 0 || wstatus != 0 ? 1 : 0;
}

}  // namespace

}  // namespace kills

int main(int count, char** arguments) {
    const std::string role = count > 1 ? arguments[1] : "100";
    if (role == "--keeper") return keeper::run({arguments + 2, arguments + count});
    if (role == "--controller") return kills::play_controller(arguments[count - 1]);
    std::uint64_t inc = 0;
    if (role == "--program" && count == 5 && base::parse_digits(arguments[4], inc))
        return kills::play_program(arguments[2], arguments[3], inc);
    int kills = 0;
    if (!base::parse_digits(role, kills)) return 2;
    return kills::play_referee(kills);
}
