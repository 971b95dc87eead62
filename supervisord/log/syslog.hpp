// Lines to the system's log daemon: facility USER, priority INFO, ident "supervisord" (compat/logging.md, sections 1.2
// and 3.2).  Where syslog(3) would block when the daemon is slow, this answers EAGAIN; where there is no daemon, lines
// vanish, as they do with syslog(3).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/fd.hpp"

namespace logs {

class Syslog {
public:
    explicit Syslog(std::string socket_path = "/dev/log") : socket_path_(std::move(socket_path)) {}

    /// 0, or an errno (EAGAIN: later).  Long lines go in pieces.
    [[nodiscard]] int send(std::string_view line);

private:
    std::string socket_path_;
    base::Fd socket_;
    bool stream_ = false;  // some daemons listen on a stream socket

    [[nodiscard]] bool connect();
    [[nodiscard]] int send_piece(std::string_view line);
};

/// Sends `text` line by line, each with `prefix` before it, beginning at the offset `sent`, which is moved on.
[[nodiscard]] int send_lines(Syslog& syslog, std::string_view prefix, std::string_view text, std::size_t& sent);

}  // namespace logs
