#include "supervisord/control/staging.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string>
#include <utility>

#include "supervisord/control/link.hpp"
#include "supervisord/control/notes.hpp"

namespace control {

void Staging::take_over(base::Fd before, Notes& notes) {
    const auto left = before ? base::bytes_in(before.get()) : std::nullopt;
    notes.settle_staged(left);
    if (!left) return;
    pipe_ = std::move(before);
    size_ = *left;
    empty();  // not before it is noted
}

std::size_t Staging::put(std::string_view bytes) {
    if (!std::exchange(tried_, true) && !pipe_) open();
    if (!pipe_) return 0;
    empty();
    const ssize_t count = ::write(pipe_.get(), bytes.data(), std::min(bytes.size(), Progress::most_staged));
    return size_ = static_cast<std::size_t>(std::max<ssize_t>(count, 0));
}

ssize_t Staging::move_to(int pipe) {
    const ssize_t count = ::splice(pipe_.get(), nullptr, pipe, nullptr, size_, SPLICE_F_NONBLOCK);
    if (count >= 0) {
        size_ -= std::min(size_, static_cast<std::size_t>(count));
        return count;
    }
    if (errno == EAGAIN || errno == EINTR || errno == EPIPE) return -1;
    // A kernel that cannot: then without.
    pipe_.reset();
    link_.let_go(std::string(held_name));
    errno = EINTR;
    return -1;
}

void Staging::open() {
    base::Pipe ends;
    if (!base::make_pipe(ends)) return;
    pipe_ = base::open_both_ways(ends.read, O_NONBLOCK);
    if (pipe_) link_.hold(std::string(held_name), pipe_.get());
}

void Staging::empty() {
    char unwanted[4096];
    while (size_ > 0) {
        const ssize_t count = ::read(pipe_.get(), unwanted, sizeof unwanted);
        if (count <= 0) break;
        size_ -= std::min(size_, static_cast<std::size_t>(count));
    }
    size_ = 0;
}

}  // namespace control
