// Names of processes as users write them: "web", "group:web", "group:*", "group:" (compat/cli.md, section 1.7;
// compat/config.md, section 8).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace api {

struct ProcessName {
    std::string group;
    std::optional<std::string> process;  // nothing: the whole group
};

/// "web" names process web of group web.
[[nodiscard]] inline ProcessName parse_name(std::string_view text) {
    const auto colon = text.find(':');
    if (colon == std::string_view::npos) return {std::string(text), std::string(text)};
    const std::string_view process = text.substr(colon + 1);
    if (process.empty() || process == "*") return {std::string(text.substr(0, colon)), std::nullopt};
    return {std::string(text.substr(0, colon)), std::string(process)};
}

/// The short form when group and process have the same name.
[[nodiscard]] inline std::string full_name(std::string_view group, std::string_view process) {
    if (group == process) return std::string(process);
    return std::string(group).append(":").append(process);
}

}  // namespace api
