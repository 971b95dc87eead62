#include "supervisord/log/staging.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace logs {

namespace {

constexpr int widest = 1 << 20;  // bytes: as wide as anybody may make a pipe

/// What is moved takes pages of its own, however little is in them, where what is written fills up the last one: a pipe that
/// is full and holds little gets room for more, so that a slow reader holds up nobody sooner than if it were written.
bool widen(int target) {
    const int room = ::fcntl(target, F_GETPIPE_SZ);  // -1: no pipe
    const auto held = base::bytes_in(target);
    return room > 0 && room < widest && held && *held < static_cast<std::size_t>(room) / 4 && ::fcntl(target, F_SETPIPE_SZ, 2 * room) > room;
}

}  // namespace

Staging::Staging(base::Fd before, std::function<void(int)> hold) : hold_(std::move(hold)) {
    const auto left = before ? base::bytes_in(before.get()) : std::nullopt;
    if (!left) return;
    pipe_ = std::move(before);
    size_ = *left;
}

std::optional<std::size_t> Staging::left() const { return pipe_ ? std::optional(size_) : std::nullopt; }

std::size_t Staging::put(std::string_view bytes) {
    if (!std::exchange(tried_, true) && !pipe_) open();
    if (!pipe_) return 0;
    empty();
    const ssize_t count = ::write(pipe_.get(), bytes.data(), std::min(bytes.size(), most));
    return size_ = static_cast<std::size_t>(std::max<ssize_t>(count, 0));
}

ssize_t Staging::move_to(int target) {
    for (;;) {
        const ssize_t count = ::splice(pipe_.get(), nullptr, target, nullptr, size_, SPLICE_F_NONBLOCK);
        if (count >= 0) {
            size_ -= std::min(size_, static_cast<std::size_t>(count));
            return count;
        }
        if (errno != EAGAIN) return -1;
        if (!widen(target)) {
            errno = EAGAIN;
            return -1;
        }
    }
}

void Staging::open() {
    base::Pipe ends;
    if (!base::make_pipe(ends)) return;
    pipe_ = base::open_both_ways(ends.read, O_NONBLOCK);
    if (pipe_ && hold_) hold_(pipe_.get());
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

}  // namespace logs
