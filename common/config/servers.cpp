#include "common/config/servers.hpp"

#include <algorithm>
#include <utility>

#include "common/base/fd.hpp"
#include "common/base/text.hpp"
#include "common/config/programs.hpp"

namespace config {

namespace {

using base::concat;

constexpr std::string_view socket_path = "PATH of the socket";

void check_credentials(SectionReader& reader) {
    if ((reader.find("username") == nullptr) == (reader.find("password") == nullptr)) return;
    reader.error("username", concat("Section [", reader.section().name, "] contains incomplete authentication: If a "
                                    "username or a password is specified, both the username and password must be "
                                    "specified"),
                 {"username and password, or neither"});
}

/// It would be the password itself, which nobody means.
void check_hash(SectionReader& reader, const std::optional<std::string>& password) {
    constexpr std::string_view marks[] = {"$y$", "$gy$", "$7$", "$6$", "$5$", "$2b$", "$2y$", "$2a$"};
    if (password && std::ranges::any_of(marks, [&](auto mark) { return password->starts_with(mark); }))
        reader.warn("password", concat("`password` in [", reader.section().name, "] looks like a hash of crypt(3), but is "
                                       "taken as it stands: that takes {CRYPT} in front of it"));
}

/// sample: of a value.
void check_required(SectionReader& reader, std::string_view name, std::string_view sample) {
    if (!reader.find(name))
        reader.error(name, concat("section [", reader.section().name, "] has no ", name, " value"), {concat(name, '=', sample)});
}

/// As Supervisor does it: they are read before the rest is looked at.
template <class Section>
void read_credentials(const Context& context, SectionReader& reader, Section& options) {
    for (const auto name : {"username", "password"}) reader.fill_one(options, row_of<Section>(name), context.environment);
    check_credentials(reader);
    check_hash(reader, options.password);
}

/// Empty ones are none: so they come of variables that are not filled.
template <class Section>
void take_credentials(Server& server, const Section& options) {
    if (options.username == "" && options.password == "") return;
    server.username = options.username;
    server.password = options.password;
}

Server inet_server(const Context& context, SectionReader& reader) {
    InetServer options;
    read_credentials(context, reader, options);
    check_required(reader, "port", kind::Address::allowed);
    reader.fill(options, Scope(context.environment));
    Server server;
    server.family = Server::Family::inet;
    server.section = reader.section().name;
    take_credentials(server, options);
    server.host = options.port.host;
    server.port = options.port.port;
    server.insecure = options.insecure;
    return server;
}

Server unix_server(const Context& context, SectionReader& reader) {
    check_required(reader, "file", socket_path);
    UnixServer options;
    reader.fill_one(options, row_of<UnixServer>("file"), context.environment);
    read_credentials(context, reader, options);
    reader.fill(options, Scope(context.environment));
    if (reader.find("file") && options.file.empty() && !reader.failed())
        reader.error("file", concat("section [", reader.section().name, "] has no file value"), {concat("file=", socket_path)});
    Server server;
    server.family = Server::Family::unix;
    server.section = reader.section().name;
    take_credentials(server, options);
    server.file = base::absolute_path(expand_home(options.file, context.machine), context.machine.cwd);
    server.chmod = options.chmod;
    server.chown = options.chown;
    return server;
}

bool is_same_place(const Server& a, const Server& b) {
    return a.family == b.family && a.host == b.host && a.port == b.port && a.file == b.file;
}

/// What Supervisor finds out when it opens the second one.
void check_place(SectionReader& reader, const Server& server, const std::vector<Server>& others) {
    const auto other = std::ranges::find_if(others, [&](const Server& it) { return is_same_place(it, server); });
    if (reader.failed() || other == others.end()) return;
    const bool is_unix = server.family == Server::Family::unix;
    reader.error(is_unix ? "file" : "port",
                 "Another program is already listening on a port that one of our HTTP servers is configured to use.  "
                 "Shut this program down first before starting supervisord.",
                 {concat(is_unix ? "a path" : "an address", " other than that of [", other->section, "]")});
}

}  // namespace

std::vector<Server> read_servers(const Context& context) {
    std::vector<Server> servers;
    const auto each = [&](std::string_view prefix, auto read) {
        for (const auto& section : context.document.sections()) {
            if (!section.name.starts_with(prefix)) continue;
            SectionReader reader(context, section, SectionReader::Suffix::none);
            Server server = read(context, reader);
            check_place(reader, server, servers);
            servers.push_back(std::move(server));
        }
    };
    each("inet_http_server", inet_server);
    each("unix_http_server", unix_server);
    return servers;
}

std::optional<std::string> default_serverurl(const std::vector<Server>& servers) {
    for (const auto& server : servers)
        if (server.family == Server::Family::unix) return concat("unix://", server.file);
    if (servers.empty()) return std::nullopt;
    const Server& last = servers.back();
    if (last.host.find(':') != std::string::npos) return concat("http://[", last.host, "]:", last.port);
    return concat("http://", last.host.empty() ? "localhost" : last.host, ':', last.port);
}

std::vector<RpcInterface> read_rpcinterfaces(const Context& context) {
    std::vector<RpcInterface> interfaces;
    for (const auto& section : context.document.sections()) {
        if (!section.name.starts_with("rpcinterface:")) continue;
        SectionReader reader(context, section, SectionReader::Suffix::none);
        RpcInterfaceSection options;
        reader.fill(options, Scope(context.environment));
        const auto& factory = options_of<RpcInterfaceSection>().front().name;
        if (!reader.find(factory)) {
            reader.error("", concat("section [", section.name, "] does not specify a ", factory),
                         {concat(factory, " = ", standard_rpcinterface)});
        } else if (options.factory != standard_rpcinterface && !reader.failed()) {
            reader.error(factory, concat(options.factory, " cannot be resolved within [", section.name, "]"),
                         {std::string(standard_rpcinterface)});
            reader.warn(factory, concat("[", section.name, "] is an extension in Python, which cannot be loaded here; "
                                        "the methods of ", standard_rpcinterface, " are built in"));
        }
        RpcInterface interface{std::string(name_of(section)), options.factory, {}};
        for (const auto& option : section.options) {  // its own; [DEFAULT] is not meant for plugins (Q4)
            if (option.name == factory) continue;
            if (auto text = reader.expanded(option, Refers::environment, context.environment))
                interface.options[option.name] = *text;
        }
        interfaces.push_back(std::move(interface));
    }
    return interfaces;
}

}  // namespace config
