#include "supervisord/keeper/wire.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "supervisord/keeper/boot.hpp"

using keeper::Incoming;
using keeper::Receipt;
using keeper::Sent;
using keeper::Type;

namespace {

struct Link {
    base::Fd ours, theirs;
    Link() { REQUIRE(keeper::make_link(ours, theirs)); }
};

}  // namespace

TEST_CASE("a message arrives with its descriptors, which are closed on exec") {
    Link link;
    base::Pipe pipe;
    REQUIRE(base::make_pipe(pipe));
    keeper::Message message = keeper::message_of(Type::put);
    REQUIRE(keeper::set_name(message, "notes"));
    const int descriptors[] = {pipe.read.get(), pipe.write.get()};
    REQUIRE(keeper::send_message(link.ours.get(), message, descriptors) == Sent::done);
    Incoming incoming;
    keeper::receive_message(link.theirs.get(), incoming);
    REQUIRE(incoming.receipt == Receipt::message);
    CHECK(incoming.message.type == Type::put);
    CHECK(keeper::name_of(incoming.message) == "notes");
    REQUIRE(incoming.count == 2);
    CHECK((::fcntl(incoming.descriptors[1].get(), F_GETFD) & FD_CLOEXEC) != 0);
    REQUIRE(base::write_all(incoming.descriptors[1].get(), "x"));
    char byte = 0;
    CHECK(::read(pipe.read.get(), &byte, 1) == 1);
    keeper::receive_message(link.theirs.get(), incoming);
    CHECK(incoming.receipt == Receipt::nothing);
}

TEST_CASE("neither side ever waits") {
    Link link;
    int sent = 0;
    while (keeper::send_message(link.ours.get(), keeper::message_of(Type::beat)) == Sent::done) REQUIRE(++sent < 100'000);
    CHECK(keeper::send_message(link.ours.get(), keeper::message_of(Type::beat)) == Sent::full);
    Incoming incoming;
    for (int i = 0; i < sent; ++i) {
        keeper::receive_message(link.theirs.get(), incoming);
        REQUIRE(incoming.receipt == Receipt::message);
    }
    keeper::receive_message(link.theirs.get(), incoming);
    CHECK(incoming.receipt == Receipt::nothing);
}

TEST_CASE("what a peer sent before it died is read to the end, also when it had left something unread") {
    Link link;
    REQUIRE(keeper::send_message(link.theirs.get(), keeper::message_of(Type::beat)) == Sent::done);  // is never read
    for (int i = 0; i < 3; ++i)
        REQUIRE(keeper::send_message(link.ours.get(), keeper::message_of(Type::ready)) == Sent::done);
    link.ours.reset();
    Incoming incoming;
    for (int i = 0; i < 3; ++i) {
        keeper::receive_message(link.theirs.get(), incoming);
        REQUIRE(incoming.receipt == Receipt::message);
    }
    keeper::receive_message(link.theirs.get(), incoming);
    CHECK(incoming.receipt == Receipt::closed);
    CHECK(keeper::send_message(link.theirs.get(), keeper::message_of(Type::beat)) == Sent::closed);
}

TEST_CASE("something of another size or make is no message") {
    Link link;
    keeper::Message wrong;
    wrong.magic = 1;
    REQUIRE(keeper::send_message(link.ours.get(), wrong) == Sent::done);
    REQUIRE(::send(link.ours.get(), "x", 1, 0) == 1);
    const std::string longer(sizeof(keeper::Message) + 1, '\0');
    REQUIRE(::send(link.ours.get(), longer.data(), longer.size(), 0) > 0);
    Incoming incoming;
    for (int i = 0; i < 3; ++i) {
        keeper::receive_message(link.theirs.get(), incoming);
        CHECK(incoming.receipt == Receipt::malformed);
    }
}

TEST_CASE("descriptors that do not fit are noticed, and none of them is left open") {
    Link link;
    const int many[5] = {0, 0, 0, 0, 0};
    REQUIRE(keeper::send_message(link.ours.get(), keeper::message_of(Type::spawn), many) == Sent::done);
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    const int next = ::dup(0);
    ::close(next);
    const rlimit tight{static_cast<rlim_t>(next) + 2, before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &tight) == 0);
    Incoming incoming;
    keeper::receive_message(link.theirs.get(), incoming);
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
    CHECK(incoming.receipt == Receipt::message);
    CHECK(incoming.descriptors_lost);
    incoming = Incoming{};
    const int after = ::dup(0);
    ::close(after);
    CHECK(after == next);
}

TEST_CASE("a boot is read as it was written, with the text behind it") {
    const auto boot = std::make_unique<keeper::Boot>();
    boot->slots = 77;
    REQUIRE(keeper::hold(*boot, "unix:/tmp/x.sock", 12));
    REQUIRE(keeper::set_path(boot->pidfile, "/tmp/x.pid"));
    CHECK_FALSE(keeper::set_path(boot->pidfile, std::string(4096, 'x')));
    CHECK_FALSE(keeper::hold(*boot, std::string(256, 'x'), 12));
    const auto fd = keeper::write_boot(*boot, "{\"a\":1}");
    REQUIRE(fd);
    const auto read = keeper::map_boot(fd->get());
    REQUIRE(read);
    CHECK((*read)->slots == 77);
    CHECK((*read)->held_count == 1);
    CHECK(std::string((*read)->held[0].name) == "unix:/tmp/x.sock");
    CHECK(std::string((*read)->pidfile) == "/tmp/x.pid");
    CHECK(keeper::read_boot_text(fd->get()).value() == "{\"a\":1}");
    CHECK_FALSE(keeper::map_boot(0));
}
