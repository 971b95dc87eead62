#include "supervisorctl/printing.hpp"

#include <algorithm>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>

#include "common/api/names.hpp"
#include "common/api/states.hpp"
#include "common/base/text.hpp"

namespace supervisorctl {

namespace {

using Json = nlohmann::ordered_json;

std::string dump(const Json& json) { return harmless_json(json.dump(-1, ' ', false, Json::error_handler_t::replace)); }

/// U+0080 to U+009F: some terminals take them for ESC [ and the like.
bool is_long_control(std::string_view text, std::size_t at) {
    if (at + 1 >= text.size() || static_cast<unsigned char>(text[at]) != 0xc2) return false;
    const auto next = static_cast<unsigned char>(text[at + 1]);
    return next >= 0x80 && next < 0xa0;
}

constexpr std::size_t narrowest_name_column = 30;
constexpr std::size_t state_column = 10;

void append_padded(std::string& out, std::string_view text, std::size_t width) {
    out += text;
    const std::size_t length = base::utf8_length(text);
    if (length < width) out.append(width - length, ' ');
}

/// Widths of the columns when the words stand in so many rows.
std::vector<std::size_t> widths_in_rows(const std::vector<std::string>& words, std::size_t rows) {
    std::vector<std::size_t> widths((words.size() + rows - 1) / rows, 0);
    for (std::size_t i = 0; i < words.size(); ++i)
        widths[i / rows] = std::max(widths[i / rows], base::utf8_length(words[i]));
    return widths;
}

using Family = std::vector<const Descendant*>;

void append_tree(std::string& out, const Family& family, const Descendant& top, std::size_t depth, bool is_orphan) {
    out.append(2 * depth, ' ');
    out += base::concat(top.pid, ' ', harmless(top.command), is_orphan ? " (orphan)\n" : "\n");
    if (depth > family.size()) return;  // a circle: supervisord does not send one
    for (const Descendant* one : family)
        if (one->parent == top.pid && one != &top) append_tree(out, family, *one, depth + 1, false);
}

/// The process itself, and those whose parent does not belong to it.
std::string tree_lines(const Family& family) {
    std::string out;
    for (const Descendant* one : family) {
        const bool has_parent = std::ranges::any_of(family, [&](const Descendant* other) { return other->pid == one->parent; });
        if (!has_parent) append_tree(out, family, *one, 1, one != family.front());
    }
    return out;
}

std::string name_of(const Process& process) { return harmless(api::full_name(process.group, process.name)); }

std::size_t name_column(const std::vector<Process>& processes) {
    std::size_t width = narrowest_name_column;
    for (const Process& process : processes)
        width = std::max(width, base::utf8_length(name_of(process)));
    return width;
}

std::string status_line(const Process& process, std::size_t width, bool coloured) {
    const std::string_view colour = coloured ? colour_of(process.state) : "";
    std::string out(colour);
    append_padded(out, name_of(process), width + 3);
    append_padded(out, harmless(process.statename), state_column);
    out += harmless(process.description);
    if (!colour.empty()) out += "\x1b[0m";
    return out + '\n';
}

std::size_t total(const std::vector<std::size_t>& widths) {
    std::size_t sum = 2 * (widths.size() - 1);
    for (const std::size_t width : widths) sum += width;
    return sum;
}

}  // namespace

std::string harmless(std::string_view text, std::string_view kept) {
    std::string out;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const auto byte = static_cast<unsigned char>(text[at]);
        const bool is_long = is_long_control(text, at);
        const bool commands = is_long || byte < 0x20 || byte == 0x7f;
        out += commands && kept.find(text[at]) == std::string_view::npos ? '?' : text[at];
        if (is_long) ++at;
    }
    return out;
}

std::string harmless_json(std::string_view json) {
    std::string out;
    for (std::size_t at = 0; at < json.size(); ++at) {
        const bool is_long = is_long_control(json, at);
        if (is_long) ++at;
        if (!is_long && json[at] != 0x7f) {
            out += json[at];
            continue;
        }
        char escape[8];
        std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(static_cast<unsigned char>(json[at])));
        out += escape;
    }
    return out;
}

std::string_view colour_of(int state) {
    switch (static_cast<api::State>(state)) {
        case api::State::running: return "\x1b[32m";
        case api::State::starting:
        case api::State::stopping:
        case api::State::backoff: return "\x1b[33m";
        case api::State::fatal:
        case api::State::unknown: return "\x1b[31m";
        case api::State::stopped:
        case api::State::exited: break;
    }
    return "";
}

std::string status_table(const std::vector<Process>& processes, bool coloured) {
    std::string out;
    const std::size_t width = name_column(processes);
    for (const Process& process : processes) out += status_line(process, width, coloured);
    return out;
}

std::string tree_table(const std::vector<Process>& processes, const std::vector<Descendant>& trees, bool coloured) {
    std::string out;
    const std::size_t width = name_column(processes);
    std::map<std::pair<std::string_view, std::string_view>, Family> families;
    for (const Descendant& one : trees) families[{one.group, one.name}].push_back(&one);
    for (const Process& process : processes) {
        out += status_line(process, width, coloured);
        const auto family = families.find({process.group, process.name});
        if (family != families.end()) out += tree_lines(family->second);
    }
    return out;
}

std::string avail_line(const Configured& configured) {
    std::string out;
    append_padded(out, harmless(api::full_name(configured.group, configured.name)), 32);
    append_padded(out += ' ', configured.in_use ? "in use" : "avail", 9);
    append_padded(out += ' ', configured.autostart ? "auto" : "manual", 9);
    return out + base::concat(' ', configured.group_priority, ':', configured.process_priority, '\n');
}

std::string json_object(const std::vector<Member>& members) {
    Json json = Json::object();
    for (const auto& [name, value] : members)
        json[std::string(name)] = std::visit([](const auto& one) { return Json(one); }, value);
    return dump(json);
}

std::string with_member(std::string object, std::string_view name, std::string_view value) {
    object.pop_back();
    const std::string_view separator = object == "{" ? "" : ",";
    return base::concat(object, separator, dump(Json(name)), ':', value, '}');
}

std::string json_array(const std::vector<std::string>& elements) {
    if (elements.empty()) return "[]\n";
    return base::concat("[\n", base::join(elements, ",\n"), "\n]\n");
}

std::string json_of(const Changes& changes) {
    Json json;
    json["added"] = changes.added;
    json["changed"] = changes.changed;
    json["removed"] = changes.removed;
    return dump(json) + '\n';
}

std::string shortened(std::string_view text, std::size_t width) {
    std::string out;
    std::size_t length = 0;
    for (const char c : harmless(text)) {
        const bool begins = (static_cast<unsigned char>(c) & 0xc0) != 0x80;
        if (begins && length == width) break;
        if (begins) ++length;
        out += c;
    }
    return out;
}

std::string columns(const std::vector<std::string>& words, std::size_t width) {
    if (words.empty()) return "";
    std::size_t rows = 1;
    while (rows < words.size() && total(widths_in_rows(words, rows)) > width) ++rows;
    const auto widths = widths_in_rows(words, rows);
    std::string out;
    for (std::size_t row = 0; row < rows; ++row) {
        for (std::size_t column = 0; column < widths.size(); ++column) {
            const std::size_t i = column * rows + row;
            if (column > 0) out += "  ";
            append_padded(out, i < words.size() ? harmless(words[i]) : "", widths[column]);
        }
        out += '\n';
    }
    return out;
}

}  // namespace supervisorctl
