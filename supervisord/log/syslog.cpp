#include "supervisord/log/syslog.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <string>

#include "common/base/text.hpp"

namespace logs {

namespace {

constexpr std::size_t piece_size = 64 * 1024;  // what a socket takes by default is more

/// "<14>Nov 24 10:31:09 supervisord: "
std::string head() {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    ::localtime_r(&now, &parts);
    static constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const std::string day = parts.tm_mday < 10 ? base::concat(' ', parts.tm_mday) : base::concat(parts.tm_mday);
    return base::concat("<14>", months[parts.tm_mon], ' ', day, ' ', base::padded(parts.tm_hour, 2), ':', base::padded(parts.tm_min, 2), ':',
                        base::padded(parts.tm_sec, 2), " supervisord: ");
}

}  // namespace

bool Syslog::connect() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (socket_path_.size() >= sizeof address.sun_path) return false;
    std::memcpy(address.sun_path, socket_path_.c_str(), socket_path_.size() + 1);
    for (const int type : {SOCK_DGRAM, SOCK_STREAM}) {
        socket_ = base::Fd(::socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        stream_ = type == SOCK_STREAM;
        if (socket_ && ::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return true;
    }
    socket_.reset();
    return false;
}

int Syslog::send_piece(std::string_view line) {
    std::string message = base::concat(head(), line);
    for (int attempt = 0; attempt < 2; ++attempt) {
        if (!socket_ && !connect()) return 0;  // no daemon
        if (stream_ && message.back() != '\0') message.push_back('\0');
        if (::send(socket_.get(), message.data(), message.size(), MSG_NOSIGNAL) >= 0) return 0;
        if (errno == EAGAIN || errno == ENOBUFS) return EAGAIN;
        if (errno == EMSGSIZE) return 0;  // never, unless somebody has lowered the system's limits below 64 KiB
        socket_.reset();                  // the daemon was restarted
    }
    return 0;
}

int Syslog::send(std::string_view line) {
    do {
        if (const int error = send_piece(line.substr(0, piece_size))) return error;
        line.remove_prefix(std::min(line.size(), piece_size));
    } while (!line.empty());
    return 0;
}

int send_lines(Syslog& syslog, std::string_view prefix, std::string_view text, std::size_t& sent) {
    std::string_view lines = text;
    while (lines.ends_with('\n')) lines.remove_suffix(1);
    while (sent < lines.size()) {
        const auto end = std::min(lines.find('\n', sent), lines.size());
        if (const int error = syslog.send(base::concat(prefix, lines.substr(sent, end - sent)))) return error;
        sent = end + 1;
    }
    sent = text.size();
    return 0;
}

}  // namespace logs
