#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>

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
