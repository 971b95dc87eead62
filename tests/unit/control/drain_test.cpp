#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <string>

#include <boost/asio/io_context.hpp>

#include "common/base/fd.hpp"
#include "supervisord/control/runner.hpp"

namespace {

bool is_open(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }

}  // namespace

TEST_CASE("a program that is left alone can write as much as it likes, and its pipes are closed when it ends") {
    base::Pipe input, output, error;
    REQUIRE(base::make_pipe(input));
    REQUIRE(base::make_pipe(output));
    REQUIRE(base::make_pipe(error));
    keeper::Slot slot;
    slot.state = keeper::SlotState::alive;
    const int ends[] = {output.read.get(), error.read.get()};
    slot.retained[0] = {input.write.release(), keeper::Role::input};
    slot.retained[1] = {output.read.release(), keeper::Role::output};
    slot.retained[2] = {error.read.release(), keeper::Role::error};
    boost::asio::io_context loop{1};
    control::leave_alone(loop, slot);
    char byte;
    CHECK(::read(input.read.get(), &byte, 1) == 0);  // nobody will write to it any more

    for (const int fd : {output.write.get(), error.write.get()}) {
        base::set_nonblocking(fd);
        const std::string piece(4096, 'x');
        std::size_t written = 0;
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        while (written < 1024 * 1024 && std::chrono::steady_clock::now() < end) {
            const ssize_t count = ::write(fd, piece.data(), piece.size());
            if (count > 0) written += static_cast<std::size_t>(count);
            else loop.run_one_for(std::chrono::milliseconds(100));
        }
        CHECK(written >= 1024 * 1024);
    }
    output.write.reset();
    error.write.reset();
    loop.run_for(std::chrono::seconds(60));  // ends by itself
    CHECK(loop.stopped());
    CHECK_FALSE(is_open(ends[0]));
    CHECK_FALSE(is_open(ends[1]));
}
