#include "supervisord/process/family.hpp"

#include <algorithm>

#include "common/base/text.hpp"

namespace process {

std::optional<Kin> parse_stat(std::string_view text) {
    const std::size_t name_end = text.rfind(')');  // the name may hold anything
    const std::size_t pid_end = text.find(' ');
    if (name_end == std::string_view::npos || name_end + 2 > text.size() || pid_end > name_end) return std::nullopt;
    const auto fields = base::split(text.substr(name_end + 2), ' ');  // from the third on, as proc(5) counts
    if (fields.size() < 20) return std::nullopt;
    std::int64_t pid = 0, parent = 0, group = 0, session = 0, threads = 0, start = 0;
    if (!base::parse_digits(text.substr(0, pid_end), pid) || !base::parse_digits(fields[1], parent) || !base::parse_digits(fields[2], group) ||
        !base::parse_digits(fields[3], session) || !base::parse_digits(fields[17], threads) || !base::parse_digits(fields[19], start))
        return std::nullopt;
    // When the first thread ends before the others, the process looks like a zombie, and lives.
    const bool dead = (fields[0] == "Z" && threads <= 1) || fields[0] == "X";
    return Kin{static_cast<pid_t>(pid), static_cast<pid_t>(parent), static_cast<pid_t>(group), static_cast<pid_t>(session),
               static_cast<std::uint64_t>(start), dead};
}

Census::Census(std::vector<Kin> all) : all_(std::move(all)) {
    for (std::size_t at = 0; at < all_.size(); ++at) children_.emplace(all_[at].parent, at);
}

const Kin* Census::find(pid_t pid) const {
    const auto at = std::ranges::find(all_, pid, &Kin::pid);
    return at == all_.end() ? nullptr : &*at;
}

std::vector<pid_t> Census::ancestors(pid_t of) const {
    std::vector<pid_t> found;
    while (of > 0 && std::ranges::count(found, of) == 0) {
        found.push_back(of);
        const Kin* one = find(of);
        of = one ? one->parent : 0;
    }
    return found;
}

std::vector<Kin> Census::family(pid_t leader, std::span<const Kin> before, std::span<const pid_t> fosters,
                                const std::function<bool(const Kin&)>& says_so) const {
    std::vector<bool> taken(all_.size());
    std::vector<Kin> found;
    const auto take = [&](std::size_t at) {
        const bool is_foster = std::ranges::count(fosters, all_[at].pid) > 0;
        if (!taken[at] && !is_foster && all_[at].pid != leader) found.push_back(all_[at]);
        taken[at] = true;
    };
    for (std::size_t at = 0; at < all_.size(); ++at) {
        const Kin& one = all_[at];
        const bool by_number = leader > 0 && (one.group == leader || one.session == leader || one.parent == leader);
        if (by_number || std::ranges::any_of(before, [&](const Kin& was) { return was.is(one); }) ||
            (std::ranges::count(fosters, one.parent) > 0 && says_so(one)))
            take(at);
    }
    for (std::size_t next = 0; next < found.size(); ++next) {
        const auto [first, last] = children_.equal_range(found[next].pid);
        for (auto child = first; child != last; ++child) take(child->second);
    }
    std::erase_if(found, [](const Kin& one) { return one.dead; });
    return found;
}

}  // namespace process
