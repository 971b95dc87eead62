#include "supervisord/log/activity.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <tuple>
#include <utility>

#include "common/base/text.hpp"

namespace logs {

namespace {

constexpr std::int64_t searched = 64 * 1024;

std::string_view code(LogLevel level) {
    switch (level) {
        case LogLevel::critical: return "CRIT";
        case LogLevel::error: return "ERRO";
        case LogLevel::warn: return "WARN";
        case LogLevel::info: return "INFO";
        case LogLevel::debug: return "DEBG";
        case LogLevel::trace: return "TRAC";
        case LogLevel::blather: return "BLAT";
    }
    return "INFO";
}

/// Descriptor 1 is shared with whoever started us: O_NONBLOCK would be set for them as well.  Opened anew it is ours.
base::Fd own_standard_output() {
    return base::Fd(::open("/proc/self/fd/1", O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
}

bool ends_with_line(const std::string& path, std::string_view line, std::int64_t& looked_at) {
    const base::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    struct stat facts{};
    if (!file || ::fstat(file.get(), &facts) != 0 || !S_ISREG(facts.st_mode)) return false;
    std::string text(static_cast<std::size_t>(std::min<std::int64_t>(facts.st_size, searched)), '\0');
    const ssize_t count = ::pread(file.get(), text.data(), text.size(), facts.st_size - static_cast<std::int64_t>(text.size()));
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    looked_at += static_cast<std::int64_t>(text.size());
    for (auto at = text.rfind(line); at != std::string::npos; at = text.rfind(line, at - 1)) {
        const bool begins_a_line = at == 0 ? facts.st_size <= searched : text[at - 1] == '\n';
        if (begins_a_line) return true;
        if (at == 0) return false;
    }
    return false;
}

/// Whether a line() may begin so: the file may be a program's log too, and what it writes last need not end with one.
bool begins_like_a_line(std::string_view text) {
    constexpr std::string_view time = "0000-00-00 00:00:00,000 ";
    constexpr std::string_view codes[] = {"CRIT ", "ERRO ", "WARN ", "INFO ", "DEBG ", "TRAC ", "BLAT "};
    for (std::size_t at = 0; at < std::min(text.size(), time.size()); ++at)
        if (time[at] == '0' ? text[at] < '0' || text[at] > '9' : text[at] != time[at]) return false;
    const std::string_view code = text.substr(std::min(text.size(), time.size()));
    return std::ranges::any_of(codes, [&](std::string_view one) { return code.substr(0, one.size()) == one.substr(0, code.size()); });
}

}  // namespace

std::string line(LogLevel level, base::WallTime time, std::string_view text) {
    const std::int64_t seconds = base::epoch_seconds(time);
    const auto within = std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count() - seconds * 1000;
    const auto when = static_cast<std::time_t>(seconds);
    std::tm parts{};
    ::localtime_r(&when, &parts);
    return base::concat(base::padded(parts.tm_year + 1900, 4), '-', base::padded(parts.tm_mon + 1, 2), '-', base::padded(parts.tm_mday, 2), ' ',
                        base::padded(parts.tm_hour, 2), ':', base::padded(parts.tm_min, 2), ':', base::padded(parts.tm_sec, 2), ',',
                        base::padded(within, 3), ' ', code(level), ' ', text, '\n');
}

base::Result<void> can_be_opened(const std::string& path) {
    if (path == "syslog") return {};
    const auto fd = base::open_file(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK);
    if (fd || errno == ENXIO) return {};  // a FIFO that nobody reads yet
    return base::Error{fd.error()};
}

Activity::Activity(Files& files, ActivitySettings settings) : files_(files), settings_(std::move(settings)) {
    if (settings_.echo) own_stdout_ = own_standard_output();
}

std::string Activity::path() const { return settings_.path == "syslog" ? "" : settings_.path; }

int Activity::open() {
    if (path().empty()) return 0;
    auto opened = files_.open(path());
    if (opened.file) file_ = std::move(opened.file);
    return opened.error;
}

void Activity::log(LogLevel level, std::string_view text) {
    if (wants(level)) write(level, line(level, base::wall_now(), text));
}

void Activity::write(LogLevel level, std::string_view formatted) {
    if (!wants(level)) return;
    if (path().empty())
        to_syslog(formatted);
    else
        to_file(formatted);
    if (settings_.echo) to_standard_output(formatted);
}

void Activity::to_file(std::string_view formatted) {
    int error = 0;
    if (!file_ || file_->stale) error = open();
    if (error != 0) return complain(error);
    if (!base::write_all(file_->fd.get(), formatted)) error = errno;
    measure(*file_, base::now());
    if (error != 0) return complain(error);
    complained_ = false;
    files_.changed(*file_);
    if (!is_full(file_->size, settings_.limits)) return;
    auto rotated = files_.rotate(file_, settings_.path, settings_.limits);
    file_ = std::move(rotated.file);
    if (rotated.error != 0) complain(rotated.error);
}

void Activity::to_syslog(std::string_view formatted) {
    std::size_t sent = 0;
    if (const int error = send_lines(syslog_, "", formatted, sent)) complain(error);
    else complained_ = false;
}

void Activity::to_standard_output(std::string_view formatted) {
    // A terminal that was stopped, a reader that is slow: some is kept for the next time, more is not shown.
    if (unshown_.size() < unshown_limit) unshown_.append(formatted);
    const int fd = own_stdout_ ? own_stdout_.get() : STDOUT_FILENO;
    const ssize_t count = ::write(fd, unshown_.data(), unshown_.size());
    if (count >= 0) unshown_.erase(0, static_cast<std::size_t>(count));
    else if (errno != EAGAIN && errno != EINTR) unshown_.clear();
}

void Activity::complain(int error) {
    if (complained_) return;  // once, until a line is written again
    complained_ = true;
    const std::string what = base::concat("cannot write ", path().empty() ? "syslog" : path(), ": ", base::errno_text(error));
    std::ignore = base::write_all(STDERR_FILENO, line(LogLevel::warn, base::wall_now(), what));
}

bool Activity::was_written(std::string_view formatted) const {
    if (path().empty()) return false;
    std::int64_t looked_at = 0;
    if (ends_with_line(path(), formatted, looked_at)) return true;
    return looked_at < searched && ends_with_line(backup_name(path(), 1), formatted, looked_at);
}

void Activity::mend() const {
    const base::Fd file(path().empty() ? -1 : ::open(path().c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    struct stat facts{};
    if (!file || ::fstat(file.get(), &facts) != 0 || !S_ISREG(facts.st_mode)) return;
    std::string text(static_cast<std::size_t>(std::min<std::int64_t>(facts.st_size, searched)), '\0');
    const std::int64_t begin = facts.st_size - static_cast<std::int64_t>(text.size());
    if (::pread(file.get(), text.data(), text.size(), begin) != static_cast<ssize_t>(text.size())) return;
    const auto end = text.rfind('\n') + 1;  // 0: there is none
    if (end < text.size() && (end > 0 || begin == 0) && begins_like_a_line(std::string_view(text).substr(end)))
        std::ignore = ::ftruncate(file.get(), begin + static_cast<std::int64_t>(end));
}

base::Result<void> Activity::reopen() {
    if (path().empty()) return {};
    if (const int error = open()) return base::Error{base::concat("cannot open ", path(), ": ", base::errno_text(error))};
    return {};
}

base::Result<void> Activity::clear() {
    if (path().empty()) return base::Error{"cannot clear the log: it is no file"};
    const int error = files_.clear(path());
    if (error == EINVAL) return base::Error{base::concat("cannot clear ", path(), ": not a regular file")};
    if (error != 0) return base::Error{base::concat("cannot clear ", path(), ": ", base::errno_text(error))};
    if (auto reopened = reopen(); !reopened) return reopened;
    for (int handler = 0; handler < (settings_.echo ? 2 : 1); ++handler) log(LogLevel::info, "reopening log file");
    return {};
}

}  // namespace logs
