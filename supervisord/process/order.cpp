#include "supervisord/process/order.hpp"

#include <algorithm>
#include <numeric>
#include <optional>

namespace process {

std::vector<std::size_t> start_order(std::span<const Rank> ranks) {
    std::vector<std::size_t> order(ranks.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, {}, [&](std::size_t i) -> const Rank& { return ranks[i]; });
    return order;
}

std::vector<std::size_t> stop_order(std::span<const Rank> ranks) {
    auto order = start_order(ranks);
    std::ranges::reverse(order);
    return order;
}

std::vector<std::size_t> shutdown_stage(std::span<const Standing> standings) {
    std::optional<std::int64_t> highest;
    std::vector<Rank> ranks;
    for (const auto& standing : standings) {
        ranks.push_back(standing.rank);
        if (!standing.stopped) highest = std::max(highest.value_or(standing.rank.group_priority), standing.rank.group_priority);
    }
    std::vector<std::size_t> stage;
    for (const std::size_t i : stop_order(ranks))
        if (!standings[i].stopped && standings[i].rank.group_priority == highest) stage.push_back(i);
    return stage;
}

}  // namespace process
