#include "supervisorctl/watch_frame.hpp"

#include <algorithm>
#include <map>

#include "common/api/names.hpp"
#include "common/base/text.hpp"
#include "supervisorctl/printing.hpp"

namespace supervisorctl {

using base::concat;

namespace {

constexpr std::string_view help_line = "q quit  up/down choose  s start  x stop  r restart  l log  e stderr";
constexpr std::size_t state_column = 10, narrowest_description = 12, narrowest_name = 8;
constexpr std::size_t longest_sequence = 16;
constexpr std::string_view reversed = "\x1b[7m", red = "\x1b[31m", usual = "\x1b[0m";

std::string name_of(const Process& process) { return api::full_name(process.group, process.name); }

std::string cell(std::string_view text, std::size_t width) {
    std::string out = shortened(text, width);
    out.append(width - std::min(width, base::utf8_length(out)), ' ');
    return out;
}

/// "3 processes: 2 RUNNING, 1 FATAL"
std::string summary(const std::vector<Process>& processes) {
    std::map<std::string, std::size_t> counts;
    for (const Process& process : processes) ++counts[process.statename];
    std::string out = concat(processes.size(), processes.size() == 1 ? " process" : " processes");
    std::string_view separator = ": ";
    for (const auto& [state, count] : counts) {
        out += concat(separator, count, ' ', state);
        separator = ", ";
    }
    return out;
}

std::string head(const Watched& watched, std::size_t columns) {
    const std::string left = concat(summary(watched.processes), "  ", watched.server);
    const std::size_t length = base::utf8_length(left) + 2 + watched.time.size();
    if (length > columns) return shortened(left, columns);
    return concat(left, std::string(columns - length + 2, ' '), watched.time);
}

std::size_t name_width(const std::vector<Process>& processes, std::size_t columns) {
    std::size_t widest = narrowest_name;
    for (const Process& process : processes) widest = std::max(widest, base::utf8_length(name_of(process)));
    const std::size_t others = 2 + state_column + narrowest_description;
    return std::min(widest, columns > others + narrowest_name ? columns - others : narrowest_name);
}

std::size_t position(const std::vector<Process>& processes, const std::string& name) {
    const auto found = std::ranges::find(processes, name, name_of);
    return found == processes.end() ? 0 : static_cast<std::size_t>(found - processes.begin());
}

}  // namespace

std::string frame(const Watched& watched, std::size_t columns, std::size_t rows, bool coloured) {
    const auto& processes = watched.processes;
    const auto painted = [&](std::string_view colour, const std::string& text) {
        return colour.empty() ? text : concat(colour, text, usual);
    };
    std::vector<std::string> lines{
        head(watched, columns),
        painted(watched.is_lost && coloured ? red : "", shortened(watched.notice, columns))};
    const std::size_t room = rows > 3 ? rows - 3 : 0;
    const std::size_t chosen = position(processes, watched.chosen);
    const std::size_t highest = processes.size() > room ? processes.size() - room : 0;
    const std::size_t first = std::min(highest, chosen > room / 2 ? chosen - room / 2 : 0);
    const std::size_t width = name_width(processes, columns);
    for (std::size_t at = first; at < std::min(processes.size(), first + room); ++at) {
        const Process& process = processes[at];
        const std::string text = concat(cell(name_of(process), width), "  ", cell(process.statename, state_column),
                                        process.description);
        const bool is_chosen = at == chosen && !watched.chosen.empty();
        const std::string_view colour = coloured && !watched.is_lost ? colour_of(process.state) : "";
        lines.push_back(painted(is_chosen ? concat(colour, reversed) : colour, shortened(text, columns)));
    }
    lines.resize(std::max(lines.size(), rows > 0 ? rows - 1 : 0));
    lines.push_back(shortened(help_line, columns));
    lines.resize(std::min(lines.size(), std::max<std::size_t>(rows, 1)));
    return base::join(lines, "\n");
}

std::string moved(const std::vector<Process>& processes, const std::string& from, std::int64_t lines) {
    if (processes.empty()) return "";
    const auto last = static_cast<std::int64_t>(processes.size()) - 1;
    const auto to = std::clamp<std::int64_t>(static_cast<std::int64_t>(position(processes, from)) + lines, 0, last);
    return name_of(processes[static_cast<std::size_t>(to)]);
}

std::optional<int> take_key(std::string& typed) {
    if (typed.empty()) return std::nullopt;
    if (typed[0] != '\x1b') {
        const int byte = static_cast<unsigned char>(typed[0]);
        typed.erase(0, 1);
        return byte;
    }
    if (typed.size() == 1) return std::nullopt;
    if (typed[1] != '[' && typed[1] != 'O') {
        typed.erase(0, 1);  // the key Escape, which means nothing
        return take_key(typed);
    }
    std::size_t end = 2;
    while (end < typed.size() && ((typed[end] >= '0' && typed[end] <= '9') || typed[end] == ';')) ++end;
    if (end == typed.size()) {
        if (end > longest_sequence) typed.clear();
        return std::nullopt;
    }
    const std::string sequence = typed.substr(2, end - 1);
    typed.erase(0, end + 1);
    static const std::map<std::string_view, int> known = {
        {"A", key::up},       {"B", key::down},      {"H", key::first},  {"F", key::last},
        {"5~", key::page_up}, {"6~", key::page_down}, {"1~", key::first}, {"4~", key::last}};
    const auto found = known.find(sequence);
    return found == known.end() ? take_key(typed) : std::optional(found->second);
}

}  // namespace supervisorctl
