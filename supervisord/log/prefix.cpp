#include "supervisord/log/prefix.hpp"

namespace logs {

std::string prefix_lines(PrefixState& state, std::string_view prefix, std::string_view in, bool broken) {
    std::string out;
    if (in.empty()) return out;
    if (broken) {
        out += '\n';
        state.inside = false;
    }
    while (!in.empty()) {
        if (!state.inside) out += prefix;
        const std::size_t end = in.find('\n');
        const std::string_view line = in.substr(0, end == in.npos ? in.size() : end + 1);
        out += line;
        state.inside = line.back() != '\n';
        in.remove_prefix(line.size());
    }
    return out;
}

std::string_view prefix_lines_end(PrefixState& state) {
    if (!state.inside) return "";
    state.inside = false;
    return "\n";
}

}  // namespace logs
