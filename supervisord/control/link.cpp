#include "supervisord/control/link.hpp"

#include <fcntl.h>
#include <poll.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "common/base/alarm.hpp"
#include "common/base/clock.hpp"
#include "common/base/crash_point.hpp"

namespace control {

namespace {

constexpr std::chrono::seconds patience{5};
constexpr std::size_t at_once = 64;  // messages taken before others have their turn

/// Waits until the socket can be read or written; false when the time is over.
bool wait_for(int socket, short events, base::Time until) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - base::now()).count();
    pollfd entry{socket, events, 0};
    return left > 0 && ::poll(&entry, 1, static_cast<int>(left)) > 0;
}

}  // namespace

struct Link::Watch {
    Watch(boost::asio::io_context& loop, base::Fd socket) : descriptor(loop, socket.release()) {
        descriptor.non_blocking(true);
    }
    boost::asio::posix::stream_descriptor descriptor;
    bool wants_to_write = false;
};

Link::Link(boost::asio::io_context& loop, base::Fd socket) : watch_(std::make_unique<Watch>(loop, std::move(socket))) {}
Link::~Link() = default;

bool Link::greet(keeper::Message& welcome) {
    const int socket = watch_->descriptor.native_handle();
    const base::Time until = base::now() + patience;
    if (keeper::send_message(socket, keeper::message_of(keeper::Type::hello)) != keeper::Sent::done) return false;
    for (keeper::Incoming incoming; wait_for(socket, POLLIN, until);) {
        keeper::receive_message(socket, incoming);
        if (incoming.receipt == keeper::Receipt::closed) return false;
        if (incoming.receipt != keeper::Receipt::message || incoming.message.type != keeper::Type::welcome) continue;
        welcome = incoming.message;
        return welcome.err == 0;
    }
    return false;
}

void Link::listen(News news, std::function<void()> lost) {
    news_ = std::move(news);
    lost_ = std::move(lost);
    pump_in();
}

void Link::send(keeper::Message message, std::vector<base::Fd> descriptors, Answered answered) {
    message.seq = ++last_request_;
    if (answered) asked_.emplace(message.seq, std::move(answered));
    waiting_.push_back({message, std::move(descriptors)});
    if (waiting_.size() == 1 && !watch_->wants_to_write) pump_out();
}

void Link::send_copy(keeper::Message message, int descriptor) {
    base::Fd copy(::fcntl(descriptor, F_DUPFD_CLOEXEC, 0));
    if (copy) {
        std::vector<base::Fd> descriptors;
        descriptors.push_back(std::move(copy));
        return send(std::move(message), std::move(descriptors));
    }
    // No descriptor is left for what would have to wait: then it does not.  The keeper is quick, and the order is kept.
    flush();
    message.seq = ++last_request_;
    const int socket = watch_->descriptor.native_handle();
    const base::Time until = base::now() + patience;
    while (waiting_.empty() && keeper::send_message(socket, message, {&descriptor, 1}) == keeper::Sent::full &&
           wait_for(socket, POLLOUT, until)) {}
}

void Link::hold(const std::string& name, int descriptor) {
    keeper::Message message = keeper::message_of(keeper::Type::put);
    if (!keeper::set_name(message, name)) return;
    send_copy(message, descriptor);
    holds(name, descriptor);
}

void Link::holds(const std::string& name, int descriptor) {
    held_[name] = base::Fd(::fcntl(descriptor, F_DUPFD_CLOEXEC, 0));
}

void Link::let_go(const std::string& name) {
    keeper::Message message = keeper::message_of(keeper::Type::drop);
    if (held_.erase(name) > 0 && keeper::set_name(message, name)) send(message);
}

void Link::pump_out() {
    std::vector<int> numbers;
    while (!waiting_.empty()) {
        const Outgoing& first = waiting_.front();
        numbers.clear();
        for (const auto& descriptor : first.descriptors) numbers.push_back(descriptor.get());
        const auto sent = keeper::send_message(watch_->descriptor.native_handle(), first.message, numbers);
        if (sent == keeper::Sent::full) {
            if (!watch_->wants_to_write) {
                watch_->wants_to_write = true;
                watch_->descriptor.async_wait(boost::asio::posix::stream_descriptor::wait_write,
                                              [this](const boost::system::error_code& error) {
                                                  if (error) return;
                                                  watch_->wants_to_write = false;
                                                  pump_out();
                                              });
            }
            return;
        }
        waiting_.pop_front();  // when the keeper is gone, reading will find out and tell
    }
}

void Link::flush() {
    const base::Time until = base::now() + patience;
    pump_out();
    while (!waiting_.empty() && wait_for(watch_->descriptor.native_handle(), POLLOUT, until)) pump_out();
}

void Link::pump_in() {
    watch_->descriptor.async_wait(
        boost::asio::posix::stream_descriptor::wait_read, [this](const boost::system::error_code& error) {
            if (error) return;
            catch_up();
            if (!is_lost_) pump_in();
        });
}

void Link::catch_up() {
    base::alarm::begin();
    keeper::Incoming incoming;
    for (std::size_t count = 0; count < at_once && !is_lost_; ++count) {
        keeper::receive_message(watch_->descriptor.native_handle(), incoming);
        if (incoming.receipt == keeper::Receipt::nothing) return;
        if (incoming.receipt == keeper::Receipt::message) take(incoming);
        if (incoming.receipt != keeper::Receipt::closed) continue;
        is_lost_ = true;
        lost_();
    }
}

void Link::take(keeper::Incoming& incoming) {
    const keeper::Message& message = incoming.message;
    if (message.type == keeper::Type::ping) return send(keeper::message_of(keeper::Type::beat));
    if (message.type != keeper::Type::spawned && message.type != keeper::Type::reply) return news_(message);
    const auto found = asked_.find(message.seq);
    if (found == asked_.end()) return;
    const Answered answered = std::move(found->second);
    asked_.erase(found);
    answered(message, incoming.count > 0 ? std::move(incoming.descriptors[0]) : base::Fd());
}

}  // namespace control
