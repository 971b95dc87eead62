#include "common/config/event_types.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace config {

namespace {

struct Row {
    EventType type;
    EventType parent;  // EVENT is its own
    std::string_view name;
};

using enum EventType;

constexpr Row rows[] = {
    {event, event, "EVENT"},
    {process_state, event, "PROCESS_STATE"},
    {process_state_starting, process_state, "PROCESS_STATE_STARTING"},
    {process_state_running, process_state, "PROCESS_STATE_RUNNING"},
    {process_state_backoff, process_state, "PROCESS_STATE_BACKOFF"},
    {process_state_stopping, process_state, "PROCESS_STATE_STOPPING"},
    {process_state_exited, process_state, "PROCESS_STATE_EXITED"},
    {process_state_stopped, process_state, "PROCESS_STATE_STOPPED"},
    {process_state_fatal, process_state, "PROCESS_STATE_FATAL"},
    {process_state_unknown, process_state, "PROCESS_STATE_UNKNOWN"},
    {process_communication, event, "PROCESS_COMMUNICATION"},
    {process_communication_stdout, process_communication, "PROCESS_COMMUNICATION_STDOUT"},
    {process_communication_stderr, process_communication, "PROCESS_COMMUNICATION_STDERR"},
    {process_log, event, "PROCESS_LOG"},
    {process_log_stdout, process_log, "PROCESS_LOG_STDOUT"},
    {process_log_stderr, process_log, "PROCESS_LOG_STDERR"},
    {remote_communication, event, "REMOTE_COMMUNICATION"},
    {supervisor_state_change, event, "SUPERVISOR_STATE_CHANGE"},
    {supervisor_state_change_running, supervisor_state_change, "SUPERVISOR_STATE_CHANGE_RUNNING"},
    {supervisor_state_change_stopping, supervisor_state_change, "SUPERVISOR_STATE_CHANGE_STOPPING"},
    {tick, event, "TICK"},
    {tick_5, tick, "TICK_5"},
    {tick_60, tick, "TICK_60"},
    {tick_3600, tick, "TICK_3600"},
    {process_group, event, "PROCESS_GROUP"},
    {process_group_added, process_group, "PROCESS_GROUP_ADDED"},
    {process_group_removed, process_group, "PROCESS_GROUP_REMOVED"},
};

constexpr bool stands_in_order() {
    for (std::size_t at = 0; at < std::size(rows); ++at)
        if (static_cast<std::size_t>(rows[at].type) != at || rows[at].parent > rows[at].type) return false;
    return true;
}
static_assert(stands_in_order(), "a row is found by the number of its type, a parent comes before its children");
static_assert(std::size(rows) <= 32, "a subscription has a bit for each");

const Row& row(EventType type) { return rows[static_cast<std::size_t>(type)]; }

}  // namespace

std::string_view name(EventType type) { return row(type).name; }

std::span<const std::string_view> event_type_names() {
    static constexpr auto names = [] {
        std::array<std::string_view, std::size(rows)> all{};
        std::transform(std::begin(rows), std::end(rows), all.begin(), [](const Row& row) { return row.name; });
        return all;
    }();
    return names;
}

std::optional<EventType> find_event_type(std::string_view name) {
    const auto* found = std::ranges::find(rows, name, &Row::name);
    if (found == std::end(rows)) return std::nullopt;
    return found->type;
}

Subscription::Subscription(const std::vector<std::string>& names) {
    for (const auto& name : names)
        if (const auto type = find_event_type(name)) types_ |= 1U << static_cast<unsigned>(*type);
    for (const auto& row : rows)
        if (has(row.parent)) types_ |= 1U << static_cast<unsigned>(row.type);
}

}  // namespace config
