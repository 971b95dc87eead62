// The keeper's protocol, what it holds, and its end.
#include "supervisord/keeper/keeper.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <map>

#include "common/base/fd.hpp"
#include "common/base/signals.hpp"
#include "common/base/text.hpp"
#include "tests/unit/keeper/stage.hpp"

using keeper::Type;
using stage::shell;

namespace {

keeper::Message shutdown_request(int code, std::uint32_t flags = 0) {
    keeper::Message request = keeper::message_of(Type::shutdown);
    request.exit_code = code;
    request.flags = flags;
    return request;
}

std::uint64_t bit(int number) { return std::uint64_t{1} << number; }

void take(stage::Controller& controller, std::uint64_t bits) {
    keeper::Message taken = keeper::message_of(Type::taken);
    taken.bits = bits;
    controller.send(taken);
}

}  // namespace

TEST_CASE("the pidfile holds the keeper's pid while it lives") {
    stage::Stage stage;
    auto controller = stage.next();
    const std::string path = stage.directory() + "/pid";
    CHECK_FALSE(std::filesystem::exists(path));  // nobody works yet
    controller.take_over();
    REQUIRE(stage::becomes_true([&] { return std::filesystem::exists(path); }));
    CHECK(base::read_file(path, 100).value() == base::concat(stage.keeper(), '\n'));
    controller.send(shutdown_request(7));
    const int wstatus = stage.wait_for_end();
    CHECK(WEXITSTATUS(wstatus) == 7);
    CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("a pidfile that somebody else has written meanwhile stays") {
    stage::Stage stage;
    auto controller = stage.next();
    controller.take_over();
    const std::string path = stage.directory() + "/pid";
    REQUIRE(stage::becomes_true([&] { return std::filesystem::exists(path); }));
    {
        auto file = base::open_file(path, O_WRONLY | O_TRUNC);
        REQUIRE(file);
        REQUIRE(base::write_all(file->get(), "4711\n"));
    }
    controller.send(shutdown_request(0));
    stage.wait_for_end();
    CHECK(base::read_file(path, 100).value() == "4711\n");
}

TEST_CASE("after a reload the pidfile is written where it is wanted, and the one of before goes") {
    stage::Stage stage;
    stage.next().take_over();
    const std::string path = stage.directory() + "/pid", other = stage.directory() + "/other";
    const std::string number = base::concat(stage.keeper(), '\n');
    const auto has_number = [&](const std::string& file) {
        const auto text = base::read_file(file, 100);
        return text && *text == number;
    };
    REQUIRE(stage::becomes_true([&] { return has_number(path); }));
    std::filesystem::remove(path);
    stage.tell_to_exit(0);
    auto successor = stage.next();  // of a crash
    successor.take_over();
    CHECK(successor.ask(keeper::message_of(Type::drop)).err == EINVAL);  // it has heard that this one is ready
    CHECK_FALSE(std::filesystem::exists(path));

    successor.send(keeper::message_of(Type::restart));
    stage.tell_to_exit(0);
    auto reloaded = stage.next();
    reloaded.take_over();
    CHECK(stage::becomes_true([&] { return has_number(path); }));

    reloaded.send(keeper::message_of(Type::restart));
    stage.tell_to_exit(0);
    auto moved = stage.next();
    const base::Fd wanted(::memfd_create("path", MFD_CLOEXEC));
    REQUIRE(base::write_all(wanted.get(), other));
    keeper::Message put = keeper::message_of(Type::put);
    REQUIRE(keeper::set_name(put, keeper::held_pidfile));
    const int descriptors[] = {wanted.get()};
    moved.greet();
    CHECK(moved.ask(put, descriptors).err == 0);
    moved.send(keeper::message_of(Type::ready));
    CHECK(stage::becomes_true([&] { return has_number(other) && !std::filesystem::exists(path); }));
    moved.send(shutdown_request(0));
    stage.wait_for_end();
    CHECK_FALSE(std::filesystem::exists(other));
}

TEST_CASE("the keeper does not end while programs live, unless it is forced to") {
    stage::Stage stage;
    auto controller = stage.next();
    controller.take_over();
    const auto running = controller.spawn(shell("p", "echo up; read x; echo still here"));
    CHECK(stage::read_line(running.output.get()) == "up");
    CHECK(controller.ask(shutdown_request(3)).err == EBUSY);
    SUBCASE("forced") {
        controller.send(shutdown_request(3, keeper::force));
        const int wstatus = stage.wait_for_end();
        CHECK(WEXITSTATUS(wstatus) == 3);
        CHECK(stage::read_to_end(running.output.get()) == "still here\n");  // its stdin ended, nobody killed it
    }
    SUBCASE("after the last has ended") {
        CHECK(controller.signal(running, SIGKILL) == 0);
        controller.await(Type::exited);
        controller.send(shutdown_request(3));
        const int wstatus = stage.wait_for_end();
        CHECK(WEXITSTATUS(wstatus) == 3);
    }
}

TEST_CASE("no controller outlives the keeper's orderly end, and its unix sockets are removed") {
    stage::Stage stage;
    auto controller = stage.next();
    controller.take_over();
    const std::string path = stage.directory() + "/socket";
    auto file = base::open_file(path, O_RDWR | O_CREAT);
    REQUIRE(file);
    keeper::Message put = keeper::message_of(Type::put);
    REQUIRE(keeper::set_name(put, "unix:" + path));
    const int descriptors[] = {file->get()};
    CHECK(controller.ask(put, descriptors).err == 0);
    controller.send(shutdown_request(0));
    stage.wait_for_end();
    CHECK_FALSE(std::filesystem::exists(path));
    CHECK_FALSE(std::filesystem::exists(base::concat("/proc/", controller.pid(), "/exe")));
}

TEST_CASE("signals are told again and again until they are taken") {
    stage::Stage stage;
    auto controller = stage.next();
    stage.signal_keeper(SIGHUP);
    CHECK((controller.greet().bits | controller.table().header().pending_signals) == bit(SIGHUP));
    controller.send(keeper::message_of(Type::ready));
    take(controller, bit(SIGHUP));
    stage.signal_keeper(SIGUSR2);
    const auto told = controller.await(Type::signals);
    CHECK(told.bits == bit(SIGUSR2));
    CHECK(told.pid == ::getpid());
    CHECK(told.uid == ::getuid());
    stage.signal_keeper(SIGTERM);
    CHECK(controller.await(Type::signals).bits == (bit(SIGUSR2) | bit(SIGTERM)));
    take(controller, bit(SIGUSR2));
    stage.tell_to_exit(1);
    auto second = stage.next();
    CHECK(second.table().header().pending_signals == bit(SIGTERM));
    CHECK(second.greet().bits == bit(SIGTERM));
    CHECK_FALSE(second.has_come(Type::signals));
}

TEST_CASE("SIGALRM and the like do nothing to the keeper") {
    stage::Stage stage;
    auto controller = stage.next();
    controller.take_over();
    for (const int number : {SIGPIPE, SIGALRM, SIGTTOU, SIGTTIN, SIGWINCH}) stage.signal_keeper(number);
    CHECK_FALSE(controller.has_come(Type::signals));
}

TEST_CASE("descriptors that are put are there for the next controller, under their names") {
    stage::Stage stage;
    auto controller = stage.next();
    controller.take_over();
    base::Pipe pipe;
    REQUIRE(base::make_pipe(pipe));
    keeper::Message put = keeper::message_of(Type::put);
    REQUIRE(keeper::set_name(put, "notes"));
    const int descriptors[] = {pipe.read.get()};
    CHECK(controller.ask(put, descriptors).err == 0);
    stage.tell_to_exit(0);
    auto second = stage.next();
    const int held = second.table().held("notes");
    REQUIRE(held >= keeper::first_free_fd);
    CHECK(second.has_open(held));
    second.take_over();
    keeper::Message drop = keeper::message_of(Type::drop);
    REQUIRE(keeper::set_name(drop, "notes"));
    CHECK(second.ask(drop).err == 0);
    CHECK(second.ask(drop).err == ENOENT);
    stage.tell_to_exit(0);
    auto third = stage.next();
    CHECK(third.table().held("notes") == -1);
    CHECK_FALSE(third.has_open(held));
}

TEST_CASE("who does not greet, or speaks another version, is replaced") {
    stage::Stage stage;
    auto controller = stage.next();
    SUBCASE("no greeting") { controller.send(keeper::message_of(Type::beat)); }
    SUBCASE("another version") {
        keeper::Message hello = keeper::message_of(Type::hello);
        hello.version_least = hello.version_most = keeper::Message::right_version + 1;
        CHECK(controller.ask(hello).err == EPROTO);
    }
    auto second = stage.next();
    CHECK(second.greet().why == keeper::Why::crash);
    CHECK(keeper::name_of(second.await(Type::note)) == "the controller speaks another version of our protocol");
}

TEST_CASE("what is malformed is refused, and does no harm") {
    stage::Stage stage;
    auto controller = stage.next();
    controller.take_over();
    CHECK(controller.ask(keeper::message_of(Type::spawn)).err == EINVAL);
    CHECK(controller.ask(keeper::message_of(static_cast<Type>(999))).err == EOPNOTSUPP);
    REQUIRE(::send(controller.link(), "rubbish", 7, 0) == 7);
    CHECK(keeper::name_of(controller.await(Type::note)) == "the controller sent something that is no message");
    CHECK(controller.spawn(shell("p", "true")).err == 0);
}

TEST_CASE("hundreds of starts leave no descriptor behind") {
    stage::Stage stage;
    auto controller = stage.next();
    controller.take_over();
    CHECK_FALSE(controller.has_come(Type::exited));  // it has dealt with `ready`: the pidfile is closed again
    const int before = stage.count_descriptors();
    auto program = shell("p", "exit 0");
    program.spec.program = program.spec.arguments[0] = "/bin/true";
    for (int i = 0; i < 500; ++i) {
        program.inc = static_cast<std::uint64_t>(i) + 1;
        const auto running = controller.spawn(program);
        REQUIRE(running.err == 0);
        REQUIRE(controller.await(Type::exited).inc == program.inc);
        controller.release(running);
    }
    controller.has_come(Type::exited);
    CHECK(stage.count_descriptors() == before);
}

TEST_CASE("a controller that asks for more than it listens to is answered in the end, each request once") {
    stage::Stage stage;
    auto controller = stage.next();
    controller.take_over();
    constexpr std::uint64_t requests = 2000;
    keeper::Message request = keeper::message_of(Type::signal);
    request.inc = 1;
    std::map<std::uint64_t, int> answers;
    std::uint64_t sent = 0;
    bool was_full = false;
    const bool all = stage::becomes_true([&] {
        // As much as goes, and only then a look at what came.
        for (; sent < requests; ++sent) {
            request.seq = 1000 + sent;
            if (keeper::send_message(controller.link(), request) == keeper::Sent::full) {
                was_full = true;
                break;
            }
        }
        keeper::Incoming incoming;
        for (keeper::receive_message(controller.link(), incoming); incoming.receipt == keeper::Receipt::message;
             keeper::receive_message(controller.link(), incoming))
            ++answers[incoming.message.seq];
        return answers.size() == requests;
    });
    CHECK(all);
    CHECK(was_full);
    for (const auto& [seq, count] : answers) REQUIRE(count == 1);
}

TEST_CASE("three hundred programs at once, more than the table had room for at first") {
    stage::Stage stage;
    auto controller = stage.next();
    controller.take_over();
    for (int i = 0; i < 300; ++i) {
        auto program = shell(base::concat("p", i), "");
        program.spec.program = program.spec.arguments[0] = "/bin/cat";
        program.spec.arguments.resize(1);
        REQUIRE(controller.spawn(program).err == 0);
    }
    REQUIRE(base::send_signal(controller.pid(), SIGKILL));
    auto second = stage.next();
    CHECK(second.table().slots().size() == 300);
    for (const auto& slot : second.table().slots()) {
        REQUIRE(slot.state == keeper::SlotState::alive);
        REQUIRE((slot.born_pid == slot.pid || slot.born_pid == 0));  // 0: it has not come so far yet
        REQUIRE(second.has_open(slot.pidfd));
        REQUIRE(second.has_open(slot.retained[0].fd));
        REQUIRE(second.has_open(slot.retained[1].fd));
    }
}
