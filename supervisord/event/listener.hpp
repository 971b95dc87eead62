// What one listener says on its stdout, as the protocol of compat/events.md, section 3.2, understands it: READY, then
// for each event RESULT and so many bytes.  Takes what it hears in pieces of any size; keeps a bounded part of it.
// Does not know what the event was.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace event {

/// Plain data: it is saved with its pool.
struct Listener {
    enum class State { ready = 10, busy = 20, acknowledged = 30, unknown = 40 };

    State state = State::acknowledged;
    std::string pending = {};                // heard and not yet understood
    std::optional<std::uint64_t> left = {};  // bytes of the result still to come, once its length is known
    std::string result = {};                 // as much of it as tells OK from all else

    bool operator==(const Listener&) const = default;
};

[[nodiscard]] std::string_view name(Listener::State state);

/// What followed from what was heard, in order.
struct Heard {
    enum class What { state, processed, rejected, bad_line };
    What what = What::state;
    Listener::State from = Listener::State::acknowledged, to = Listener::State::acknowledged;  // of state
    std::string line = {};  // of bad_line: the event is rejected, UNKNOWN follows
};

/// Bytes of a line that should begin a result, at most; a longer one is a bad line.
inline constexpr std::size_t result_line_limit = 1024;

/// A listener becomes READY, UNKNOWN or ACKNOWLEDGED by what it says; BUSY by what it is sent.
[[nodiscard]] std::vector<Heard> hear(Listener& listener, std::string_view bytes);

}  // namespace event
