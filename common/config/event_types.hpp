// Types of events (compat/events.md, section 1): one table of names and parents, for those who read them from a file
// and those who raise them.  Pure.  What an event says is in supervisord/event/payload.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace config {

enum class EventType : std::uint8_t {
    event,
    process_state,
    process_state_starting,
    process_state_running,
    process_state_backoff,
    process_state_stopping,
    process_state_exited,
    process_state_stopped,
    process_state_fatal,
    process_state_unknown,
    process_communication,
    process_communication_stdout,
    process_communication_stderr,
    process_log,
    process_log_stdout,
    process_log_stderr,
    remote_communication,
    supervisor_state_change,
    supervisor_state_change_running,
    supervisor_state_change_stopping,
    tick,
    tick_5,
    tick_60,
    tick_3600,
    process_group,
    process_group_added,
    process_group_removed,
};

/// The name that listeners see: PROCESS_STATE_RUNNING.
[[nodiscard]] std::string_view name(EventType type);
/// All names, in the order of the types.
[[nodiscard]] std::span<const std::string_view> event_type_names();
[[nodiscard]] std::optional<EventType> find_event_type(std::string_view name);

/// A set of types, each with all that descend from it.  Any number of names that overlap are one subscription (Q92).
class Subscription {
public:
    Subscription() = default;
    /// Names that are no types add nothing: the reader has refused them.
    explicit Subscription(const std::vector<std::string>& names);

    void add(const Subscription& other) { types_ |= other.types_; }
    [[nodiscard]] bool has(EventType type) const { return (types_ >> static_cast<unsigned>(type) & 1) != 0; }

private:
    std::uint32_t types_ = 0;
};

}  // namespace config
