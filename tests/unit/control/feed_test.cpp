#include "supervisord/control/feed.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <csignal>
#include <string>
#include <utility>

#include "supervisord/control/notes.hpp"
#include "supervisord/log/staging.hpp"

using control::Feed;

namespace {

/// A loop, and a staging that somebody else holds, too.
struct Around {
    boost::asio::io_context loop{1};
    base::Fd held;
    logs::Staging staging;

    explicit Around(base::Fd before = {})
        : staging(std::move(before), [this](int pipe) { held = base::Fd(::fcntl(pipe, F_DUPFD_CLOEXEC, 0)); }) {}

    [[nodiscard]] std::size_t staged() const {
        int count = 0;
        REQUIRE(held);
        REQUIRE(::ioctl(held.get(), FIONREAD, &count) == 0);
        return static_cast<std::size_t>(count);
    }
};

}  // namespace

TEST_CASE("what a child does not read at once waits, in order and up to a bound") {
    Around around;
    auto& loop = around.loop;
    base::Pipe pipe;
    REQUIRE(base::make_pipe(pipe));
    Feed feed(loop, around.staging, std::move(pipe.write));
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
    Around around;
    auto& loop = around.loop;
    base::Pipe pipe;
    REQUIRE(base::make_pipe(pipe));
    Feed feed(loop, around.staging, std::move(pipe.write));
    pipe.read.reset();
    CHECK(feed.write("x") == Feed::Taken::closed);
}

TEST_CASE("of an event it is told how far it came, and that the child closed its stdin") {
    ::signal(SIGPIPE, SIG_IGN);  // as in a controller
    Around around;
    auto& loop = around.loop;
    base::Pipe pipe;
    REQUIRE(base::make_pipe(pipe));
    Feed feed(loop, around.staging, std::move(pipe.write));
    std::size_t written = 0, begun = 0;
    int open_writes = 0;
    bool closed = false, some = false;
    const Feed::Witness witness{.before =
                                    [&](std::size_t staged) {
                                        ++open_writes;
                                        begun = staged;
                                        CHECK(staged > 0);
                                        CHECK(around.staged() == staged);
                                    },
                                .after =
                                    [&](std::size_t count) {
                                        --open_writes;
                                        written += count;
                                        CHECK(around.staged() == begun - count);  // so another would know
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

    const auto run_until_closed = [&] {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
        while (!closed && std::chrono::steady_clock::now() < end) loop.run_one_for(std::chrono::milliseconds(10));
        CHECK(closed);
    };
    pipe.read.reset();
    run_until_closed();
    CHECK(some);

    closed = false;
    feed.deliver("more", witness);
    CHECK_FALSE(closed);  // from the loop
    loop.restart();
    run_until_closed();
    CHECK_FALSE(some);
}

TEST_CASE("what the child was given before and after an event does not count as a part of it") {
    Around around;
    base::Pipe pipe;
    REQUIRE(base::make_pipe(pipe));
    Feed feed(around.loop, around.staging, std::move(pipe.write));
    const std::string first(200'000, 'a'), event(100'000, 'b'), last(200'000, 'c');
    std::size_t written = 0, most_begun = 0;
    REQUIRE(feed.write(first) == Feed::Taken::yes);
    feed.deliver(event, {.before = [&](std::size_t staged) { most_begun = std::max(most_begun, written + staged); },
                         .after = [&](std::size_t count) { written += count; },
                         .closed = {}});
    REQUIRE(feed.write(last) == Feed::Taken::yes);
    CHECK(written == 0);
    std::string received;
    base::set_nonblocking(pipe.read.get());
    char buffer[65536];
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (received.size() < first.size() + event.size() + last.size() && std::chrono::steady_clock::now() < end) {
        const ssize_t count = ::read(pipe.read.get(), buffer, sizeof buffer);
        if (count > 0) received.append(buffer, static_cast<std::size_t>(count));
        around.loop.run_one_for(std::chrono::milliseconds(count > 0 ? 0 : 10));
        around.loop.restart();
    }
    CHECK(received == first + event + last);
    CHECK(written == event.size());
    CHECK(most_begun <= event.size());
}

TEST_CASE("whoever goes on after a death in the middle of a step sends each byte of an event once") {
    enum class Death { before_the_step, after_it };
    for (const auto death : {Death::before_the_step, Death::after_it}) {
        for (const std::size_t size : {10, 5000, 20000, 200000}) {
            CAPTURE(size);
            CAPTURE(static_cast<int>(death));
            std::string message;
            for (std::size_t at = 0; at < size; ++at) message += static_cast<char>('a' + at * at % 23);
            auto notes = std::move(control::Notes::create().value());
            control::Notes::Record& record = *notes.record("g:p");
            Around first;
            base::Pipe pipe;
            REQUIRE(base::make_pipe(pipe));
            REQUIRE(::fcntl(pipe.write.get(), F_SETPIPE_SZ, 8192) == 8192);  // the large ones do not fit
            base::set_nonblocking(pipe.read.get());
            base::set_nonblocking(pipe.write.get());

            const std::size_t staged = first.staging.put(message);
            REQUIRE(staged > 0);
            record.set_progress({7, 0, staged});
            if (death == Death::after_it) CHECK(first.staging.move_to(pipe.write.get()) == static_cast<ssize_t>(std::min<std::size_t>(size, 8192)));

            Around second(std::move(first.held));
            notes.settle_staged(second.staging.left());
            const auto progress = record.progress();
            CHECK(progress.is_certain());
            CHECK(progress.bytes == (death == Death::after_it ? std::min<std::size_t>(size, 8192) : 0));
            std::string received;
            Feed feed(second.loop, second.staging, std::move(pipe.write));
            feed.deliver(message.substr(progress.bytes), {.before = [](std::size_t) {}, .after = [](std::size_t) {}, .closed = {}});
            char buffer[65536];
            const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
            while (received.size() < size && std::chrono::steady_clock::now() < end) {
                const ssize_t count = ::read(pipe.read.get(), buffer, sizeof buffer);
                if (count > 0) received.append(buffer, static_cast<std::size_t>(count));
                second.loop.run_one_for(std::chrono::milliseconds(count > 0 ? 0 : 10));
                second.loop.restart();
            }
            CHECK(received == message);
            CHECK(::read(pipe.read.get(), buffer, 1) < 0);
        }
    }
}
