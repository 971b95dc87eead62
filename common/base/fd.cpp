#include "common/base/fd.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <vector>

#include "common/base/text.hpp"

namespace base {

Fd& Fd::operator=(Fd&& other) noexcept {
    if (this != &other) {
        reset();
        number_ = std::exchange(other.number_, -1);
    }
    return *this;
}

void Fd::reset() {
    if (number_ >= 0) ::close(std::exchange(number_, -1));
}

bool make_pipe(Pipe& pipe) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return false;
    pipe.read = Fd(ends[0]);
    pipe.write = Fd(ends[1]);
    return true;
}

Fd open_both_ways(const Fd& end, int flags) {
    return Fd(::open(concat("/proc/self/fd/", end.get()).c_str(), O_RDWR | O_CLOEXEC | flags));
}

std::optional<std::size_t> bytes_in(int pipe) {
    int count = 0;
    if (::ioctl(pipe, FIONREAD, &count) != 0 || count < 0) return std::nullopt;
    return static_cast<std::size_t>(count);
}

void set_nonblocking(int fd) { ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK); }

void set_close_on_exec(int fd, bool on) { ::fcntl(fd, F_SETFD, on ? FD_CLOEXEC : 0); }

void fill_standard_descriptors() {
    int fd = 0;
    while (fd >= 0 && fd <= 2) fd = ::open("/dev/null", O_RDWR);
    if (fd > 2) ::close(fd);
}

bool has_room_for(std::size_t descriptors) {
    std::vector<Fd> taken;
    taken.emplace_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    while (taken.back() && taken.size() < descriptors) taken.emplace_back(::fcntl(taken.front().get(), F_DUPFD_CLOEXEC, 0));
    return static_cast<bool>(taken.back());
}

std::string errno_name(int number) {
    const char* name = ::strerrorname_np(number);
    return name ? name : std::to_string(number);
}

std::string errno_text(int number) {
    char buffer[128];
    return ::strerror_r(number, buffer, sizeof buffer);
}

Result<Fd> open_file(const std::string& path, int flags, mode_t mode) {
    const int fd = ::open(path.c_str(), flags | O_CLOEXEC, mode);
    if (fd < 0) return Error{concat("cannot open ", path, ": ", errno_text(errno))};
    return Fd(fd);
}

Result<std::string> read_file(const std::string& path, std::size_t limit) {
    auto fd = open_file(path, O_RDONLY | O_NONBLOCK);  // not to hang on a FIFO
    if (!fd) return Error{fd.error()};
    struct stat facts{};
    if (::fstat(fd->get(), &facts) != 0) return Error{concat("cannot read ", path, ": ", errno_text(errno))};
    if (!S_ISREG(facts.st_mode)) return Error{concat("cannot read ", path, ": not a regular file")};
    std::string text;
    // As large as the file says that it is, and no larger: to touch memory costs more than to read a small file.
    std::vector<char> buffer(std::clamp<std::size_t>(static_cast<std::size_t>(facts.st_size) + 1, 4096, 65536));
    for (;;) {
        const ssize_t count = ::read(fd->get(), buffer.data(), buffer.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return Error{concat("cannot read ", path, ": ", errno_text(errno))};
        if (count == 0) return text;
        text.append(buffer.data(), static_cast<std::size_t>(count));
        if (text.size() > limit) return Error{concat("cannot read ", path, ": larger than ", limit, " bytes")};
    }
}

bool write_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t count = ::write(fd, bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

std::string directory_of(std::string_view path) {
    const auto slash = path.rfind('/');
    if (slash == std::string_view::npos) return "";
    std::string_view head = path.substr(0, slash + 1);
    while (head.size() > 1 && head.ends_with('/')) head.remove_suffix(1);
    return std::string(head);
}

bool is_directory(const std::string& path) {
    struct stat facts{};
    return ::stat(path.c_str(), &facts) == 0 && S_ISDIR(facts.st_mode);
}

std::string path_in(std::string_view directory, std::string_view name) {
    if (directory.empty()) return std::string(name);
    return concat(directory, directory.ends_with('/') ? "" : "/", name);
}

std::string absolute_path(std::string_view path, std::string_view cwd) {
    const std::string whole = path.starts_with('/') ? std::string(path) : concat(cwd, '/', path);
    std::vector<std::string> kept;
    for (const auto part : split(whole, '/')) {
        if (part.empty() || part == ".") continue;
        if (part != "..")
            kept.emplace_back(part);
        else if (!kept.empty())
            kept.pop_back();
    }
    const bool two = path.starts_with("//") && !path.starts_with("///");
    return concat(two ? "//" : "/", join(kept, "/"));
}

std::string current_directory() {
    char buffer[PATH_MAX];
    return ::getcwd(buffer, sizeof buffer) ? buffer : "/";
}

}  // namespace base
