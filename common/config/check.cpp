#include "common/config/check.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/base/text.hpp"
#include "common/config/json.hpp"

namespace config {

namespace {

using Json = nlohmann::ordered_json;
using base::concat;

/// With what is read, but not acted on.
std::vector<Diagnostic> all_of(const Reading& reading) {
    std::vector<Diagnostic> all = reading.diagnostics;
    if (reading.config)
        for (auto& diagnostic : not_acted_on(*reading.config)) all.push_back(std::move(diagnostic));
    return all;
}

std::string counted(const std::vector<Diagnostic>& all, Severity severity) {
    const auto count = std::ranges::count(all, severity, &Diagnostic::severity);
    return concat(count, ' ', name(severity), count == 1 ? "" : "s");
}

Json json_of(const Diagnostic& diagnostic) {
    Json json;
    json["severity"] = name(diagnostic.severity);
    json["message"] = diagnostic.plain.empty() ? diagnostic.message : diagnostic.plain;
    const auto text = [&](const char* member, const std::string& value) {
        if (!value.empty()) json[member] = value;
    };
    text("file", diagnostic.file);
    if (diagnostic.line > 0) json["line"] = diagnostic.line;
    if (diagnostic.column > 0) json["column"] = diagnostic.column;
    text("section", diagnostic.section);
    text("option", diagnostic.option);
    text("source", diagnostic.source);
    text("allowed", diagnostic.allowed);
    text("meant", diagnostic.meant);
    return json;
}

/// Of what Supervisor does not have, what nobody has asked for: so that a report can be compared with one of Supervisor.
void leave_out_ours(Json& config) {
    Json& settings = config["supervisord"];
    const Json usual = to_json(Config{});
    for (const char* name : {"controller_timeout", "leftovers", "exit_on"})
        if (settings[name] == usual["supervisord"][name]) settings.erase(name);
    settings.erase("uid");  // of `user`, which is there
    for (Json& group : config["groups"]) {
        for (Json& process : group["processes"]) {
            process.erase("section");
            if (group.contains("socket")) process.erase("socket");  // which is that of the group
        }
    }
}

}  // namespace

int check_status(const Reading& reading) {
    if (!reading.config) return 2;
    return std::ranges::count(all_of(reading), Severity::warning, &Diagnostic::severity) > 0 ? 1 : 0;
}

std::string check_text(const std::string& path, const Reading& reading) {
    const auto all = all_of(reading);
    std::string text;
    for (const auto severity : {Severity::error, Severity::warning, Severity::info})
        for (const auto& diagnostic : all)
            if (diagnostic.severity == severity) text += explain(diagnostic);
    std::string counts;
    if (!reading.config) counts += concat(", ", counted(all, Severity::error));
    if (check_status(reading) == 1 || !reading.config) counts += concat(", ", counted(all, Severity::warning));
    return concat(text, path, ": ", reading.config ? "accepted" : "refused", counts, '\n');
}

std::string check_json(const std::string& path, const Reading& reading) {
    const auto all = all_of(reading);
    Json json;
    json["file"] = path;
    json["accepted"] = reading.config.has_value();
    if (const auto* error = reading.first_error()) json["error"] = error->message;
    if (reading.config) {
        Json config = to_json(*reading.config);
        for (const LeftOut& one : reading.left_out)
            config["groups"].insert(config["groups"].begin() + static_cast<std::ptrdiff_t>(one.place), to_json(one.group));
        leave_out_ours(config);
        for (const char* part : {"supervisord", "servers", "serverurl", "rpcinterfaces", "groups"})
            json[part] = std::move(config[part]);
        Json warnings = Json::array();
        for (const auto& diagnostic : all)
            if (diagnostic.severity == Severity::warning) warnings.push_back(diagnostic.message);
        json["warnings"] = std::move(warnings);
    }
    Json diagnostics = Json::array();
    for (const auto& diagnostic : all) diagnostics.push_back(json_of(diagnostic));
    json["diagnostics"] = std::move(diagnostics);
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace config
