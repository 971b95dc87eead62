// One controller after the other.
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <string>

#include "common/base/signals.hpp"
#include "common/base/text.hpp"
#include "tests/unit/keeper/stage.hpp"

using keeper::Type;
using stage::shell;

namespace {

void kill_controller(const stage::Controller& controller) { REQUIRE(base::send_signal(controller.pid(), SIGKILL)); }

}  // namespace

TEST_CASE("the first controller is told that it is the first") {
    stage::Stage stage;
    auto controller = stage.next();
    CHECK_FALSE(controller.rebuild());
    const auto welcome = controller.greet();
    CHECK(welcome.err == 0);
    CHECK(welcome.why == keeper::Why::first);
    CHECK(welcome.restarts == 0);
    CHECK(controller.table().slots().empty());
    CHECK(controller.table().header().keeper_pid == stage.keeper());
}

TEST_CASE("a killed controller costs no program, and the next one has all that it needs from its first instruction") {
    stage::Stage stage;
    auto first = stage.next();
    first.take_over();
    const auto running = first.spawn(shell("p", "echo one; read x; echo two"));
    CHECK(stage::read_line(running.output.get()) == "one");
    kill_controller(first);
    auto second = stage.next();
    REQUIRE(second.table().slots().size() == 1);
    const auto& slot = second.table().slots()[0];
    CHECK(std::string(slot.name) == "p");
    CHECK(slot.state == keeper::SlotState::alive);
    CHECK(slot.pid == running.pid);
    CHECK(slot.inc == 1);
    CHECK(slot.retained[0].role == keeper::Role::input);
    CHECK(slot.retained[1].role == keeper::Role::output);
    CHECK(second.has_open(slot.pidfd));
    CHECK(second.has_open(slot.retained[1].fd));
    const auto welcome = second.greet();
    CHECK(welcome.why == keeper::Why::crash);
    CHECK(welcome.restarts == 1);
    CHECK(WTERMSIG(welcome.wstatus) == SIGKILL);
    CHECK(second.signal(running, 0) == 0);
}

TEST_CASE("an exit while no controller lives is in the table of the next, or comes after its greeting") {
    stage::Stage stage;
    auto first = stage.next();
    first.take_over();
    const auto before = first.spawn(shell("before", "exit 1"));
    first.await(Type::exited);
    const auto after = first.spawn(shell("after", "read x; exit 2"));
    kill_controller(first);
    auto second = stage.next();
    CHECK(second.table().slots()[before.slot].state == keeper::SlotState::exited);
    CHECK(second.table().slots()[after.slot].state == keeper::SlotState::alive);
    REQUIRE(base::send_signal(after.pid, SIGKILL));
    REQUIRE(second.greet().err == 0);
    const auto exited = second.await(Type::exited);
    CHECK(exited.slot == after.slot);
    CHECK(WTERMSIG(exited.ending.wstatus) == SIGKILL);
    CHECK_FALSE(second.has_come(Type::exited));
}

TEST_CASE("what a controller asked for before it died is done before the next one is started") {
    stage::Stage stage;
    auto first = stage.next();
    first.take_over();
    const auto spec = keeper::write_spec(shell("late", "sleep 1000").spec);
    REQUIRE(spec);
    keeper::Message request = keeper::message_of(Type::spawn);
    REQUIRE(keeper::set_name(request, "late"));
    request.inc = 1;
    const int descriptors[] = {spec->get()};
    stage.signal_keeper(SIGSTOP);  // it reads nothing meanwhile
    first.send(request, descriptors);
    kill_controller(first);
    stage.signal_keeper(SIGCONT);
    auto second = stage.next();
    REQUIRE(second.table().slots().size() == 1);
    CHECK(std::string(second.table().slots()[0].name) == "late");
    CHECK(second.table().slots()[0].state == keeper::SlotState::alive);
}

TEST_CASE("somebody who holds the old link open does not keep the next controller away") {
    stage::Stage stage;
    auto first = stage.next();  // this test holds it open
    first.take_over();
    kill_controller(first);
    auto second = stage.next();
    CHECK(second.greet().err == 0);
    CHECK(keeper::send_message(first.link(), keeper::message_of(Type::beat)) == keeper::Sent::closed);
}

TEST_CASE("a controller that closes its link and does not end is ended") {
    stage::Stage stage;
    auto first = stage.next();
    first.take_over();
    // What its puppet holds is closed from outside, by shutting the connection down for good.
    REQUIRE(::shutdown(first.link(), SHUT_RDWR) == 0);
    auto second = stage.next();
    CHECK(second.pid() != first.pid());
}

TEST_CASE("a restart that was asked for is no crash") {
    stage::Stage stage;
    auto first = stage.next();
    first.take_over();
    first.send(keeper::message_of(Type::restart));
    first.has_come(Type::reply);
    stage.tell_to_exit(0);
    auto second = stage.next();
    CHECK(second.greet().why == keeper::Why::reload);
    kill_controller(second);
    CHECK(stage.next().greet().why == keeper::Why::crash);
}

TEST_CASE("a controller that cannot start at all ends the keeper with its code") {
    stage::Stage stage;
    auto first = stage.next();
    stage.tell_to_exit(2);
    const int wstatus = stage.wait_for_end();
    CHECK(WIFEXITED(wstatus));
    CHECK(WEXITSTATUS(wstatus) == 2);
}

TEST_CASE("it does not when one worked before, or when it was killed") {
    stage::Stage stage;
    auto first = stage.next();
    SUBCASE("one worked before") {
        first.take_over();
        first.has_come(Type::reply);
        stage.tell_to_exit(2);
        auto second = stage.next();
        stage.tell_to_exit(2);
    }
    SUBCASE("it was killed") { kill_controller(first); }
    CHECK(stage.next().greet().why == keeper::Why::crash);
}

TEST_CASE("after three early crashes a controller is told to rebuild, and being ready clears it") {
    stage::Stage stage;
    auto first = stage.next();
    first.take_over();  // else the keeper would end with it
    first.has_come(Type::reply);
    kill_controller(first);
    CHECK_FALSE(stage.next().rebuild());
    stage.tell_to_exit(1);  // it wanted for something: that is not the fault of the notes
    for (int i = 0; i < 3; ++i) {
        CHECK_FALSE(stage.next().rebuild());
        stage.tell_to_exit(stage::crash);
    }
    auto fourth = stage.next();
    CHECK(fourth.rebuild());
    fourth.take_over();
    fourth.has_come(Type::reply);
    kill_controller(fourth);
    CHECK_FALSE(stage.next().rebuild());
}

TEST_CASE("a controller that hangs is replaced, one that answers is not") {
    stage::Stage stage;
    auto first = stage.next();
    first.greet();
    keeper::Message ready = keeper::message_of(Type::ready);
    ready.seconds = 3;
    first.send(ready);
    const base::Fd process(static_cast<int>(::syscall(SYS_pidfd_open, first.pid(), 0)));
    const base::Fd alarm(static_cast<int>(::syscall(SYS_pidfd_getfd, process.get(), first.table().held("alarm"), 0)));
    REQUIRE(alarm);
    itimerspec soon{};
    soon.it_value.tv_nsec = 1;
    for (int i = 0; i < 3; ++i) {
        REQUIRE(::timerfd_settime(alarm.get(), 0, &soon, nullptr) == 0);
        first.await(Type::ping);
        first.send(keeper::message_of(Type::beat));
        (void)first.ask(keeper::message_of(Type::drop));  // the keeper has heard it
    }
    SUBCASE("it is stopped") { REQUIRE(base::send_signal(first.pid(), SIGSTOP)); }
    SUBCASE("it is stopped, and what it has said before is heard after that") {
        stage::stop_process(stage.keeper());
        first.send(keeper::message_of(Type::beat));
        stage::stop_process(first.pid());
        stage.signal_keeper(SIGCONT);
    }
    SUBCASE("its alarm rings, and it does not answer") { REQUIRE(::timerfd_settime(alarm.get(), 0, &soon, nullptr) == 0); }
    auto second = stage.next();
    const auto welcome = second.greet();
    CHECK(welcome.why == keeper::Why::hang);
    CHECK(welcome.restarts == 1);
    CHECK(second.table().header().hang_limit == 3);
}

TEST_CASE("a controller that is stopped, goes on, and is stopped before its answer is heard, is asked again") {
    stage::Stage stage;
    auto first = stage.next();
    first.greet();
    keeper::Message ready = keeper::message_of(Type::ready);
    ready.seconds = 9;  // it is asked every 1.5
    first.send(ready);
    stage::stop_process(first.pid());
    first.await(Type::ping);
    REQUIRE(base::send_signal(first.pid(), SIGCONT));
    stage::stop_process(stage.keeper());
    first.send(keeper::message_of(Type::beat));
    stage::stop_process(first.pid());
    stage.signal_keeper(SIGCONT);
    (void)first.ask(keeper::message_of(Type::drop));  // the keeper has heard the beat
    REQUIRE(base::send_signal(first.pid(), SIGCONT));
    first.await(Type::ping);
}

TEST_CASE("a controller that is stopped as soon as it has said that it is ready is asked") {
    stage::Stage stage;
    auto first = stage.next();
    first.greet();
    keeper::Message ready = keeper::message_of(Type::ready);
    ready.seconds = 9;
    stage::stop_process(stage.keeper());
    first.send(ready);
    stage::stop_process(first.pid());
    stage.signal_keeper(SIGCONT);
    first.await(Type::ping);
}

TEST_CASE("asked to end while controllers die and die, the keeper ends the programs itself") {
    stage::Stage stage;
    auto controller = stage.next();
    controller.take_over();
    const auto running = controller.spawn(shell("p", "trap 'echo term; exit 0' TERM; echo up; while :; do read x; done"));
    CHECK(stage::read_line(running.output.get()) == "up");
    kill_controller(controller);
    for (int i = 0; i < 3; ++i) kill_controller(stage.next());
    stage.signal_keeper(SIGTERM);
    const int wstatus = stage.wait_for_end();
    CHECK(WIFEXITED(wstatus));
    CHECK(WEXITSTATUS(wstatus) == 0);
    CHECK(stage::read_to_end(running.output.get()) == "term\n");
}
