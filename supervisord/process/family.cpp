#include "supervisord/process/family.hpp"

#include <algorithm>
#include <unordered_map>

#include "common/base/text.hpp"

namespace process {

std::optional<Kin> parse_stat(std::string_view text) {
    const std::size_t name_end = text.rfind(')');  // the name may hold anything
    const std::size_t pid_end = text.find(' ');
    if (name_end == std::string_view::npos || name_end + 2 > text.size() || pid_end > name_end) return std::nullopt;
    const auto fields = base::split(text.substr(name_end + 2), ' ');  // from the third on, as proc(5) counts
    if (fields.size() < 20) return std::nullopt;
    std::int64_t pid = 0, parent = 0, group = 0, session = 0, start = 0;
    if (!base::parse_digits(text.substr(0, pid_end), pid) || !base::parse_digits(fields[1], parent) || !base::parse_digits(fields[2], group) ||
        !base::parse_digits(fields[3], session) || !base::parse_digits(fields[19], start))
        return std::nullopt;
    return Kin{static_cast<pid_t>(pid), static_cast<pid_t>(parent), static_cast<pid_t>(group), static_cast<pid_t>(session),
               static_cast<std::uint64_t>(start), fields[0] == "Z" || fields[0] == "X"};
}

std::vector<Kin> family(std::span<const Kin> all, pid_t leader, std::span<const Kin> before, std::span<const pid_t> fosters,
                        const std::function<bool(const Kin&)>& says_so) {
    std::unordered_multimap<pid_t, std::size_t> children;
    std::vector<bool> taken(all.size());
    std::vector<Kin> found;
    const auto take = [&](std::size_t at) {
        const bool is_ours = std::ranges::count(fosters, all[at].pid) > 0;
        if (!taken[at] && !is_ours && all[at].pid != leader) found.push_back(all[at]);
        taken[at] = true;
    };
    for (std::size_t at = 0; at < all.size(); ++at) children.emplace(all[at].parent, at);
    for (std::size_t at = 0; at < all.size(); ++at) {
        const Kin& one = all[at];
        const bool by_number = leader > 0 && (one.group == leader || one.session == leader || one.parent == leader);
        if (by_number || std::ranges::any_of(before, [&](const Kin& was) { return was.is(one); }) ||
            (std::ranges::count(fosters, one.parent) > 0 && says_so(one)))
            take(at);
    }
    for (std::size_t next = 0; next < found.size(); ++next) {
        const auto [first, last] = children.equal_range(found[next].pid);
        for (auto child = first; child != last; ++child) take(child->second);
    }
    std::erase_if(found, [](const Kin& one) { return one.dead; });
    return found;
}

std::vector<pid_t> ancestors(std::span<const Kin> all, pid_t of) {
    std::vector<pid_t> found;
    while (of > 0 && std::ranges::count(found, of) == 0) {
        found.push_back(of);
        const auto at = std::ranges::find(all, of, &Kin::pid);
        of = at == all.end() ? 0 : at->parent;
    }
    return found;
}

}  // namespace process
