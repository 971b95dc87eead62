// Transcripts of a machine: lines that an operator can read, "what happened -> what was done".  Both directions, for
// tests.  The form is explained in tests/transcripts/machine/README.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "supervisord/process/machine.hpp"

namespace transcript {

using std::chrono::milliseconds;

/// One left side: time goes by, and then something happens.
struct Happening {
    milliseconds delay{0};
    process::Event event;
};

/// "+500ms exited 3 group left"; nothing when it is not understood.
[[nodiscard]] std::optional<Happening> read_happening(std::string_view text);
[[nodiscard]] std::string show(const Happening& happening);

/// "RUNNING>STOPPING, signal TERM, wait 10s".
[[nodiscard]] std::string show(const process::Machine& before, const process::Step& step, base::Time now);

/// "startsecs=10 autorestart=true" into a program; false when it is not understood.
[[nodiscard]] bool read_given(std::string_view text, config::Program& program);
/// What differs from the defaults.
[[nodiscard]] std::string show_given(const config::Program& program);

/// "start       -> STOPPED>STARTING, spawn".
[[nodiscard]] std::string line(std::string_view happening, std::string_view done);

}  // namespace transcript
