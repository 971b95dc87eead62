#include "supervisord/log/tail.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#include "common/base/fd.hpp"
#include "common/base/text.hpp"

namespace logs {

namespace {

struct Log {
    base::Fd fd;
    std::int64_t size = 0;
    int error = 0;  // an errno; ESPIPE for what has no size
};

/// As /dev/null is, which is a log that keeps nothing, and not one that cannot be read.
bool is_empty_device(const base::Fd& fd, const struct stat& facts) {
    return S_ISCHR(facts.st_mode) && ::lseek(fd.get(), 0, SEEK_END) == 0;
}

Log open_log(const std::string& path) {
    Log log{base::Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)), 0, 0};
    struct stat facts{};
    if (!log.fd || ::fstat(log.fd.get(), &facts) != 0) log.error = errno;
    else if (S_ISDIR(facts.st_mode)) log.error = EISDIR;
    else if (S_ISREG(facts.st_mode)) log.size = facts.st_size;
    else if (!is_empty_device(log.fd, facts)) log.error = ESPIPE;
    return log;
}

/// May be less than length, when the file has become shorter meanwhile.
std::string bytes_at(const Log& log, std::int64_t offset, std::int64_t length) {
    std::string bytes(static_cast<std::size_t>(length), '\0');
    std::size_t got = 0;
    while (got < bytes.size()) {
        const ssize_t count = ::pread(log.fd.get(), bytes.data() + got, bytes.size() - got, offset + static_cast<std::int64_t>(got));
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) break;
        got += static_cast<std::size_t>(count);
    }
    bytes.resize(got);
    return bytes;
}

/// Offsets and lengths come from clients: any number.
std::int64_t sum(std::int64_t a, std::int64_t b) {
    std::int64_t result = 0;
    if (!__builtin_add_overflow(a, b, &result)) return result;
    return a > 0 ? std::numeric_limits<std::int64_t>::max() : std::numeric_limits<std::int64_t>::min();
}

}  // namespace

LogPiece read_log(const std::string& path, std::int64_t offset, std::int64_t length) {
    using Why = CannotRead::Why;
    const Log log = open_log(path);
    if (log.error == ENOENT || log.error == ENOTDIR) return CannotRead{Why::no_file, path};
    if (length < 0 || (offset < 0 && length != 0)) return CannotRead{Why::bad_arguments, ""};
    if (log.error != 0) return CannotRead{Why::failed, ""};

    const std::int64_t from = offset < 0 ? std::max<std::int64_t>(0, sum(log.size, offset)) : std::min(offset, log.size);
    const std::int64_t wanted = length == 0 ? log.size - from : std::min(length, log.size - from);
    if (wanted > piece_limit) return CannotRead{Why::failed, base::concat("more than ", piece_limit, " bytes at once")};
    return bytes_at(log, from, wanted);
}

Tail tail_log(const std::string& path, std::int64_t offset, std::int64_t length) {
    const Log log = open_log(path);
    if (log.error != 0) return {};
    Tail tail{"", log.size, log.size > sum(offset, length)};
    const bool beyond_the_end = sum(offset, length) > log.size && offset > log.size - 1;
    if (beyond_the_end || length <= 0) return tail;
    // In every other case the last bytes, whatever the offset says (quirks.md, Q68).
    const std::int64_t wanted = std::min({length, log.size, piece_limit});
    tail.bytes = bytes_at(log, log.size - wanted, wanted);
    return tail;
}

}  // namespace logs
