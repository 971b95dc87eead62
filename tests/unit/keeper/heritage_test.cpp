// A keeper that follows another: one that was its controller, or one that finds the table.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <filesystem>

#include "common/base/signals.hpp"
#include "common/base/text.hpp"
#include "supervisord/keeper/foreign.hpp"
#include "tests/unit/keeper/stage.hpp"

using keeper::Known;
using keeper::SlotState;
using keeper::Type;
using stage::shell;

namespace {

stage::Program lasting(const std::string& name, const std::string& script) {
    auto program = shell(name, script);
    program.lasting = true;
    return program;
}

/// A slot of a controller's table, by the name of its program.
const keeper::Slot& slot_of(const stage::Controller& controller, const std::string& name) {
    for (const auto& slot : controller.table().slots())
        if (slot.state != SlotState::free && name == slot.name) return slot;
    throw std::runtime_error("no slot of " + name);
}

}  // namespace

TEST_CASE("the controller of a killed keeper becomes the keeper, and nothing else changes") {
    stage::Stage stage;
    auto first = stage.next();
    first.take_over();
    const auto running = first.spawn(shell("p", "echo one; read x; echo two; read x; exit 5"));
    CHECK(stage::read_line(running.output.get()) == "one");
    REQUIRE(base::send_signal(first.pid(), SIGKILL));
    auto second = stage.next();  // it was born with what it is to have then
    second.take_over();
    const std::string pidfile = stage.directory() + "/pid";
    stage.promote(second);
    auto third = stage.next();
    CHECK(third.greet().why == keeper::Why::promoted);
    CHECK(third.table().header().keeper_pid == second.pid());
    const auto& slot = slot_of(third, "p");
    CHECK(slot.state == SlotState::alive);
    CHECK(slot.pid == running.pid);
    CHECK(slot.foreign == 1);
    CHECK(third.has_open(slot.pidfd));
    CHECK(third.has_open(slot.retained[0].fd));
    CHECK(third.has_open(slot.retained[1].fd));
    CHECK(third.table().held("stage") >= keeper::first_free_fd);
    keeper::Message ready = keeper::message_of(Type::ready);
    ready.flags = keeper::answer;
    CHECK(third.ask(ready).err == 0);
    CHECK(base::read_file(pidfile, 100).value() == base::concat(second.pid(), '\n'));
    // Asked for again, it is the one that there is.
    CHECK(third.spawn(shell("p", "true")).err == EEXIST);
    CHECK(third.signal(running, 0) == 0);
    CHECK(third.signal(running, SIGKILL, 1) == 0);
    const auto exited = third.await(Type::exited);
    CHECK(exited.inc == 1);
    CHECK(exited.ending.known == Known::pidfd);
    CHECK(WTERMSIG(exited.ending.wstatus) == SIGKILL);
    third.release(running);
    auto again = shell("p", "exit 3");
    again.inc = 2;
    CHECK(third.spawn(again).err == 0);
    const auto own = third.await(Type::exited);
    CHECK(own.ending.known == Known::wait);
    CHECK(WEXITSTATUS(own.ending.wstatus) == 3);
}

TEST_CASE("an exit that the dead keeper had recorded, or never saw, is told by the next") {
    stage::Stage stage;
    auto first = stage.next();
    first.take_over();
    const auto recorded = first.spawn(shell("recorded", "exit 1"));
    first.await(Type::exited);
    const auto unseen = first.spawn(shell("unseen", "read x; exit 2"));
    REQUIRE(base::send_signal(first.pid(), SIGKILL));
    auto second = stage.next();
    second.take_over();
    stage.signal_keeper(SIGSTOP);
    REQUIRE(base::send_signal(unseen.pid, SIGTERM));
    stage.promote(second);
    auto third = stage.next();
    CHECK(slot_of(third, "recorded").state == SlotState::exited);
    CHECK(WEXITSTATUS(slot_of(third, "recorded").ending.wstatus) == 1);
    REQUIRE(third.greet().err == 0);
    const auto& slot = slot_of(third, "unseen");
    const auto ending = slot.state == SlotState::exited ? slot.ending : third.await(Type::exited).ending;
    CHECK(WTERMSIG(ending.wstatus) == SIGTERM);
    CHECK(recorded.err == 0);
}

TEST_CASE("who outlives a leader is seen by the next keeper, when the dead one came no further than to the exit") {
    stage::Stage stage;
    auto first = stage.next();
    first.take_over();
    auto program = shell("p", "sleep 1000 & exit 0");
    program.flags = keeper::watch_group;
    const auto running = first.spawn(program);
    CHECK(first.await(Type::exited).ending.group_left == 1);
    REQUIRE(base::send_signal(first.pid(), SIGKILL));
    auto second = stage.next();
    second.take_over();
    stage::stop_process(stage.keeper());
    auto file = base::open_file(stage.directory() + "/keeper.tab", O_RDWR);
    REQUIRE(file);
    decltype(keeper::Ending::group_left) none = 0;
    const auto place = keeper::slots_offset + running.slot * sizeof(keeper::Slot) + offsetof(keeper::Slot, ending) +
                       offsetof(keeper::Ending, group_left);
    REQUIRE(::pwrite(file->get(), &none, sizeof none, static_cast<off_t>(place)) == sizeof none);
    stage.promote(second);
    auto third = stage.next();
    CHECK(slot_of(third, "p").ending.group_left == 1);
    third.take_over();
    CHECK(third.signal(running, SIGKILL, 1, keeper::to_group) == 0);
}

TEST_CASE("a keeper that finds the table of a dead one has its programs, and a way to their pipes") {
    stage::Stage stage;
    auto first = stage.next();
    first.take_over();
    auto running = first.spawn(lasting("p", "echo up; read x; echo \"$x\""));
    CHECK(stage::read_line(running.output.get()) == "up");
    running.output.reset();
    const auto over = first.spawn(shell("over", "exit 4"));
    first.await(Type::exited);
    stage.begin_again(first);
    auto second = stage.next();
    const auto welcome = second.greet();
    CHECK(welcome.why == keeper::Why::salvaged);
    CHECK(welcome.restarts == 0);
    const auto& slot = slot_of(second, "p");
    REQUIRE(slot.state == SlotState::alive);
    CHECK(slot.pid == running.pid);
    CHECK(slot.inc == 1);
    CHECK((slot.flags & keeper::cut_off) == 0);
    CHECK(WEXITSTATUS(slot_of(second, "over").ending.wstatus) == 4);
    CHECK(over.err == 0);
    second.take_over();
    const base::Fd input(::open(base::concat("/proc/", second.pid(), "/fd/", slot.retained[0].fd).c_str(), O_WRONLY));
    const base::Fd output(::open(base::concat("/proc/", second.pid(), "/fd/", slot.retained[1].fd).c_str(), O_RDONLY));
    REQUIRE(base::write_all(input.get(), "hello\n"));
    CHECK(stage::read_line(output.get()) == "hello");
    CHECK(WEXITSTATUS(second.await(Type::exited).ending.wstatus) == 0);
}

TEST_CASE("what a keeper has found is found, also when it is killed before a controller has worked") {
    stage::Stage stage;
    auto first = stage.next();
    first.take_over();
    const auto running = first.spawn(lasting("p", "echo up; read x"));
    CHECK(stage::read_line(running.output.get()) == "up");
    stage.begin_again(first);
    auto second = stage.next();
    REQUIRE(second.greet().why == keeper::Why::salvaged);
    stage.promote(second);
    auto third = stage.next();
    CHECK(third.greet().why == keeper::Why::salvaged);  // else nobody would do as leftovers= says
    CHECK(slot_of(third, "p").state == SlotState::alive);
    third.take_over();
    CHECK(third.spawn(shell("other", "exit 0")).err == 0);  // so the keeper has read that it works
    stage.promote(third);
    CHECK(stage.next().greet().why == keeper::Why::promoted);
}

TEST_CASE("where no program is left the notes of before are as none; what was on its way to logs stays") {
    stage::Stage stage;
    auto first = stage.next();
    first.take_over();
    const auto length_of = [](const stage::Controller& controller, const char* name) {
        return std::filesystem::file_size(base::concat("/proc/", controller.pid(), "/fd/", controller.table().held(name)));
    };
    for (const char* name : {"notes", "journal", "events"}) {
        REQUIRE(first.table().held(name) >= keeper::first_free_fd);
        const base::Fd file(::open(base::concat("/proc/", first.pid(), "/fd/", first.table().held(name)).c_str(), O_WRONLY));
        REQUIRE(base::write_all(file.get(), "of before"));
    }
    stage.begin_again(first);
    auto second = stage.next();
    CHECK(second.greet().why == keeper::Why::first);
    CHECK(length_of(second, "notes") == 0);
    CHECK(length_of(second, "events") == 0);
    CHECK(length_of(second, "journal") == 9);
}

TEST_CASE("a program that ended while nobody lived has an end that nobody knows") {
    stage::Stage stage;
    auto first = stage.next();
    first.take_over();
    const auto running = first.spawn(lasting("p", "echo up; read x"));
    CHECK(stage::read_line(running.output.get()) == "up");
    stage.signal_keeper(SIGSTOP);
    REQUIRE(base::send_signal(running.pid, SIGKILL));
    stage.begin_again(first);
    ::waitpid(running.pid, nullptr, 0);  // its parent is now this test
    auto second = stage.next();
    REQUIRE(second.greet().err == 0);
    const auto& slot = slot_of(second, "p");
    const auto ending = slot.state == SlotState::exited ? slot.ending : second.await(Type::exited).ending;
    CHECK((ending.known == Known::no || WTERMSIG(ending.wstatus) == SIGKILL));
}

TEST_CASE("a table of another boot, of another layout or half a table is as none") {
    stage::Stage stage;
    auto first = stage.next();
    first.take_over();
    const auto running = first.spawn(lasting("p", "echo up; read x"));
    CHECK(stage::read_line(running.output.get()) == "up");
    const std::string path = stage.directory() + "/keeper.tab";
    auto file = base::open_file(path, O_RDWR);
    REQUIRE(file);
    const auto write = [&](std::size_t offset) {
        REQUIRE(::pwrite(file->get(), "\1\1\1\1", 4, static_cast<off_t>(offset)) == 4);
    };
    SUBCASE("boot") { write(offsetof(keeper::Header, boot_id)); }
    SUBCASE("namespace") { write(offsetof(keeper::Header, pid_namespace)); }
    SUBCASE("layout") { write(offsetof(keeper::Header, slot_size)); }
    SUBCASE("half") { REQUIRE(::truncate(path.c_str(), 100) == 0); }
    stage.begin_again(first);
    auto second = stage.next();
    CHECK(second.greet().why == keeper::Why::first);
    CHECK(second.table().slots().empty());
    CHECK(base::send_signal(running.pid, 0));
}

TEST_CASE("a process is found again by its start, not by its number alone") {
    keeper::Slot slot;
    slot.born_pid = ::getpid();
    slot.born_ticks = keeper::stat_field(0, 22);
    base::Fd pidfd;
    CHECK(keeper::find_process(slot, pidfd) == keeper::Search::found);
    CHECK(pidfd);
    SUBCASE("another start") { ++slot.born_ticks; }
    SUBCASE("start unknown") { slot.born_ticks = 0; }
    SUBCASE("another process of the kernel's") { slot.pidfd_inode = 1; }
    SUBCASE("no number") { slot.born_pid = 0; }
    CHECK(keeper::find_process(slot, pidfd) == keeper::Search::gone);
}

TEST_CASE("a process that cannot be looked at is not gone") {
    keeper::Slot slot;
    slot.born_pid = ::getpid();
    slot.born_ticks = keeper::stat_field(0, 22);
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    rlimit none = before;
    base::Fd pidfd;
    SUBCASE("no descriptor is left") { none.rlim_cur = 3; }
    SUBCASE("one, and its start cannot be read") {
        none.rlim_cur = 1 + static_cast<rlim_t>(base::Fd(::open("/dev/null", O_RDONLY)).get());
    }
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
    const auto search = keeper::find_process(slot, pidfd);
    const int problem = errno;
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
    CHECK(search == keeper::Search::unknown);
    CHECK(problem == EMFILE);
    CHECK_FALSE(pidfd);
}

TEST_CASE("a table of another version, with programs that live, lets no keeper begin") {
    stage::Stage stage;
    auto first = stage.next();
    first.take_over();
    const auto running = first.spawn(lasting("p", "echo up; read x"));
    CHECK(stage::read_line(running.output.get()) == "up");
    auto file = base::open_file(stage.directory() + "/keeper.tab", O_RDWR);
    REQUIRE(file);
    REQUIRE(::pwrite(file->get(), "\1\1\1\1", 4, offsetof(keeper::Header, version)) == 4);
    stage.begin_again(first);
    CHECK(WEXITSTATUS(stage.wait_for_end()) == 1);
    CHECK(base::send_signal(running.pid, 0));
}
