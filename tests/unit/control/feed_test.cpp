#include "supervisord/control/feed.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
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
