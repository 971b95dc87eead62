#include "supervisord/control/drain.hpp"

#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <memory>

namespace control {

namespace {

constexpr std::chrono::milliseconds pause{10};  // then a flood costs next to nothing, and is slowed by nobody's log

struct Drain : std::enable_shared_from_this<Drain> {
    Drain(boost::asio::io_context& loop, base::Fd fd) : pipe(loop, fd.release()), timer(loop) {}

    boost::asio::posix::stream_descriptor pipe;
    boost::asio::steady_timer timer;

    void wait() {
        pipe.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                        [self = shared_from_this()](const boost::system::error_code& error) {
                            if (!error) self->read();
                        });
    }

    /// One piece: the pipe is a blocking one, whoever else has it open.
    void read() {
        char bytes[64 * 1024];
        const ssize_t count = ::read(pipe.native_handle(), bytes, sizeof bytes);
        if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) return;
        timer.expires_after(pause);
        timer.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
            if (!error) self->wait();
        });
    }
};

}  // namespace

std::function<base::Fd()> drain(boost::asio::io_context& loop, base::Fd pipe) {
    auto drain = std::make_shared<Drain>(loop, std::move(pipe));
    drain->wait();
    return [drain] {
        drain->timer.cancel();
        return base::Fd(drain->pipe.release());  // what is on its way to it finds no descriptor, and ends
    };
}

}  // namespace control
