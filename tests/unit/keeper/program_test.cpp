// What becomes of a program: start, what it finds, end.
#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "common/base/text.hpp"
#include "tests/unit/keeper/stage.hpp"

using keeper::Type;
using stage::shell;

namespace {

std::string not_spawned(const std::string& why) {
    return base::concat("supervisor: ", why, "\nsupervisor: child process was not spawned\n");
}

}  // namespace

TEST_CASE("a program finds what its spec says, and nothing of the keeper's") {
    stage::Stage stage;
    auto controller = stage.next();
    controller.take_over();
    auto program = shell("show",
                         "pwd; umask; ulimit -Sn; ulimit -Hn; echo \"$A\"; cat /proc/$$/oom_score_adj;"
                         // Of a child: the shell itself may still be in the middle of its launch.  3 is what ls has open.
                         "grep -E '^Sig(Blk|Ign)' /proc/self/status; ls /proc/self/fd | tr '\\n' ' ';"
                         "cut -d' ' -f5 /proc/$$/stat; echo $$ >&2");
    program.spec.directory = "/usr";
    program.spec.umask = 027;
    program.spec.nofile = keeper::Spec::Limit{300, 400};
    program.spec.environment.push_back("A=a b");
    const auto running = controller.spawn(program);
    REQUIRE(running.err == 0);
    const std::string pid = std::to_string(running.pid);
    const auto own_score = base::read_file("/proc/self/oom_score_adj", 64);
    REQUIRE(own_score);
    // SIGPIPE (13) and SIGXFSZ (25) are ignored, as under Supervisor.
    CHECK(stage::read_to_end(running.output.get()) ==
          base::concat("/usr\n0027\n300\n400\na b\n", *own_score, "SigBlk:\t0000000000000000\n",
                       "SigIgn:\t0000000001001000\n0 1 2 3 ", pid, "\n", pid, "\n"));
    const auto exited = controller.await(Type::exited);
    CHECK(exited.slot == running.slot);
    CHECK(exited.inc == 1);
    CHECK(exited.pid == running.pid);
    CHECK(keeper::name_of(exited) == "show");
    CHECK(exited.ending.known == keeper::Known::wait);
    CHECK(exited.ending.wstatus == 0);
    CHECK(exited.ending.at.monotonic > exited.spawned_at.monotonic);
    CHECK(exited.ending.peak_kib > 0);
}

TEST_CASE("the status of an exit is what wait says") {
    stage::Stage stage;
    auto controller = stage.next();
    controller.take_over();
    REQUIRE(controller.spawn(shell("a", "exit 42")).err == 0);
    CHECK(WEXITSTATUS(controller.await(Type::exited).ending.wstatus) == 42);
    REQUIRE(controller.spawn(shell("b", "kill -SEGV $$")).err == 0);
    CHECK(WTERMSIG(controller.await(Type::exited).ending.wstatus) == SIGSEGV);
}

TEST_CASE("what fails between fork and exec is said on the program's stderr, as Supervisor says it") {
    stage::Stage stage;
    auto controller = stage.next();
    controller.take_over();
    auto program = shell("p", "true");
    std::string expected;
    SUBCASE("no such program") {
        program.spec.program = "/no/such/program";
        program.spec.arguments = {"such", "x"};
        expected = not_spawned("couldn't exec such: ENOENT");
    }
    SUBCASE("a program that cannot be executed") {
        program.spec.program = program.spec.arguments[0] = "/etc/passwd";
        expected = not_spawned("couldn't exec /etc/passwd: EACCES");
    }
    SUBCASE("no such directory") {
        program.spec.directory = "/no/such";
        expected = not_spawned("couldn't chdir to /no/such: ENOENT");
    }
    SUBCASE("a user that is not known any more") {
        program.spec.user = keeper::Spec::User{4711, 4711, {}, "Can't find uid 4711"};
        expected = not_spawned("couldn't setuid to 4711: Can't find uid 4711");
    }
    const auto running = controller.spawn(program);
    REQUIRE(running.err == 0);
    CHECK(stage::read_to_end(running.output.get()) == expected);
    const auto exited = controller.await(Type::exited);
    CHECK(WIFEXITED(exited.ending.wstatus));
    CHECK(WEXITSTATUS(exited.ending.wstatus) == 127);
}

TEST_CASE("a damaged spec costs its own program only") {
    stage::Stage stage;
    auto controller = stage.next();
    controller.take_over();
    keeper::Message request = keeper::message_of(Type::spawn);
    REQUIRE(keeper::set_name(request, "broken"));
    request.inc = 1;
    request.target_count = 1;
    request.target[0] = 2;
    base::Pipe errors;
    REQUIRE(base::make_pipe(errors));
    const int descriptors[] = {errors.read.get(), errors.write.get()};  // a pipe is no spec
    CHECK(controller.ask(request, descriptors).err == 0);
    errors.write.reset();
    CHECK(stage::read_to_end(errors.read.get()) == not_spawned("couldn't read its spec: EINVAL"));
    CHECK(WEXITSTATUS(controller.await(Type::exited).ending.wstatus) == 127);
    CHECK(controller.spawn(shell("whole", "true")).err == 0);
}

TEST_CASE("a program runs as its user, with its groups") {
    if (::getuid() != 0) return;  // only root can
    stage::Stage stage;
    auto controller = stage.next();
    controller.take_over();
    auto program = shell("p", "id -u; id -g; id -G");
    program.spec.user = keeper::Spec::User{65534, 65533, {65533, 7, 9}, ""};
    const auto running = controller.spawn(program);
    CHECK(stage::read_to_end(running.output.get()) == "65534\n65533\n65533 7 9\n");
}

TEST_CASE("a name that runs, or whose exit is not released, cannot be started again") {
    stage::Stage stage;
    auto controller = stage.next();
    controller.take_over();
    auto program = shell("p", "read x");
    const auto running = controller.spawn(program);
    REQUIRE(running.err == 0);
    program.inc = 2;
    const auto second = controller.spawn(program);
    CHECK(second.err == EEXIST);
    CHECK(second.pid == running.pid);
    CHECK(second.inc == 1);
    CHECK(controller.signal(running, SIGKILL) == 0);
    controller.await(Type::exited);
    CHECK(controller.spawn(program).err == EEXIST);
    controller.release(running);
    const auto again = controller.spawn(program);
    CHECK(again.err == 0);
    CHECK(again.inc == 2);
    controller.release(again);  // not while it runs
    CHECK(controller.spawn(program).err == EEXIST);
}

TEST_CASE("a signal goes to the child it was meant for, and an order is carried out once") {
    stage::Stage stage;
    auto controller = stage.next();
    controller.take_over();
    const auto running = controller.spawn(shell("p", "trap 'echo usr1' USR1; echo up; while :; do read x; done"));
    CHECK(stage::read_line(running.output.get()) == "up");
    CHECK(controller.signal(running, SIGUSR1, 5) == 0);
    CHECK(stage::read_line(running.output.get()) == "usr1");
    CHECK(controller.signal(running, SIGKILL, 5) == 0);  // not again
    CHECK(controller.signal(running, SIGKILL, 4) == 0);
    CHECK(controller.signal(running, SIGUSR1, 6) == 0);
    CHECK(stage::read_line(running.output.get()) == "usr1");
    auto other = stage::Running{.slot = running.slot, .inc = 2, .pid = 0, .err = 0, .output = {}};
    CHECK(controller.signal(other, SIGKILL) == ESTALE);
    other.slot = 999;
    CHECK(controller.signal(other, SIGKILL) == ESTALE);
    CHECK(controller.signal(running, 0) == 0);
    CHECK(controller.signal(running, SIGKILL, 7) == 0);
    controller.await(Type::exited);
    CHECK(controller.signal(running, SIGKILL, 8) == ESRCH);
    CHECK(controller.signal(running, SIGKILL, 8) == ESRCH);
    controller.release(running);
    CHECK(controller.signal(running, SIGKILL, 9) == ESTALE);
}

TEST_CASE("what is left of a process group is known, can be signalled, and its end is told") {
    stage::Stage stage;
    auto controller = stage.next();
    controller.take_over();
    auto program = shell("p", "sleep 1000 >/dev/null 2>&1 & exit 0");
    program.flags = keeper::watch_group;
    const auto running = controller.spawn(program);
    const auto exited = controller.await(Type::exited);
    CHECK(exited.ending.group_left == 1);
    CHECK_FALSE(controller.has_come(Type::group_gone));
    CHECK(controller.signal(running, SIGKILL, 1, keeper::to_group) == 0);
    const auto gone = controller.await(Type::group_gone);
    CHECK(gone.slot == running.slot);
    CHECK(gone.inc == running.inc);
    CHECK(controller.signal(running, SIGKILL, 2, keeper::to_group) == ESRCH);
}

TEST_CASE("a group that ends with its leader is not left") {
    stage::Stage stage;
    auto controller = stage.next();
    controller.take_over();
    auto program = shell("p", "sleep 1000 & sleep 1000 & echo up; wait");
    program.flags = keeper::watch_group;
    const auto running = controller.spawn(program);
    CHECK(stage::read_line(running.output.get()) == "up");
    CHECK(controller.signal(running, SIGKILL, 1, keeper::to_group) == 0);
    // The kernel ends them in any order: the rest may be seen for a moment.
    if (controller.await(Type::exited).ending.group_left) controller.await(Type::group_gone);
}

TEST_CASE("the end of a group while no controller lives is in the next one's table") {
    stage::Stage stage;
    auto controller = stage.next();
    controller.take_over();
    auto program = shell("p", "sleep 1000 >/dev/null 2>&1 & exit 0");
    program.flags = keeper::watch_group;
    const auto running = controller.spawn(program);
    CHECK(controller.await(Type::exited).ending.group_left == 1);
    stage.tell_to_exit(0);
    auto second = stage.next();
    REQUIRE(second.table().slots().size() == 1);
    CHECK(second.table().slots()[0].ending.group_left == 1);
    second.take_over();
    CHECK(second.signal(running, SIGKILL, 1, keeper::to_group) == 0);
    second.await(Type::group_gone);
    stage.tell_to_exit(0);
    auto third = stage.next();
    CHECK(third.table().slots()[0].state == keeper::SlotState::exited);
    CHECK(third.table().slots()[0].ending.group_left == 0);
}

TEST_CASE("a program sees the end of its stdin when the keeper's copy is dropped too") {
    stage::Stage stage;
    auto controller = stage.next();
    controller.take_over();
    const auto running = controller.spawn(shell("p", "cat; echo end"));
    keeper::Message drop = keeper::message_of(Type::drop_fd);
    drop.slot = running.slot;
    drop.inc = running.inc;
    drop.role = keeper::Role::input;
    CHECK(controller.ask(drop).err == 0);
    CHECK(stage::read_to_end(running.output.get()) == "end\n");
}

TEST_CASE("a process that is not ours but came to us is reaped and told of") {
    stage::Stage stage;
    auto controller = stage.next();
    controller.take_over();
    REQUIRE(controller.spawn(shell("p", "(sh -c 'exit 5' & ) ; read x")).err == 0);
    CHECK(WEXITSTATUS(controller.await(Type::orphan).wstatus) == 5);
}
