#include "supervisord/web/listen.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>

#include "common/base/clock.hpp"
#include "common/base/text.hpp"
#include "common/base/users.hpp"

namespace web {

namespace {

using std::chrono::milliseconds;

constexpr int backlog = 1024;
constexpr milliseconds probe_time{3000};      // then whoever holds the socket counts as alive (Q83)
constexpr milliseconds neighbour_time{4000};  // for another supervisord that opens a socket in the same directory
constexpr milliseconds look_again{20};
constexpr int most_attempts = 10;             // each lost to somebody who was quicker

base::Error in_use() {
    return {"Another program is already listening on a port that one of our HTTP servers is configured to use.  "
            "Shut this program down first before starting supervisord."};
}

base::Error cannot_open(std::string_view what) {
    return {base::concat("Cannot open an HTTP server: socket.error reported ", what)};
}

base::Error cannot_open(int number) {
    return cannot_open(base::concat("errno.", base::errno_name(number), " (", number, ")"));
}

base::Fd new_socket(int family) { return base::Fd(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)); }

// Unix sockets.

/// Nothing when the path does not fit into an address.
std::optional<sockaddr_un> unix_address(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) return std::nullopt;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    return address;
}

int call_with(int (*function)(int, const sockaddr*, socklen_t), int fd, const sockaddr_un& address) {
    return function(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

/// A name that is not left behind, whatever happens; nothing has it once the socket has been published.
struct TemporaryName {
    std::string path;
    ~TemporaryName() { ::unlink(path.c_str()); }
};

/// Two supervisords that start at the same time open their sockets one after the other: of two that find the same stale
/// socket, the slower one would otherwise remove what the quicker one has put there.  Does without when the directory
/// cannot be locked.
base::Fd lock_directory(const std::string& file) {
    const std::string directory = base::directory_of(file);
    base::Fd fd(::open(directory.empty() ? "." : directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    const base::Time end = base::now() + neighbour_time;
    while (fd && ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK && base::now() < end)
        ::poll(nullptr, 0, static_cast<int>(look_again.count()));
    return fd;
}

/// Whether somebody listens.  Connects and sends nothing: a listening socket takes connections by itself, so that the
/// program behind it need not do anything, and sees one that ends at once.
bool is_answered(const sockaddr_un& address) {
    const base::Fd probe = new_socket(AF_UNIX);
    if (!probe) return true;
    if (call_with(::connect, probe.get(), address) == 0) return true;
    if (errno != EINPROGRESS) return errno != ECONNREFUSED && errno != ENOENT;
    pollfd wait{probe.get(), POLLOUT, 0};
    if (::poll(&wait, 1, static_cast<int>(probe_time.count())) == 0) return true;
    int number = 0;
    socklen_t length = sizeof number;
    ::getsockopt(probe.get(), SOL_SOCKET, SO_ERROR, &number, &length);
    return number != ECONNREFUSED;
}

/// Gives the socket its name, which must be free.  0, or an errno; EEXIST when it is not.
int publish(const std::string& temporary, const std::string& file) {
    if (::renameat2(AT_FDCWD, temporary.c_str(), AT_FDCWD, file.c_str(), RENAME_NOREPLACE) == 0) return 0;
    if (errno == EEXIST) return EEXIST;
    if (::link(temporary.c_str(), file.c_str()) == 0) return 0;
    if (errno == EEXIST) return EEXIST;
    // A file system with neither (Q79); the lock on the directory has to do.
    struct stat status {};
    if (::lstat(file.c_str(), &status) == 0) return EEXIST;
    return ::rename(temporary.c_str(), file.c_str()) == 0 ? 0 : errno;
}

/// A socket that listens under a temporary name, with the owner and the mode that it is to have.
base::Result<base::Fd> open_under(const std::string& temporary, const config::Server& server) {
    const auto address = unix_address(temporary);
    if (!address) return cannot_open("AF_UNIX path too long");
    base::Fd fd = new_socket(AF_UNIX);
    if (!fd) return cannot_open(errno);

    ::unlink(temporary.c_str());  // left by a process of the same number
    const mode_t before = ::umask(0777);  // born closed
    const bool bound = call_with(::bind, fd.get(), *address) == 0;
    const int number = errno;
    ::umask(before);
    if (!bound) return cannot_open(number);

    const auto [uid, gid] = server.chown;
    const bool has_owner = uid != static_cast<uid_t>(-1) || gid != static_cast<gid_t>(-1);
    if (has_owner && ::lchown(temporary.c_str(), uid, gid) != 0) {
        if (errno != EPERM) return cannot_open(errno);
        const auto user = base::find_user(::geteuid());
        const std::string who = user ? user->name : base::concat(::geteuid());
        return base::Error{base::concat("Not permitted to chown ", server.file, " to uid/gid (", static_cast<int>(uid), ", ",
                                        static_cast<int>(gid), "); adjust \"sockchown\" value in config file or on "
                                        "command line to values that the current user (", who,
                                        ") can successfully chown")};
    }
    if (::listen(fd.get(), backlog) != 0) return cannot_open(errno);
    if (::chmod(temporary.c_str(), server.chmod) != 0) return cannot_open(errno);
    return fd;
}

/// Removes what stands under the name when nobody listens there; the error says why it has to stay.
base::Result<void> make_way(const std::string& file, const sockaddr_un& address) {
    struct stat status {};
    if (::lstat(file.c_str(), &status) != 0) return {};  // gone by itself
    if (!S_ISSOCK(status.st_mode))
        return base::Error{base::concat("Cannot open an HTTP server: ", file, " exists and is not a socket")};
    if (is_answered(address)) return in_use();
    const std::string line = base::concat("Unlinking stale socket ", file, "\n");
    static_cast<void>(base::write_all(STDERR_FILENO, line));
    if (::unlink(file.c_str()) != 0 && errno != ENOENT) return cannot_open(errno);
    return {};
}

}  // namespace

base::Result<base::Fd> open_unix(const config::Server& server) {
    const auto address = unix_address(server.file);
    if (!address) return cannot_open("AF_UNIX path too long");
    const base::Fd lock = lock_directory(server.file);
    const TemporaryName temporary{base::concat(server.file, ".", ::getpid())};
    base::Result<base::Fd> opened = open_under(temporary.path, server);
    if (!opened) return opened;

    for (int attempt = 0; attempt < most_attempts; ++attempt) {
        const int error = publish(temporary.path, server.file);
        if (error == 0) return opened;
        if (error != EEXIST) return cannot_open(error);
        if (base::Result<void> way = make_way(server.file, *address); !way) return base::Error{way.error()};
    }
    return in_use();
}

// TCP sockets.

base::Result<void> set_owner_and_mode(const config::Server& server) {
    const auto [uid, gid] = server.chown;
    const bool has_owner = uid != static_cast<uid_t>(-1) || gid != static_cast<gid_t>(-1);
    if (::chmod(server.file.c_str(), server.chmod) == 0 && (!has_owner || ::lchown(server.file.c_str(), uid, gid) == 0))
        return {};
    return base::Error{base::concat("cannot change owner and mode of ", server.file, ": ", base::errno_text(errno))};
}

namespace {

/// For as long as it lives the sockets let another of ours have their port.
class SharedPort {
public:
    explicit SharedPort(std::span<const int> sockets) : sockets_(sockets) { set(1); }
    ~SharedPort() { set(0); }
    SharedPort(const SharedPort&) = delete;
    SharedPort& operator=(const SharedPort&) = delete;

private:
    std::span<const int> sockets_;
    void set(int on) const {
        for (const int socket : sockets_) ::setsockopt(socket, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    }
};

}  // namespace

base::Result<base::Fd> open_inet(const config::Server& server, std::span<const int> beside) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE;
    hints.ai_family = server.host.find(':') == std::string::npos ? AF_INET : AF_INET6;
    const std::string port = base::concat(server.port);
    addrinfo* found = nullptr;
    const int failure = ::getaddrinfo(server.host.empty() ? nullptr : server.host.c_str(), port.c_str(), &hints, &found);
    if (failure != 0) return cannot_open(base::concat(failure));
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(found, &::freeaddrinfo);

    base::Fd fd = new_socket(found->ai_family);
    if (!fd) return cannot_open(errno);
    const int on = 1;
    ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    const int number = fd.get();
    const SharedPort others(beside);
    const SharedPort own({&number, beside.empty() ? 0U : 1U});
    if (::bind(fd.get(), found->ai_addr, found->ai_addrlen) != 0 || ::listen(fd.get(), backlog) != 0) {
        if (errno == EADDRINUSE) return in_use();
        return cannot_open(errno);
    }
    return fd;
}

base::Result<base::Fd> open_listening(const config::Server& server, std::span<const int> beside) {
    return server.family == config::Server::Family::unix ? open_unix(server) : open_inet(server, beside);
}

}  // namespace web
