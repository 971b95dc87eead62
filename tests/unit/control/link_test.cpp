#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <cerrno>
#include <string>
#include <utility>
#include <vector>

#include "common/base/fd.hpp"
#include "supervisord/control/link.hpp"
#include "supervisord/keeper/wire.hpp"

namespace {

/// As long as it lives no descriptor can be opened.
class Shortage {
public:
    Shortage() {
        REQUIRE(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
        base::Fd lowest(::fcntl(0, F_DUPFD_CLOEXEC, 0));
        const rlimit none{static_cast<rlim_t>(lowest.get()), before_.rlim_max};
        lowest.reset();
        REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
    }
    ~Shortage() { ::setrlimit(RLIMIT_NOFILE, &before_); }
    Shortage(const Shortage&) = delete;
    Shortage& operator=(const Shortage&) = delete;

private:
    rlimit before_{};
};

}  // namespace

TEST_CASE("a descriptor is handed to the keeper also when there is none left for a copy of it") {
    base::Fd keeper_end, controller_end;
    REQUIRE(keeper::make_link(keeper_end, controller_end));
    boost::asio::io_context loop{1};
    control::Link link(loop, std::move(controller_end));
    base::Pipe pipe;
    REQUIRE(base::make_pipe(pipe));
    {
        const Shortage shortage;
        REQUIRE(::fcntl(0, F_DUPFD_CLOEXEC, 0) < 0);
        link.hold("config", pipe.read.get());
    }
    keeper::Incoming incoming;
    keeper::receive_message(keeper_end.get(), incoming);
    REQUIRE(incoming.receipt == keeper::Receipt::message);
    CHECK(keeper::name_of(incoming.message) == "config");
    REQUIRE(incoming.count == 1);
    CHECK(::write(pipe.write.get(), "x", 1) == 1);
    char byte = 0;
    CHECK(::read(incoming.descriptors[0].get(), &byte, 1) == 1);
}

TEST_CASE("what the keeper does not hold is told, and what there may be any number of leaves places") {
    base::Fd keeper_end, controller_end;
    REQUIRE(keeper::make_link(keeper_end, controller_end));
    boost::asio::io_context loop{1};
    control::Link link(loop, std::move(controller_end));
    std::vector<std::pair<std::string, int>> unheld;
    link.when_unheld([&](const std::string& name, int error) { unheld.emplace_back(name, error); });
    const auto keeper_says = [&](int error) {
        keeper::Incoming incoming;
        keeper::receive_message(keeper_end.get(), incoming);
        REQUIRE(incoming.receipt == keeper::Receipt::message);
        keeper::Message answer = keeper::message_of(keeper::Type::reply);
        answer.seq = incoming.message.seq;
        answer.err = error;
        REQUIRE(keeper::send_message(keeper_end.get(), answer) == keeper::Sent::done);
        link.catch_up();
    };
    link.hold("one", 0);
    keeper_says(0);
    CHECK(unheld.empty());
    link.hold("two", 0);
    keeper_says(ENOSPC);
    CHECK(unheld == std::vector<std::pair<std::string, int>>{{"two", ENOSPC}});
    CHECK_FALSE(link.held().contains("two"));  // a keeper in the place of this one would have no room for it either
    {
        const Shortage shortage;
        link.hold("three", 0);
    }
    keeper_says(EMFILE);
    CHECK(unheld.back() == std::pair<std::string, int>{"three", EMFILE});
    link.hold(std::string(keeper::name_size, 'x'), 0);
    CHECK(unheld.back().second == ENAMETOOLONG);

    unheld.clear();
    std::size_t count = link.held().size();
    for (; unheld.empty(); ++count) {
        REQUIRE(count < keeper::held_limit);
        link.hold_if_room("rest:" + std::to_string(count), 0);
        if (unheld.empty()) keeper_says(0);
    }
    CHECK(unheld.back().second == ENOSPC);
    CHECK(link.held().size() + control::Link::places_kept == keeper::held_limit);
    link.hold("needed", 0);
    CHECK(link.held().contains("needed"));
}
