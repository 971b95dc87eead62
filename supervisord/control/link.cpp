#include "supervisord/control/link.hpp"

#include <fcntl.h>
#include <poll.h>

#include <cerrno>

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

Link::Link(Loop& loop, base::Fd socket) : socket_(std::move(socket)), readiness_(loop, socket_.get()) {
    base::set_nonblocking(socket_.get());
}

bool Link::greet(keeper::Message& welcome) {
    const int socket = socket_.get();
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
    if (waiting_.size() == 1 && !wants_to_write_) pump_out();
}

void Link::send_copy(keeper::Message message, int descriptor, Answered answered) {
    base::Fd copy(::fcntl(descriptor, F_DUPFD_CLOEXEC, 0));
    if (copy) {
        std::vector<base::Fd> descriptors;
        descriptors.push_back(std::move(copy));
        return send(std::move(message), std::move(descriptors), std::move(answered));
    }
    // No descriptor is left for what would have to wait: then it does not.  The keeper is quick, and the order is kept.
    flush();
    message.seq = ++last_request_;
    asked_.emplace(message.seq, std::move(answered));
    const int socket = socket_.get();
    const base::Time until = base::now() + patience;
    while (waiting_.empty() && keeper::send_message(socket, message, {&descriptor, 1}) == keeper::Sent::full &&
           wait_for(socket, POLLOUT, until)) {}
}

void Link::hold(const std::string& name, int descriptor) {
    keeper::Message message = keeper::message_of(keeper::Type::put);
    if (!keeper::set_name(message, name)) return not_held(name, ENAMETOOLONG);
    holds(name, descriptor);
    send_copy(message, descriptor, [this, name](const keeper::Message& answer, base::Fd) {
        if (answer.err != 0) not_held(name, answer.err);
    });
}

void Link::hold_if_room(const std::string& name, int descriptor) {
    if (held_.size() + places_kept >= keeper::held_limit) return not_held(name, ENOSPC);
    hold(name, descriptor);
}

/// Nor would a keeper in the place of this one have room for it.
void Link::not_held(const std::string& name, int error) {
    if (error == ENOSPC) held_.erase(name);
    if (unheld_) unheld_(name, error);
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
        const auto sent = keeper::send_message(socket_.get(), first.message, numbers);
        if (sent == keeper::Sent::full) {
            if (!wants_to_write_) {
                wants_to_write_ = true;
                readiness_.when_writable([this] {
                    wants_to_write_ = false;
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
    while (!waiting_.empty() && wait_for(socket_.get(), POLLOUT, until)) pump_out();
}

void Link::pump_in() {
    readiness_.when_readable([this] {
        catch_up();
        if (!is_lost_) pump_in();
    });
}

void Link::catch_up() {
    base::alarm::begin();
    keeper::Incoming incoming;
    for (std::size_t count = 0; count < at_once && !is_lost_; ++count) {
        keeper::receive_message(socket_.get(), incoming);
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
