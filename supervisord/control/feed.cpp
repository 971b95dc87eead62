#include "supervisord/control/feed.hpp"

#include <poll.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cerrno>
#include <string>

namespace control {

struct Feed::Pipe : std::enable_shared_from_this<Pipe> {
    Pipe(boost::asio::io_context& loop, base::Fd fd) : descriptor(loop, fd.release()) { descriptor.non_blocking(true); }

    boost::asio::posix::stream_descriptor descriptor;
    std::string waiting;
    bool watching = false;

    /// False: the child has closed its end.
    bool pump() {
        while (!waiting.empty()) {
            const ssize_t count = ::write(descriptor.native_handle(), waiting.data(), waiting.size());
            if (count < 0 && errno == EINTR) continue;
            if (count < 0 && errno == EAGAIN) {
                watch();
                return true;
            }
            if (count < 0) {
                waiting.clear();
                return false;
            }
            waiting.erase(0, static_cast<std::size_t>(count));
        }
        return true;
    }

    void watch() {
        if (watching) return;
        watching = true;
        descriptor.async_wait(boost::asio::posix::stream_descriptor::wait_write,
                              [self = shared_from_this()](const boost::system::error_code& error) {
                                  self->watching = false;
                                  if (!error) self->pump();
                              });
    }

    [[nodiscard]] bool is_closed() {
        pollfd entry{descriptor.native_handle(), 0, 0};
        return ::poll(&entry, 1, 0) > 0 && (entry.revents & POLLERR) != 0;
    }
};

Feed::Feed(boost::asio::io_context& loop, base::Fd pipe) : pipe_(std::make_shared<Pipe>(loop, std::move(pipe))) {}

Feed::~Feed() {
    boost::system::error_code ignored;
    pipe_->descriptor.close(ignored);
}

Feed::Taken Feed::write(std::string_view bytes) {
    if (pipe_->is_closed()) return Taken::closed;
    if (pipe_->waiting.size() + bytes.size() > limit) return Taken::full;
    pipe_->waiting += bytes;
    return pipe_->pump() ? Taken::yes : Taken::closed;
}

}  // namespace control
