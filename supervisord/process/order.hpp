// In which order processes are started and stopped.  Plain values in, positions in the given list out; who they are
// is the caller's to know.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace process {

/// Where a process stands among the others.  Of the groups only priority and name count, of the processes of one
/// group priority and position in the configuration (Q34).
struct Rank {
    std::int64_t group_priority = 999;
    std::string_view group;
    std::int64_t priority = 999;
    std::size_t position = 0;

    auto operator<=>(const Rank&) const = default;
};

/// Ascending.
[[nodiscard]] std::vector<std::size_t> start_order(std::span<const Rank> ranks);
/// The mirror image, as documented by Supervisor, though not done by it (Q36).
[[nodiscard]] std::vector<std::size_t> stop_order(std::span<const Rank> ranks);

struct Standing {
    Rank rank;
    bool stopped = true;  // one of the states of api::is_stopped
};

/// Who is to be stopped now when supervisord goes down: of those groups that still have something to stop, all with
/// the highest priority number together (Q37); in the order of stopping.  Nobody is left when it is empty.  To be
/// asked again whenever a process has stopped; the answer is the same until the whole stage has.
[[nodiscard]] std::vector<std::size_t> shutdown_stage(std::span<const Standing> standings);

}  // namespace process
