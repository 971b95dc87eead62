#include "common/config/diagnostic.hpp"

#include <algorithm>

#include "common/base/text.hpp"
#include "common/config/utf8.hpp"

namespace config {

namespace {

using base::concat;

constexpr std::string_view margin = "    ";
constexpr std::size_t widest = 100;  // characters of a line that are shown, with the column in their middle
constexpr std::string_view cut = "...";

/// The line and its mark, as much of it as a screen takes; what would do something to a terminal is replaced.
std::string marked(std::string_view source, int column) {
    std::u32string line = code_points(base::to_utf8(source));
    std::ranges::replace_if(line, [](char32_t c) { return (c < 0x20 && c != '\t') || (c >= 0x7f && c < 0xa0); }, U'?');
    std::size_t at = column > 0 ? static_cast<std::size_t>(column) - 1 : 0;
    std::string before;
    if (line.size() > widest && at > widest / 2) {
        const std::size_t skipped = std::min(at, line.size()) - widest / 2;
        line.erase(0, skipped);
        at -= skipped;
        before = cut;
    }
    const bool longer = line.size() > widest;
    if (longer) line.resize(widest);
    std::string shown, pad(before.size(), ' ');
    for (std::size_t i = 0; i < line.size(); ++i) {
        shown += utf8(line[i]);
        if (i < at) pad += line[i] == '\t' ? '\t' : ' ';
    }
    std::string out = concat(margin, before, shown, longer ? cut : "", '\n');
    if (column > 0) out += concat(margin, pad, "^\n");
    return out;
}

}  // namespace

std::string where_and_what(const Diagnostic& diagnostic) {
    if (diagnostic.file.empty()) return diagnostic.message;
    if (diagnostic.line == 0) return concat(diagnostic.file, ": ", diagnostic.message);
    return concat(diagnostic.file, ':', diagnostic.line, ": ", diagnostic.message);
}

std::string place(const Diagnostic& diagnostic) {
    std::string out = diagnostic.file;
    if (!out.empty() && diagnostic.line > 0) out += concat(':', diagnostic.line);
    if (!out.empty() && diagnostic.column > 0) out += concat(':', diagnostic.column);
    return out;
}

std::string excerpt(const Diagnostic& diagnostic) {
    std::string out;
    if (!diagnostic.source.empty()) out += marked(diagnostic.source, diagnostic.column);
    if (!diagnostic.allowed.empty()) out += concat(margin, "allowed: ", diagnostic.allowed, '\n');
    const bool asked = diagnostic.message.find("did you mean") != std::string::npos;
    if (!diagnostic.meant.empty() && !asked) out += concat(margin, "did you mean `", diagnostic.meant, "`?\n");
    return out;
}

std::string explain(const Diagnostic& diagnostic) {
    const std::string where = place(diagnostic);
    const std::string& what = diagnostic.plain.empty() ? diagnostic.message : diagnostic.plain;
    return concat(where, where.empty() ? "" : ": ", name(diagnostic.severity), ": ", what, '\n', excerpt(diagnostic));
}

std::string_view name(Severity severity) {
    switch (severity) {
    case Severity::error: return "error";
    case Severity::warning: return "warning";
    case Severity::info: return "info";
    }
    return "";
}

}  // namespace config
