#include "supervisord/control/chronicle.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

using control::Chronicle;

namespace {

base::Fd copy_of(int fd) { return base::Fd(::fcntl(fd, F_DUPFD_CLOEXEC, 0)); }

config::Group group(const std::string& name) {
    config::Group out;
    out.name = name;
    out.processes.resize(1);
    out.processes[0].name = name;
    out.processes[0].command = "/bin/cat \xff";  // not UTF-8, as a file may have it
    out.processes[0].out.logfile = {config::LogFile::Kind::automatic, "/tmp/x---supervisor-abc.log"};
    return out;
}

Chronicle::Content content_of(const Chronicle& chronicle) {
    Chronicle::Content content;
    REQUIRE(Chronicle::adopt(copy_of(chronicle.fd()), content));
    return content;
}

}  // namespace

TEST_CASE("what is active is known to the next controller, in the order of activation") {
    auto chronicle = Chronicle::create();
    REQUIRE(chronicle);
    config::Config config;
    config.path = "/etc/supervisord.conf";
    config.groups = {group("b"), group("a")};
    chronicle->started(config);
    chronicle->read(config);
    chronicle->activated(config.groups[0]);
    chronicle->activated(config.groups[1]);
    chronicle->activated(group("c"));
    chronicle->removed("b");

    const auto content = content_of(*chronicle);
    CHECK(content.started->path == config.path);
    REQUIRE(content.active.size() == 2);
    CHECK(content.active[0].name == "a");
    CHECK(content.active[1] == group("c"));
}

TEST_CASE("an entry that was not finished does not count") {
    auto chronicle = Chronicle::create();
    REQUIRE(chronicle);
    chronicle->activated(group("a"));
    const off_t whole = ::lseek(chronicle->fd(), 0, SEEK_END);
    REQUIRE(::pwrite(chronicle->fd(), "half an entry", 13, whole) == 13);
    CHECK(content_of(*chronicle).active.size() == 1);
}

TEST_CASE("a chronicle that is written anew says the same") {
    Chronicle::Content content;
    content.last_read.emplace();
    content.active = {group("x"), group("y")};
    auto chronicle = Chronicle::written_anew(content);
    REQUIRE(chronicle);
    const auto found = content_of(*chronicle);
    CHECK(found.active == content.active);
    CHECK(found.last_read == content.last_read);
    CHECK_FALSE(found.started);
}

TEST_CASE("an entry for which there was no memory is missed, and what comes after it does not stand alone") {
    std::signal(SIGXFSZ, SIG_IGN);
    auto chronicle = Chronicle::create();
    REQUIRE(chronicle);
    chronicle->activated(group("a"));
    CHECK_FALSE(chronicle->is_to_be_replaced());
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
    rlimit full = before;
    full.rlim_cur = static_cast<rlim_t>(::lseek(chronicle->fd(), 0, SEEK_END));
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &full) == 0);
    chronicle->activated(group("b"));
    Chronicle::Content content;
    content.active = {group("a"), group("b")};
    const bool could_be_written = static_cast<bool>(Chronicle::written_anew(content));
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
    CHECK_FALSE(could_be_written);
    CHECK(chronicle->is_to_be_replaced());
    chronicle->activated(group("c"));
    CHECK(content_of(*chronicle).active == std::vector{group("a")});
    CHECK(Chronicle::written_anew(content));
}

TEST_CASE("what is no chronicle is refused, with a reason") {
    base::Fd file(::memfd_create("x", MFD_CLOEXEC));
    REQUIRE(::write(file.get(), "something else entirely", 23) == 23);
    Chronicle::Content content;
    const auto refused = Chronicle::adopt(std::move(file), content);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().find("cannot use") == 0);
}

TEST_CASE("an entry that is larger or deeper than any is refused, and nobody ends of it") {
    for (const std::string& cbor : {std::string("\x9b\x40\0\0\0\0\0\0\0", 9), std::string("\xbb\x40\0\0\0\0\0\0\0", 9), std::string(300'000, '\x81')}) {
        auto chronicle = Chronicle::create();
        REQUIRE(chronicle);
        const std::uint64_t words[] = {16 + cbor.size(), cbor.size(), 'a'};  // of the header, and of an entry
        REQUIRE(::pwrite(chronicle->fd(), words, sizeof words, 8) == sizeof words);
        REQUIRE(::pwrite(chronicle->fd(), cbor.data(), cbor.size(), 32) == static_cast<ssize_t>(cbor.size()));
        Chronicle::Content content;
        const auto refused = Chronicle::adopt(copy_of(chronicle->fd()), content);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().ends_with("an entry is not readable"));
    }
}
