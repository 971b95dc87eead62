// The activity log ("main log"): what supervisord has to say, in Supervisor's lines (compat/logging.md, section 1), to a
// file or syslog, and to standard output when it runs in the foreground.  Never blocks and never fails: what cannot
// be written gives one line on standard error (Q63).  Knows no messages; who has something to say brings the text.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "common/base/clock.hpp"
#include "common/base/fd.hpp"
#include "common/base/result.hpp"
#include "common/config/model.hpp"
#include "supervisord/log/files.hpp"
#include "supervisord/log/rotation.hpp"
#include "supervisord/log/syslog.hpp"

namespace logs {

using config::LogLevel;

/// "2026-11-24 10:31:09,042 INFO text\n", in local time.
[[nodiscard]] std::string line(LogLevel level, base::WallTime time, std::string_view text);

/// Lines kept for a standard output that takes none: bytes.
inline constexpr std::size_t unshown_limit = 64 * 1024;

struct ActivitySettings {
    std::string path;  // absolute; "syslog"
    Limits limits = {};
    LogLevel level = LogLevel::info;
    bool echo = false;  // to standard output as well: nodaemon and not silent
};

/// Whether supervisord could log to this path ("syslog" can always be): asked before there is no way back.
[[nodiscard]] base::Result<void> can_be_opened(const std::string& path);

class Activity {
public:
    Activity(Files& files, ActivitySettings settings);

    /// 0, or the errno for which supervisord cannot start.
    [[nodiscard]] int open();

    [[nodiscard]] bool wants(LogLevel level) const { return level >= settings_.level; }
    void log(LogLevel level, std::string_view text);
    /// A line made by line() before, perhaps by a controller that died.  The level decides whether it is wanted.
    void write(LogLevel level, std::string_view formatted);

    /// Before anything is written, after the death of another controller, perhaps in the middle of a write: takes the
    /// beginning of a line of ours off the end of the log.
    void mend() const;

    /// Whether exactly this line stands in the last 64 KiB of the log (or of what was rotated just now).  Always false
    /// for syslog: better twice than never.
    [[nodiscard]] bool was_written(std::string_view formatted) const;

    /// SIGUSR2.
    [[nodiscard]] base::Result<void> reopen();
    /// Removed and created anew, then "reopening log file" is logged into the new one (Q61).  Fails for syslog and for
    /// what is no regular file.
    [[nodiscard]] base::Result<void> clear();

    /// Path of the file; empty with syslog.
    [[nodiscard]] std::string path() const;

private:
    Files& files_;
    ActivitySettings settings_;
    std::shared_ptr<File> file_;
    Syslog syslog_;
    base::Fd own_stdout_;   // standard output, opened anew where that is possible: not to block
    std::string unshown_;   // lines for standard output, as long as it takes none
    bool complained_ = false;

    void to_file(std::string_view formatted);
    void to_syslog(std::string_view formatted);
    void to_standard_output(std::string_view formatted);
    void complain(int error);
};

}  // namespace logs
