// A new version: its test, its controller, the keeper executed anew.  The versions are copies of the actor.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>

#include "common/base/signals.hpp"
#include "common/base/text.hpp"
#include "tests/unit/keeper/stage.hpp"

using keeper::Type;
using keeper::Upgrade;
using keeper::Why;
using stage::shell;

namespace {

std::string exe_of(pid_t pid) { return std::filesystem::read_symlink(base::concat("/proc/", pid, "/exe")); }

/// A stage with another version of its actor.
struct Bench {
    stage::Stage stage;
    std::string program = stage.directory() + "/new";

    Bench() { std::filesystem::copy_file(KEEPER_ACTOR, program); }
    ~Bench() { std::filesystem::remove(program); }

    /// What the actor does as its own test: 't' ends well, 'f' badly, 'h' not at all.
    keeper::Message request(stage::Controller& controller, char what, bool waits = true) {
        const base::Fd image(::open(program.c_str(), O_PATH | O_CLOEXEC));
        const base::Fd plan(::memfd_create("plan", MFD_CLOEXEC));
        REQUIRE(base::write_all(plan.get(), std::string(1, what)));
        base::Pipe said;
        REQUIRE(base::make_pipe(said));
        const int descriptors[] = {image.get(), said.write.get(), plan.get(), plan.get(), plan.get(), plan.get()};
        if (!waits) return controller.send(keeper::message_of(Type::examine), descriptors), keeper::Message{};
        const auto answer = controller.ask(keeper::message_of(Type::examine), descriptors);
        said.write.reset();
        output = stage::read_to_end(said.read.get());
        return answer;
    }
    /// Up to where the old controller is to end.
    void want(stage::Controller& controller) {
        const auto tested = request(controller, 't');
        REQUIRE(tested.err == 0);
        REQUIRE(tested.wstatus == 0);
        REQUIRE(controller.ask(keeper::message_of(Type::upgrade)).err == 0);
        stage.tell_to_exit(0);
    }

    std::string output;
};

}  // namespace

TEST_CASE("a new version that works is what the keeper goes on as, and nothing else changes") {
    Bench bench;
    auto first = bench.stage.next();
    first.take_over();
    const auto running = first.spawn(shell("p", "echo one; read x; exit 5"));
    CHECK(stage::read_line(running.output.get()) == "one");
    CHECK_FALSE(first.has_come(Type::exited));  // all of before is dealt with
    const int descriptors = bench.stage.count_descriptors();
    bench.want(first);
    CHECK(bench.output == "tested\n");
    auto second = bench.stage.next();
    CHECK(exe_of(second.pid()) == bench.program);
    CHECK(exe_of(bench.stage.keeper()) == KEEPER_ACTOR);
    const auto welcome = second.greet();
    CHECK(welcome.why == Why::upgrade);
    CHECK(welcome.upgrade == Upgrade::starting);
    CHECK(welcome.restarts == 0);
    CHECK(second.table().slots()[running.slot].pid == running.pid);
    const auto early = second.spawn(shell("early", "exit 3"));
    CHECK(WEXITSTATUS(second.await(Type::exited).ending.wstatus) == 3);
    bench.stage.signal_keeper(SIGHUP);
    CHECK(second.await(Type::signals).bits == std::uint64_t{1} << SIGHUP);
    second.send(keeper::message_of(Type::ready));
    CHECK(second.await(Type::upgraded).upgrade == Upgrade::done);
    CHECK(exe_of(bench.stage.keeper()) == bench.program);
    // Nothing that the controller knows is told again, and nothing is forgotten.
    CHECK_FALSE(second.has_come(Type::exited));
    CHECK_FALSE(second.has_come(Type::signals));
    CHECK(second.signal(running, 0) == 0);
    second.release(early);
    const auto late = second.spawn(shell("late", "exit 4"));
    CHECK(late.err == 0);
    CHECK(WEXITSTATUS(second.await(Type::exited).ending.wstatus) == 4);
    second.release(late);
    CHECK_FALSE(second.has_come(Type::exited));
    CHECK(bench.stage.count_descriptors() <= descriptors);  // less what we were started with and did not want
    REQUIRE(base::send_signal(running.pid, SIGKILL));
    const auto exited = second.await(Type::exited);
    CHECK(exited.ending.known == keeper::Known::wait);
    CHECK(WTERMSIG(exited.ending.wstatus) == SIGKILL);
    REQUIRE(base::send_signal(second.pid(), SIGKILL));
    auto third = bench.stage.next();
    CHECK(exe_of(third.pid()) == bench.program);
    const auto again = third.greet();
    CHECK(again.why == Why::crash);
    CHECK(again.upgrade == Upgrade::done);
    CHECK(third.table().slots()[running.slot].state == keeper::SlotState::exited);
    CHECK(third.table().header().pending_signals == std::uint64_t{1} << SIGHUP);
}

TEST_CASE("only a version that has passed its test is taken") {
    Bench bench;
    auto controller = bench.stage.next();
    controller.take_over();
    CHECK(controller.ask(keeper::message_of(Type::upgrade)).err == EINVAL);
    const auto failed = bench.request(controller, 'f');
    CHECK(failed.err == 0);
    CHECK(WEXITSTATUS(failed.wstatus) == 1);
    CHECK(controller.ask(keeper::message_of(Type::upgrade)).err == EINVAL);
    std::filesystem::resize_file(bench.program, 100);
    CHECK(WEXITSTATUS(bench.request(controller, 't').wstatus) == 126);
    CHECK(controller.ask(keeper::message_of(Type::upgrade)).err == EINVAL);
}

TEST_CASE("a test ends with the controller that wanted it, and there is one at a time") {
    Bench bench;
    auto first = bench.stage.next();
    first.take_over();
    (void)bench.request(first, 'h', false);
    CHECK(bench.request(first, 't').err == EBUSY);
    CHECK(first.ask(keeper::message_of(Type::upgrade)).err == EINVAL);
    REQUIRE(base::send_signal(first.pid(), SIGKILL));
    auto second = bench.stage.next();
    second.take_over();
    CHECK(second.ask(keeper::message_of(Type::upgrade)).err == EINVAL);
    CHECK(stage::becomes_true([&] { return bench.request(second, 't').err == 0; }));
    CHECK_FALSE(second.has_come(Type::orphan));
}

TEST_CASE("while the keeper is to follow no other version is tested: it would forget that one") {
    Bench bench;
    auto first = bench.stage.next();
    first.take_over();
    bench.want(first);
    auto second = bench.stage.next();
    (void)second.greet();
    stage::stop_process(bench.stage.keeper());  // it finds both at once
    second.send(keeper::message_of(Type::ready));
    (void)bench.request(second, 't', false);
    bench.stage.signal_keeper(SIGCONT);
    CHECK(second.await(Type::reply).err == EBUSY);
    CHECK(second.await(Type::upgraded).upgrade == Upgrade::done);
    CHECK(bench.request(second, 't').err == 0);
    CHECK(second.ask(keeper::message_of(Type::upgrade)).err == 0);
}

TEST_CASE("a new controller that ends before it works is taken back") {
    Bench bench;
    auto first = bench.stage.next();
    first.take_over();
    const auto running = first.spawn(shell("p", "read x"));
    bench.want(first);
    auto second = bench.stage.next();
    REQUIRE(second.greet().err == 0);
    CHECK(bench.request(second, 't').err == EBUSY);
    REQUIRE(base::send_signal(second.pid(), SIGKILL));
    auto third = bench.stage.next();
    CHECK(exe_of(third.pid()) == KEEPER_ACTOR);
    const auto welcome = third.greet();
    CHECK(welcome.why == Why::taken_back);
    CHECK(welcome.upgrade == Upgrade::taken_back);
    CHECK(WTERMSIG(welcome.wstatus) == SIGKILL);
    CHECK(welcome.restarts == 1);
    third.send(keeper::message_of(Type::ready));
    CHECK_FALSE(third.has_come(Type::upgraded));
    CHECK(third.signal(running, 0) == 0);
    CHECK(exe_of(bench.stage.keeper()) == KEEPER_ACTOR);
}

TEST_CASE("an old controller that is killed after it has wanted the upgrade does not stop it") {
    Bench bench;
    auto first = bench.stage.next();
    first.take_over();
    REQUIRE(bench.request(first, 't').wstatus == 0);
    REQUIRE(first.ask(keeper::message_of(Type::upgrade)).err == 0);
    CHECK(first.ask(keeper::message_of(Type::upgrade)).err == EBUSY);
    REQUIRE(base::send_signal(first.pid(), SIGKILL));
    auto second = bench.stage.next();
    CHECK(second.greet().why == Why::upgrade);
    second.send(keeper::message_of(Type::ready));
    CHECK(second.await(Type::upgraded).upgrade == Upgrade::done);
}

TEST_CASE("a keeper whose new version cannot be executed stays as it was, with the new controller") {
    Bench bench;
    auto first = bench.stage.next();
    first.take_over();
    bench.want(first);
    auto second = bench.stage.next();
    REQUIRE(second.greet().err == 0);
    const auto running = second.spawn(shell("p", "read x"));
    CHECK_FALSE(second.has_come(Type::upgraded));
    std::filesystem::permissions(bench.program, std::filesystem::perms::none);
    const int descriptors = bench.stage.count_descriptors();
    second.send(keeper::message_of(Type::ready));
    CHECK(second.await(Type::upgraded).upgrade == Upgrade::controller_only);
    CHECK(base::concat(second.await(Type::note).name).find("Permission denied") != std::string::npos);
    CHECK(exe_of(bench.stage.keeper()) == KEEPER_ACTOR);
    CHECK(bench.stage.count_descriptors() == descriptors - 1);  // the new binary is held in place of the old one
    const auto other = second.spawn(shell("q", "ls /proc/self/fd"));
    CHECK(stage::read_to_end(other.output.get()) == "0\n1\n2\n3\n");
    CHECK(second.signal(running, 0) == 0);
}
