#include "supervisord/handover.hpp"

#include <algorithm>
#include <functional>

#include <nlohmann/json.hpp>

#include "common/base/text.hpp"
#include "common/config/json.hpp"

namespace launch {

using Json = nlohmann::ordered_json;

namespace {

Json to_json(const std::vector<Message>& messages) {
    Json told = Json::array();
    for (const auto& message : messages) told.push_back({{"level", static_cast<int>(message.level)}, {"text", message.text}});
    return told;
}

std::vector<Message> messages_from(const Json& told) {
    std::vector<Message> messages;
    for (const auto& message : told)
        messages.push_back({static_cast<config::LogLevel>(message.at("level").get<int>()), message.at("text")});
    return messages;
}

}  // namespace

std::string Handover::to_text() const {
    Json json;
    json["cwd"] = cwd;
    json["config_path"] = config_path;
    json["program"] = program;
    json["daemonized"] = daemonized;
    json["options"] = options;
    json["strict"] = strict;
    json["config"] = config::to_json(config);
    json["messages"] = to_json(messages);
    json["background"] = to_json(background);
    std::string out;  // CBOR: a value from the environment need not be UTF-8
    Json::to_cbor(json, nlohmann::detail::output_adapter<char>(out));
    return out;
}

base::Result<Handover> Handover::from_text(const std::string& text) {
    try {
        const auto read = config::from_cbor(text);
        if (!read) return base::Error{"cannot read what the launcher left: it is none"};
        const Json& json = *read;
        Handover out;
        out.cwd = json.at("cwd");
        out.config_path = json.at("config_path");
        out.program = json.at("program");
        out.daemonized = json.at("daemonized");
        out.options = json.at("options").get<std::map<std::string, std::string>>();
        out.strict = json.at("strict");
        auto config = config::config_from_json(json.at("config"));
        if (!config) return base::Error{config.error()};
        out.config = std::move(*config);
        out.messages = messages_from(json.at("messages"));
        // What an older version left has none.
        if (json.contains("background")) out.background = messages_from(json.at("background"));
        return out;
    } catch (const Json::exception& problem) {
        return base::Error{base::concat("cannot read what the launcher left: ", problem.what())};
    }
}

config::Reading read_files(const Handover& handover) {
    auto surroundings = config::Surroundings::of_this_process();
    surroundings.cwd = handover.cwd;
    surroundings.command_line = handover.options;
    surroundings.strict = handover.strict;
    return config::read(handover.config_path, surroundings);
}

std::vector<Message> messages_of(const config::Reading& reading) {
    std::vector<Message> messages;
    for (const auto severity : {config::Severity::warning, config::Severity::info})
        for (const auto& diagnostic : reading.diagnostics)
            if (diagnostic.severity == severity)
                messages.push_back({severity == config::Severity::warning ? config::LogLevel::warn : config::LogLevel::info,
                                    diagnostic.message});
    if (!reading.config) return messages;
    for (const auto& diagnostic : config::not_acted_on(*reading.config))
        messages.push_back({config::LogLevel::warn, diagnostic.message});
    return messages;
}

void put_worst_first(std::vector<Message>& messages) {
    std::ranges::stable_sort(messages, std::ranges::greater(), &Message::level);
}

std::string held_name(const config::Server& server) {
    if (server.family == config::Server::Family::unix) return base::concat("unix:", server.file);
    return base::concat("inet:", server.host, ":", server.port);
}

}  // namespace launch
