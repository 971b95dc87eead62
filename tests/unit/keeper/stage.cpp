#include "tests/unit/keeper/stage.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

#include "common/base/clock.hpp"
#include "common/base/signals.hpp"
#include "common/base/text.hpp"

namespace stage {

using namespace std::chrono_literals;

namespace {

constexpr auto patience = 20s;

bool readable(int fd, base::Time deadline) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - base::now()).count();
    pollfd waited{.fd = fd, .events = POLLIN, .revents = 0};
    return left > 0 && ::poll(&waited, 1, static_cast<int>(left)) > 0;
}

}  // namespace

Program shell(const std::string& name, const std::string& script) {
    Program program;
    program.name = name;
    program.spec.program = "/bin/sh";
    program.spec.arguments = {"sh", "-c", script};
    program.spec.environment = {"PATH=/usr/bin:/bin"};
    return program;
}

Controller::Controller(Entrance entrance, base::Fd link, base::Fd table)
    : entrance_(entrance), link_(std::move(link)), table_copy_(std::move(table)) {
    auto snapshot = keeper::Snapshot::map(table_copy_.get());
    REQUIRE(snapshot);
    table_ = *snapshot;
}

bool Controller::has_open(int fd) const {
    return std::filesystem::is_symlink(base::concat("/proc/", entrance_.pid, "/fd/", fd));
}

void Controller::send(const keeper::Message& message, std::span<const int> descriptors) {
    REQUIRE(becomes_true([&] { return keeper::send_message(link_.get(), message, descriptors) == keeper::Sent::done; }));
}

keeper::Message Controller::next(const std::function<bool(const keeper::Message&)>& wanted) {
    for (auto kept = kept_.begin(); kept != kept_.end(); ++kept) {
        if (!wanted(*kept)) continue;
        const keeper::Message found = *kept;
        kept_.erase(kept);
        return found;
    }
    const base::Time deadline = base::now() + patience;
    while (readable(link_.get(), deadline)) {
        keeper::Incoming incoming;
        keeper::receive_message(link_.get(), incoming);
        if (incoming.receipt == keeper::Receipt::closed) break;
        if (incoming.receipt != keeper::Receipt::message) continue;
        if (wanted(incoming.message)) return incoming.message;
        kept_.push_back(incoming.message);
    }
    throw std::runtime_error("no such message from the keeper");
}

keeper::Message Controller::await(keeper::Type type) {
    return next([&](const keeper::Message& message) { return message.type == type; });
}

keeper::Message Controller::ask(keeper::Message request, std::span<const int> descriptors) {
    request.seq = ++seq_;
    send(request, descriptors);
    return next([&](const keeper::Message& message) { return message.seq == request.seq; });
}

bool Controller::has_come(keeper::Type type) {
    keeper::Message nothing = keeper::message_of(keeper::Type::drop);
    REQUIRE(keeper::set_name(nothing, "there is no such thing"));
    ask(nothing);  // its answer comes behind what was sent before
    for (const auto& message : kept_)
        if (message.type == type) return true;
    return false;
}

keeper::Message Controller::greet() { return ask(keeper::message_of(keeper::Type::hello)); }

void Controller::take_over() {
    REQUIRE(greet().err == 0);
    send(keeper::message_of(keeper::Type::ready));
}

Running Controller::spawn(const Program& program) {
    base::Pipe input, output;
    REQUIRE(base::make_pipe(input));
    REQUIRE(base::make_pipe(output));
    for (base::Fd* end : {&input.read, &output.write})
        if (program.lasting) *end = base::Fd(::open(base::concat("/proc/self/fd/", end->get()).c_str(), O_RDWR | O_CLOEXEC));
    auto spec = keeper::write_spec(program.spec);
    REQUIRE(spec);
    keeper::Message request = keeper::message_of(keeper::Type::spawn);
    REQUIRE(keeper::set_name(request, program.name));
    request.inc = program.inc;
    request.flags = program.flags;
    request.retained_count = 2;
    request.retained[0] = keeper::Role::input;
    request.retained[1] = keeper::Role::output;
    request.target_count = 3;
    for (std::uint8_t i = 0; i < 3; ++i) request.target[i] = i;
    const int descriptors[] = {spec->get(),       input.write.get(),  output.read.get(),
                               input.read.get(), output.write.get(), output.write.get()};
    const keeper::Message answer = ask(request, descriptors);
    Running running{.slot = answer.slot, .inc = answer.inc, .pid = answer.pid, .err = answer.err, .output = {}};
    running.output = std::move(output.read);
    return running;
}

int Controller::signal(const Running& running, int number, std::uint64_t order, std::uint32_t flags) {
    keeper::Message request = keeper::message_of(keeper::Type::signal);
    request.slot = running.slot;
    request.inc = running.inc;
    request.signal = number;
    request.order = order;
    request.flags = flags;
    return ask(request).err;
}

void Controller::release(const Running& running) {
    keeper::Message request = keeper::message_of(keeper::Type::release);
    request.slot = running.slot;
    request.inc = running.inc;
    send(request);
}

Stage::Stage() {
    // Programs that are still there when the keeper has gone come to us, so that they can be ended and reaped.
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    directory_ = std::filesystem::temp_directory_path() / "keeper-test-XXXXXX";
    REQUIRE(::mkdtemp(directory_.data()) != nullptr);
    start_keeper();
}

void Stage::start_keeper() {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
    ours_ = base::Fd(ends[0]);
    const base::Fd theirs(ends[1]);
    const auto boot = std::make_unique<keeper::Boot>();
    REQUIRE(keeper::set_path(boot->pidfile, directory_ + "/pid"));
    REQUIRE(keeper::set_path(boot->runtime_directory, directory_));
    const int high = ::fcntl(theirs.get(), F_DUPFD_CLOEXEC, 50);
    REQUIRE(keeper::hold(*boot, "stage", high));
    auto written = keeper::write_boot(*boot, "what the launcher says");
    REQUIRE(written);
    keeper_ = ::fork();
    if (keeper_ == 0) {
        base::set_close_on_exec(high, false);
        ::dup2(written->get(), keeper::boot_fd);
        if (written->get() == keeper::boot_fd) base::set_close_on_exec(keeper::boot_fd, false);
        ::execl(KEEPER_ACTOR, "supervisord", "--keeper", static_cast<char*>(nullptr));
        ::_exit(127);
    }
    ::close(high);
    REQUIRE(keeper_ > 1);
}

Stage::~Stage() {
    if (keeper_ > 1) {
        (void)base::send_signal(keeper_, SIGKILL);
        ::waitpid(keeper_, nullptr, 0);
    }
    ours_.reset();
    // Every child of ours that is left was the keeper's.
    const bool none_left = becomes_true([] {
        auto children = base::read_file(base::concat("/proc/self/task/", ::getpid(), "/children"), 65536);
        if (children)
            for (const auto word : base::words(*children)) {
                pid_t pid = 0;
                if (base::parse_digits(word, pid)) (void)base::send_signal(pid, SIGKILL);
            }
        while (::waitpid(-1, nullptr, WNOHANG) > 0) {}
        return ::waitpid(-1, nullptr, WNOHANG) < 0 && errno == ECHILD;
    });
    CHECK(none_left);
    std::filesystem::remove_all(directory_);
}

Controller Stage::next() {
    Entrance entrance;
    iovec bytes{.iov_base = &entrance, .iov_len = sizeof entrance};
    alignas(cmsghdr) char control[CMSG_SPACE(2 * sizeof(int))] = {};
    msghdr header{};
    header.msg_iov = &bytes;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    REQUIRE(readable(ours_.get(), base::now() + patience));
    REQUIRE(::recvmsg(ours_.get(), &header, MSG_CMSG_CLOEXEC) == sizeof entrance);
    int descriptors[2] = {-1, -1};
    REQUIRE(CMSG_FIRSTHDR(&header) != nullptr);
    std::memcpy(descriptors, CMSG_DATA(CMSG_FIRSTHDR(&header)), sizeof descriptors);
    return Controller(entrance, base::Fd(descriptors[0]), base::Fd(descriptors[1]));
}

void Stage::tell_to_exit(int code) { REQUIRE(::send(ours_.get(), &code, sizeof code, MSG_NOSIGNAL) > 0); }

int Stage::wait_for_end() {
    int wstatus = 0;
    const bool ended = becomes_true([&] { return ::waitpid(keeper_, &wstatus, WNOHANG) == keeper_; });
    REQUIRE(ended);
    keeper_ = 0;
    return wstatus;
}

void Stage::begin_again(const Controller& puppet) {
    // Both stand still first: none of them can do anything about the other.
    for (const int number : {SIGSTOP, SIGKILL})
        for (const pid_t pid : {keeper_, puppet.pid()}) REQUIRE(base::send_signal(pid, number));
    ::waitpid(keeper_, nullptr, 0);
    ::waitpid(puppet.pid(), nullptr, 0);
    start_keeper();
}

void Stage::promote(const Controller& puppet) {
    tell_to_exit(succeed);
    REQUIRE(becomes_true([&] {  // it has heard it
        int left = 0;
        return ::ioctl(ours_.get(), SIOCOUTQ, &left) == 0 && left == 0;
    }));
    REQUIRE(base::send_signal(keeper_, SIGKILL));
    ::waitpid(keeper_, nullptr, 0);
    keeper_ = puppet.pid();
}

void Stage::signal_keeper(int number) { REQUIRE(base::send_signal(keeper_, number)); }

int Stage::count_descriptors() const {
    int count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(base::concat("/proc/", keeper_, "/fd"))) {
        (void)entry;
        ++count;
    }
    return count;
}

std::string read_to_end(int fd) {
    std::string text;
    char buffer[4096];
    const base::Time deadline = base::now() + patience;
    while (readable(fd, deadline)) {
        const ssize_t size = ::read(fd, buffer, sizeof buffer);
        if (size <= 0) return text;
        text.append(buffer, static_cast<std::size_t>(size));
    }
    throw std::runtime_error("the program does not close its output");
}

std::string read_line(int fd) {
    std::string text;
    const base::Time deadline = base::now() + patience;
    while (readable(fd, deadline)) {
        char byte = 0;
        if (::read(fd, &byte, 1) <= 0 || byte == '\n') return text;
        text.push_back(byte);
    }
    throw std::runtime_error("the program does not write a line");
}

bool becomes_true(const std::function<bool()>& condition) {
    const base::Time deadline = base::now() + patience;
    while (!condition()) {
        if (base::now() > deadline) return false;
        ::poll(nullptr, 0, 1);
    }
    return true;
}

void stop_process(pid_t pid) {
    REQUIRE(base::send_signal(pid, SIGSTOP));
    REQUIRE(becomes_true([&] {
        std::ifstream file(base::concat("/proc/", pid, "/stat"));
        const std::string stat{std::istreambuf_iterator<char>(file), {}};
        return stat.find(") T ") != stat.npos;
    }));
}

}  // namespace stage
