#include "supervisord/control/shared_sockets.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>

#include "common/base/text.hpp"
#include "supervisord/control/link.hpp"

namespace control {

using base::concat;

namespace {

constexpr std::string_view unix_scheme = "unix://";
constexpr std::string_view tcp_scheme = "tcp://";
constexpr std::string_view held_prefix = "fcgi:";

base::Error failure(const config::FcgiSocket& socket, std::string_view why) {
    return {concat("Could not create FastCGI socket ", socket.url, ": ", why)};
}

base::Error failure(const config::FcgiSocket& socket) { return failure(socket, base::errno_text(errno)); }

/// Blocking, as the programs expect it: all who share it share that too.
base::Fd new_socket(int family) { return base::Fd(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)); }

/// Whether somebody listens there: a name that is taken from him would leave his clients waiting for ever.
bool is_answered(const sockaddr_un& address) {
    const base::Fd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    return !probe || ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ||
           (errno != ECONNREFUSED && errno != ENOENT);
}

int backlog_of(const config::FcgiSocket& socket) {
    return socket.backlog > 0 ? static_cast<int>(socket.backlog) : SOMAXCONN;
}

base::Result<base::Fd> open_unix(const config::FcgiSocket& socket) {
    const std::string path = socket.url.substr(unix_scheme.size());
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) return failure(socket, "AF_UNIX path too long");
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    base::Fd fd = new_socket(AF_UNIX);
    if (!fd) return failure(socket);
    struct stat found{};
    if (::lstat(path.c_str(), &found) == 0) {
        if (!S_ISSOCK(found.st_mode)) return failure(socket, concat(path, " exists and is not a socket"));
        if (is_answered(address)) return failure(socket, base::errno_text(EADDRINUSE));
        ::unlink(path.c_str());
    }
    const mode_t before = ::umask(0177);
    const bool bound = ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    const int error = errno;
    ::umask(before);
    errno = error;
    if (!bound) return failure(socket);
    if (socket.owner && ::lchown(path.c_str(), socket.owner->first, socket.owner->second) != 0) return failure(socket);
    if (::chmod(path.c_str(), socket.mode.value_or(0700)) != 0) return failure(socket);
    if (::listen(fd.get(), backlog_of(socket)) != 0) return failure(socket);
    return fd;
}

base::Result<base::Fd> open_tcp(const config::FcgiSocket& socket) {
    const std::string address = socket.url.substr(tcp_scheme.size());
    const auto colon = address.rfind(':');
    std::string host = address.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE;
    hints.ai_family = host.find(':') == std::string::npos ? AF_INET : AF_INET6;
    addrinfo* found = nullptr;
    if (const int error = ::getaddrinfo(host.c_str(), address.substr(colon + 1).c_str(), &hints, &found); error != 0)
        return failure(socket, ::gai_strerror(error));
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(found, &::freeaddrinfo);
    base::Fd fd = new_socket(found->ai_family);
    if (!fd) return failure(socket);
    const int on = 1;
    ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (::bind(fd.get(), found->ai_addr, found->ai_addrlen) != 0 || ::listen(fd.get(), backlog_of(socket)) != 0)
        return failure(socket);
    return fd;
}

}  // namespace

base::Result<base::Fd> open_fcgi_socket(const config::FcgiSocket& socket) {
    return socket.url.starts_with(unix_scheme) ? open_unix(socket) : open_tcp(socket);
}

struct SharedSockets::Shared {
    Link& link;
    logs::Activity& activity;
    std::map<std::string, std::weak_ptr<Socket>> open = {};
    std::map<std::string, base::Fd> adopted = {};  // and not yet used

    void drop(const std::string& name) const { link.let_go(concat(held_prefix, name)); }
};

class SharedSockets::Socket {
public:
    Socket(std::weak_ptr<Shared> shared, std::string name, std::string url, base::Fd fd)
        : shared_(std::move(shared)), name_(std::move(name)), url_(std::move(url)), fd_(std::move(fd)) {}
    ~Socket() {
        const auto shared = shared_.lock();
        if (!shared) return;  // the controller ends: another will go on with it
        shared->activity.log(logs::LogLevel::info, concat("Closing socket ", url_));
        // The keeper closes its copy a little later: until then nobody must connect to it, nor the port look taken.
        ::shutdown(fd_.get(), SHUT_RDWR);
        shared->drop(name_);
    }
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;

    [[nodiscard]] int fd() const { return fd_.get(); }

private:
    std::weak_ptr<Shared> shared_;
    std::string name_, url_;
    base::Fd fd_;
};

SharedSockets::SharedSockets(Link& link, logs::Activity& activity)
    : shared_(std::make_shared<Shared>(Shared{.link = link, .activity = activity})) {}

SharedSockets::~SharedSockets() = default;

int SharedSockets::fd(const Use& use) { return use->fd(); }

void SharedSockets::adopt(const keeper::Header& header) {
    for (const auto& entry : header.held) {
        const std::string_view name(entry.name, ::strnlen(entry.name, sizeof entry.name));
        if (name.starts_with(held_prefix))
            shared_->adopted.emplace(name.substr(held_prefix.size()), base::Fd(entry.fd));
    }
}

void SharedSockets::close_unused() {
    for (const auto& [name, fd] : shared_->adopted) shared_->drop(name);
    shared_->adopted.clear();
}

base::Result<SharedSockets::Use> SharedSockets::use(const std::string& name, const config::FcgiSocket& socket) {
    auto& open = shared_->open[name];
    if (auto used = open.lock()) return used;
    base::Fd fd;
    if (const auto found = shared_->adopted.find(name); found != shared_->adopted.end()) {
        fd = std::move(found->second);
        shared_->adopted.erase(found);
    } else {
        shared_->activity.log(logs::LogLevel::info, concat("Creating socket ", socket.url));
        auto opened = open_fcgi_socket(socket);
        if (!opened) return base::Error{opened.error()};
        fd = std::move(*opened);
        shared_->link.hold(concat(held_prefix, name), fd.get());
    }
    auto used = std::make_shared<Socket>(shared_, name, socket.url, std::move(fd));
    open = used;
    return used;
}

}  // namespace control
