#include "supervisord/control/feed.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <csignal>
#include <string>

using control::Feed;

TEST_CASE("what a child does not read at once waits, in order and up to a bound") {
    boost::asio::io_context loop(1);
    base::Pipe pipe;
    REQUIRE(base::make_pipe(pipe));
    Feed feed(loop, std::move(pipe.write));
    std::string sent;
    int accepted = 0;
    while (feed.write(std::string(10000, static_cast<char>('a' + accepted % 26))) == Feed::Taken::yes) {
        sent += std::string(10000, static_cast<char>('a' + accepted % 26));
        ++accepted;
    }
    CHECK(sent.size() >= Feed::limit);
    CHECK(feed.write("x") == Feed::Taken::yes);  // a little still fits
    sent += "x";

    std::string received;
    base::set_nonblocking(pipe.read.get());
    char buffer[65536];
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (received.size() < sent.size() && std::chrono::steady_clock::now() < end) {
        const ssize_t count = ::read(pipe.read.get(), buffer, sizeof buffer);
        if (count > 0) received.append(buffer, static_cast<std::size_t>(count));
        loop.run_one_for(std::chrono::milliseconds(10));
        loop.restart();
    }
    CHECK(received == sent);
}

TEST_CASE("a child that has closed its stdin is noticed at once") {
    boost::asio::io_context loop(1);
    base::Pipe pipe;
    REQUIRE(base::make_pipe(pipe));
    Feed feed(loop, std::move(pipe.write));
    pipe.read.reset();
    CHECK(feed.write("x") == Feed::Taken::closed);
}

TEST_CASE("of an event it is told how far it came, and that the child closed its stdin") {
    ::signal(SIGPIPE, SIG_IGN);  // as in a controller
    boost::asio::io_context loop(1);
    base::Pipe pipe;
    REQUIRE(base::make_pipe(pipe));
    Feed feed(loop, std::move(pipe.write));
    std::size_t written = 0;
    int open_writes = 0;
    bool closed = false, some = false;
    const Feed::Witness witness{.before = [&] { ++open_writes; },
                                .after =
                                    [&](std::size_t count) {
                                        --open_writes;
                                        written += count;
                                    },
                                .closed =
                                    [&](bool some_sent) {
                                        closed = true;
                                        some = some_sent;
                                    }};
    const std::string message(3 * Feed::limit, 'x');  // an event has no bound here: its pool holds one at a time
    feed.deliver(message, witness);
    CHECK(written > 0);
    CHECK(written < message.size());
    CHECK(open_writes == 0);
    std::string received(written, ' ');
    REQUIRE(::read(pipe.read.get(), received.data(), received.size()) > 0);
    const std::size_t before = written;
    loop.run_one_for(std::chrono::seconds(10));
    CHECK(written > before);

    pipe.read.reset();
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!closed && std::chrono::steady_clock::now() < end) loop.run_one_for(std::chrono::milliseconds(10));
    CHECK(closed);
    CHECK(some);

    closed = false;
    feed.deliver("more", witness);
    CHECK_FALSE(closed);  // from the loop
    loop.restart();
    loop.run_for(std::chrono::milliseconds(10));
    CHECK(closed);
    CHECK_FALSE(some);
}
