#include "common/config/json.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <type_traits>

#include "common/base/text.hpp"
#include "common/config/kinds.hpp"
#include "common/config/json_walk.hpp"

namespace config {

namespace {

using Json = nlohmann::ordered_json;
using base::concat;
using base::Error;
using base::Result;

// What walks the structs (json_walk.hpp): one writes what it meets, the other reads into it.

/// -1 in the text for "unchanged", as in the file.
std::int64_t signed_id(std::uint32_t id) { return id == static_cast<std::uint32_t>(-1) ? -1 : std::int64_t{id}; }

template <class Number>
constexpr bool is_number = std::is_integral_v<Number> && !std::is_same_v<Number, bool>;

struct Missing {
    std::string what;
};

class Writer {
public:
    Json json = Json::object();

    template <class Value>
    void member(const char* name, const Value& value) { json[name] = written(value); }
    /// Left out when it is what it is without a word.
    template <class Value>
    void extra(const char* name, const Value& value, const Value& usual = {}) {
        if (!(value == usual)) member(name, value);
    }
    /// For what 0 means that nothing is said.
    void number_or_null(const char* name, std::int64_t value) { json[name] = value == 0 ? Json(nullptr) : Json(value); }
    void optional_object(const char* name, const std::optional<FcgiSocket>& value);
    void log(const char* name, const char* path_name, const LogFile& log) {
        switch (log.kind) {
        case LogFile::Kind::none: json[name] = nullptr; return;
        case LogFile::Kind::path: json[name] = log.path; return;
        case LogFile::Kind::automatic: json[name] = "auto"; break;
        }
        extra(path_name, log.path);
    }
    template <class Item, class Walk>
    void list(const char* name, const std::vector<Item>& items, Walk walk);

    static Json written(const std::string& value) { return value; }
    static Json written(bool value) { return value; }
    template <class Number>
        requires is_number<Number>
    static Json written(Number value) { return value; }
    static Json written(Autorestart value) {
        if (value == Autorestart::unexpected) return "unexpected";
        return value == Autorestart::always;
    }
    static Json written(Killmode value) { return kind::KillMode::write(value); }
    static Json written(Sigpipe value) { return kind::PipeSignal::write(value); }
    static Json written(EventLength value) { return kind::EventUnit::write(value); }
    static Json written(LogLevel value) { return static_cast<int>(value); }
    static Json written(Leftovers value) { return static_cast<int>(value); }
    static Json written(const std::pair<uid_t, gid_t>& value) {
        return Json::array({signed_id(value.first), signed_id(value.second)});
    }
    static Json written(const Environment& value) { return value; }
    static Json written(const std::vector<int>& value) { return value; }
    static Json written(const std::vector<std::string>& value) { return value; }
    template <class Value>
    static Json written(const std::optional<Value>& value) { return value ? written(*value) : Json(nullptr); }
};

class Reader {
public:
    explicit Reader(const Json& json, std::string place) : json_(json), place_(std::move(place)) {
        if (!json.is_object()) throw Missing{concat(place_, " is no object")};
    }

    template <class Value>
    void member(const char* name, Value& value) {
        const auto found = json_.find(name);
        if (found == json_.end()) throw Missing{concat(place_, name, " is missing")};
        take(name, *found, value);
    }
    template <class Value>
    void extra(const char* name, Value& value, const Value& usual = {}) {
        value = usual;
        if (json_.contains(name)) member(name, value);
    }
    void number_or_null(const char* name, std::int64_t& value) {
        std::optional<std::int64_t> number;
        member(name, number);
        value = number.value_or(0);
    }
    void optional_object(const char* name, std::optional<FcgiSocket>& value);
    void log(const char* name, const char* path_name, LogFile& log) {
        std::optional<std::string> text;
        member(name, text);
        log = {};
        if (!text) {
            log.kind = LogFile::Kind::none;
        } else if (*text == "auto") {
            extra(path_name, log.path);
        } else {
            log.kind = LogFile::Kind::path;
            log.path = *text;
        }
    }
    template <class Item, class Walk>
    void list(const char* name, std::vector<Item>& items, Walk walk);

private:
    void need(bool right, const char* name) const {
        if (!right) throw Missing{concat(place_, name, " is of another type")};
    }
    void take(const char* name, const Json& json, std::string& value) const {
        need(json.is_string(), name);
        value = json.get<std::string>();
    }
    void take(const char* name, const Json& json, bool& value) const {
        need(json.is_boolean(), name);
        value = json.get<bool>();
    }
    template <class Number>
        requires is_number<Number>
    void take(const char* name, const Json& json, Number& value) const {
        need(json.is_number_integer(), name);
        value = json.get<Number>();
    }
    void take(const char* name, const Json& json, Autorestart& value) const {
        need(json.is_boolean() || json == "unexpected", name);
        value = json.is_string() ? Autorestart::unexpected : json.get<bool>() ? Autorestart::always : Autorestart::never;
    }
    template <class Kind>
    void take_word(const char* name, const Json& json, typename Kind::type& value) const {
        const auto words = Kind::words();
        const auto found = json.is_string() ? std::ranges::find(words, json.get<std::string>()) : words.end();
        need(found != words.end(), name);
        value = static_cast<typename Kind::type>(found - words.begin());
    }
    void take(const char* name, const Json& json, Killmode& value) const { take_word<kind::KillMode>(name, json, value); }
    void take(const char* name, const Json& json, Sigpipe& value) const { take_word<kind::PipeSignal>(name, json, value); }
    void take(const char* name, const Json& json, EventLength& value) const { take_word<kind::EventUnit>(name, json, value); }
    void take(const char* name, const Json& json, Leftovers& value) const {
        need(json.is_number_integer(), name);
        const int number = json.get<int>();
        need(number >= 0 && static_cast<std::size_t>(number) < std::size(kind::Leftover::all), name);
        value = static_cast<Leftovers>(number);
    }
    void take(const char* name, const Json& json, LogLevel& value) const {
        need(json.is_number_integer(), name);
        value = static_cast<LogLevel>(json.get<int>());
    }
    void take(const char* name, const Json& json, std::pair<uid_t, gid_t>& value) const {
        need(json.is_array() && json.size() == 2 && json[0].is_number_integer() && json[1].is_number_integer(), name);
        value = {static_cast<uid_t>(json[0].get<std::int64_t>()), static_cast<gid_t>(json[1].get<std::int64_t>())};
    }
    void take(const char* name, const Json& json, Environment& value) const {
        need(json.is_object(), name);
        value.clear();
        for (const auto& [key, text] : json.items()) take(name, text, value[key]);
    }
    template <class Item>
    void take(const char* name, const Json& json, std::vector<Item>& value) const {
        need(json.is_array(), name);
        value.clear();
        for (const auto& item : json) take(name, item, value.emplace_back());
    }
    template <class Value>
    void take(const char* name, const Json& json, std::optional<Value>& value) const {
        value.reset();
        if (!json.is_null()) take(name, json, value.emplace());
    }

    const Json& json_;
    std::string place_;
};

template <class Item, class Walk>
void Writer::list(const char* name, const std::vector<Item>& items, Walk walk) {
    Json& list = json[name] = Json::array();
    for (const auto& item : items) {
        Writer writer;
        walk(writer, item);
        list.push_back(std::move(writer.json));
    }
}

template <class Item, class Walk>
void Reader::list(const char* name, std::vector<Item>& items, Walk walk) {
    const auto found = json_.find(name);
    need(found != json_.end() && found->is_array(), name);
    items.clear();
    for (const auto& json : *found) {
        Reader reader(json, concat(place_, name, '[', items.size(), "]."));
        walk(reader, items.emplace_back());
    }
}

void Writer::optional_object(const char* name, const std::optional<FcgiSocket>& value) {
    if (!value) return;
    Writer writer;
    walk_socket(writer, *value);
    json[name] = std::move(writer.json);
}

void Reader::optional_object(const char* name, std::optional<FcgiSocket>& value) {
    value.reset();
    const auto found = json_.find(name);
    if (found == json_.end()) return;
    Reader reader(*found, concat(place_, name, '.'));
    walk_socket(reader, value.emplace());
}

constexpr const char* group_types[] = {"program", "eventlistener", "fcgi-program"};

Json group_to_json(const Group& group) {
    Writer writer;
    writer.member("name", group.name);
    writer.json["type"] = group_types[static_cast<int>(group.kind)];
    writer.member("priority", group.priority);
    writer.list("processes", group.processes, walk_program);
    if (group.kind == GroupKind::eventlistener) {
        writer.member("buffer_size", group.buffer_size);
        writer.member("events", group.events);
        writer.member("result_handler", group.result_handler);
        writer.extra("busy_timeout", group.busy_timeout);
        writer.extra("event_len", group.event_len);
    }
    writer.optional_object("socket", group.socket);
    return std::move(writer.json);
}

Group group_of(const Json& json, const std::string& place) {
    Reader reader(json, place);
    Group group;
    std::string type;
    reader.member("name", group.name);
    reader.member("type", type);
    const auto* known = std::find(std::begin(group_types), std::end(group_types), type);
    if (known == std::end(group_types)) throw Missing{concat(place, "type is unknown: ", type)};
    group.kind = static_cast<GroupKind>(known - group_types);
    reader.member("priority", group.priority);
    reader.list("processes", group.processes, walk_program);
    if (group.kind == GroupKind::eventlistener) {
        reader.member("buffer_size", group.buffer_size);
        reader.member("events", group.events);
        reader.member("result_handler", group.result_handler);
        reader.extra("busy_timeout", group.busy_timeout);
        reader.extra("event_len", group.event_len);
    }
    reader.optional_object("socket", group.socket);
    return group;
}

Json server_to_json(const Server& server) {
    Writer writer;
    writer.json["family"] = server.family == Server::Family::inet ? "inet" : "unix";
    const auto colon = server.section.find(':');
    writer.json["name"] = colon == std::string::npos ? Json(nullptr) : Json(server.section.substr(colon + 1));
    walk_server(writer, server);
    return std::move(writer.json);
}

/// Group, Config and Server know more than one walk can say: what they are decides what they have.
template <class Build>
auto guarded(Build build) -> Result<decltype(build())> {
    try {
        return build();
    } catch (const Missing& missing) {
        return Error{concat("cannot read a configuration from JSON: ", missing.what)};
    }
}

Config config_of(const Json& json) {
    Reader reader(json, "");
    Config config;
    reader.extra("path", config.path);
    if (!json.contains("supervisord")) throw Missing{"supervisord is missing"};
    const Json& settings = json["supervisord"];
    Reader settings_reader(settings, "supervisord.");
    walk_settings(settings_reader, config.settings);
    std::optional<std::string> user;
    settings_reader.member("user", user);
    config.settings.user_name = user.value_or("");
    reader.list("servers", config.servers, [](Reader& visit, Server& server) {
        std::string family;
        visit.member("family", family);
        server.family = family == "inet" ? Server::Family::inet : Server::Family::unix;
        walk_server(visit, server);
    });
    reader.member("serverurl", config.serverurl);
    reader.list("rpcinterfaces", config.rpcinterfaces, walk_rpcinterface);
    if (!json.contains("groups") || !json["groups"].is_array()) throw Missing{"groups is missing"};
    for (const auto& group : json["groups"])
        config.groups.push_back(group_of(group, concat("groups[", config.groups.size(), "].")));
    return config;
}

/// What the library itself would read with calls in each other as deep as the text, or throw for.
class Bounded : public nlohmann::detail::json_sax_dom_parser<Json> {
public:
    explicit Bounded(Json& into) : json_sax_dom_parser(into, false) {}

    bool start_object(std::size_t size) { return may_enter(size) && json_sax_dom_parser::start_object(size); }
    bool end_object() { return --depth_, json_sax_dom_parser::end_object(); }
    bool start_array(std::size_t size) { return may_enter(size) && json_sax_dom_parser::start_array(size); }
    bool end_array() { return --depth_, json_sax_dom_parser::end_array(); }

private:
    static constexpr int deepest = 32;
    static constexpr std::size_t most = 1 << 24, not_told = static_cast<std::size_t>(-1);
    int depth_ = 0;

    bool may_enter(std::size_t size) { return ++depth_ <= deepest && (size <= most || size == not_told); }
};

}  // namespace

std::optional<Json> from_cbor(std::string_view text) {
    Json json;
    Bounded reader(json);
    if (!Json::sax_parse(text, &reader, Json::input_format_t::cbor)) return std::nullopt;
    return json;
}

Json to_json(const Group& group) { return group_to_json(group); }

Json to_json(const Config& config) {
    Writer settings;
    walk_settings(settings, config.settings);
    settings.json["user"] = config.settings.user_name.empty() ? Json(nullptr) : Json(config.settings.user_name);
    Writer writer;
    writer.member("path", config.path);
    writer.json["supervisord"] = std::move(settings.json);
    Json& servers = writer.json["servers"] = Json::array();
    for (const auto& server : config.servers) servers.push_back(server_to_json(server));
    writer.member("serverurl", config.serverurl);
    writer.list("rpcinterfaces", config.rpcinterfaces, walk_rpcinterface);
    Json& groups = writer.json["groups"] = Json::array();
    for (const auto& group : config.groups) groups.push_back(group_to_json(group));
    return std::move(writer.json);
}

Result<Config> config_from_json(const Json& json) {
    return guarded([&] { return config_of(json); });
}

Result<Group> group_from_json(const Json& json) {
    return guarded([&] { return group_of(json, ""); });
}

}  // namespace config
