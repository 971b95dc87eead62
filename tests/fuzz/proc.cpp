// What stands in /proc of processes that call themselves whatever they like.
#include <algorithm>

#include "supervisord/process/family.hpp"
#include "tests/fuzz/fuzz.hpp"

using fuzz::must;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = fuzz::view(data, size);
    // A line of the kernel's with this as the name: whatever it is, the process is found.
    const std::string name(text.substr(0, 15));
    const auto one = process::parse_stat("12 (" + name + ") S 7 8 9 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 1234 5 6 7\n");
    must(one && one->pid == 12 && one->parent == 7 && one->group == 8 && one->session == 9 && one->start == 1234 && !one->dead,
         "a name does not change what a process is");
    // Many such lines, with anything in them.
    std::vector<process::Kin> all;
    for (std::string_view rest = text; !rest.empty();) {
        const auto end = rest.find('\n');
        if (const auto kin = process::parse_stat(rest.substr(0, end))) all.push_back(*kin);
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    }
    const std::vector<process::Kin> before(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2));
    const process::Census census(all);
    for (const auto& kin : all) {
        const auto ancestors = census.ancestors(kin.pid);
        must(ancestors.size() <= all.size() + 1, "a line of ancestors ends");
        for (const auto& member : census.family(kin.pid, before, ancestors, [](const process::Kin&) { return true; }))
            must(std::ranges::count(ancestors, member.pid) == 0 && !member.dead, "nobody is ended who takes orphans in");
    }
    return 0;
}
