// Signals: their names, and the one place that sends one.  Does not install handlers.
#pragma once

#include <signal.h>
#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

namespace base {

/// "SIGTERM"; "signal 35" for those without a name (compat/process.md, section 7).
[[nodiscard]] std::string signal_name(int number);

/// "TERM", "sigterm" or "15", as compat/config.md, section 5.7; nothing when it is no signal.  Of the real-time signals
/// also "RTMIN+3" and "RTMAX-3" (Q27).  0 is accepted: Supervisor lets signalProcess probe with it.
[[nodiscard]] std::optional<int> parse_signal(std::string_view text);

/// What parse_signal takes: "TERM", "RTMIN+3"; the number when it is no signal.
[[nodiscard]] std::string signal_word(int number);

/// kill(2), but never with a pid of 1 or less: 0 and -1 mean "everybody" (it happened).  False: errno stands.
[[nodiscard]] bool send_signal(pid_t pid, int number);
/// The same for a process group.
[[nodiscard]] bool send_signal_to_group(pid_t group, int number);

/// As long as it lives all signals are blocked in this thread, and so, for ever, in threads that it begins: signals are for
/// those that were there before.
class NoSignals {
public:
    NoSignals();
    ~NoSignals();
    NoSignals(const NoSignals&) = delete;
    NoSignals& operator=(const NoSignals&) = delete;

private:
    sigset_t before_;
};

}  // namespace base
