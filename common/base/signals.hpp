// Signals: their names, and the one place that sends one.  Does not install handlers.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

namespace base {

/// "SIGTERM"; "signal 35" for those without a name (compat/process.md, section 7).
[[nodiscard]] std::string signal_name(int number);

/// "TERM", "sigterm" or "15", as compat/config.md, section 5.7; nothing when it is no signal.
/// 0 is accepted: Supervisor lets signalProcess probe with it.
[[nodiscard]] std::optional<int> parse_signal(std::string_view text);

/// kill(2), but never with a pid of 1 or less: 0 and -1 mean "everybody" (it happened).  False: errno stands.
[[nodiscard]] bool send_signal(pid_t pid, int number);
/// The same for a process group.
[[nodiscard]] bool send_signal_to_group(pid_t group, int number);

}  // namespace base
