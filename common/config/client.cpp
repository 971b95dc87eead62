#include "common/config/client.hpp"

#include <algorithm>

#include "common/base/fd.hpp"
#include "common/base/text.hpp"
#include "common/config/section_reader.hpp"
#include "common/config/server_url.hpp"

namespace config {

namespace {

using base::concat;

constexpr const char* no_plugins = "a plugin whose commands are built in (supervisorwildcards, supervisorserialrestart, "
                                   "supervisor_quick), or none: Python cannot be loaded here";

/// Whose commands supervisorctl has itself: mstart and its like, serialrestart, quickstart and its like.
bool is_built_in(std::string_view factory) {
    const std::string_view module = factory.substr(0, factory.find_first_of(":."));
    return module == "supervisorwildcards" || module == "supervisorserialrestart" || module == "supervisor_quick";
}

std::string_view factory_in(const ini::Section& plugin) {
    const ini::Option* option = plugin.find(options_of<CtlPluginSection>().front().name);
    return option ? std::string_view(option->value) : std::string_view();
}

/// Plugins in Python: another one that the file asks for is refused, as Supervisor refuses one that it does not find.
void check_plugins(const Context& context) {
    for (const auto& section : context.document.sections()) {
        if (!section.name.starts_with("ctlplugin:")) continue;
        SectionReader reader(context, section, SectionReader::Suffix::none);
        CtlPluginSection options;
        reader.fill(options, Scope(context.environment));
        const auto& factory = options_of<CtlPluginSection>().front().name;
        if (!reader.find(factory))
            reader.error("", concat("section [", section.name, "] does not specify a ", factory), {no_plugins});
        else if (!reader.failed() && !is_built_in(options.factory))
            reader.error(factory, concat(options.factory, " cannot be resolved within [", section.name, "]"), {no_plugins});
    }
}

std::string url_of(const Server& server) {
    if (server.family == Server::Family::unix) return concat("unix://", server.file);
    const bool brackets = server.host.find(':') != std::string::npos;
    return concat("http://", server.host.empty() ? "localhost" : brackets ? concat('[', server.host, ']') : server.host, ':',
                  server.port);
}

/// Whether the URL can be that of a server of the same file; that of another machine always can.
bool is_served(const ServerUrl& url, const std::vector<Server>& servers) {
    const auto plain = [](std::string_view path) { return path.starts_with("//") ? path.substr(1) : path; };
    const bool elsewhere = !url.is_unix() && url.host != "localhost" && url.host != "::1" && !url.host.starts_with("127.");
    return elsewhere || std::ranges::any_of(servers, [&](const Server& server) {
        if (server.family == Server::Family::unix) return url.is_unix() && plain(server.file) == plain(url.socket_path);
        return !url.is_unix() && std::to_string(server.port) == url.port;
    });
}

}  // namespace

const Diagnostic* ClientReading::first_error() const {
    const auto error = std::ranges::find(diagnostics, Severity::error, &Diagnostic::severity);
    return error == diagnostics.end() ? nullptr : &*error;
}

ClientReading read_client(const std::string& path, const Surroundings& machine) {
    ClientReading reading;
    const auto refuse = [&](std::string message, const std::string& file) {
        reading.diagnostics.push_back({Severity::error, std::move(message), file, 0, "", ""});
    };
    if (!machine.exists(path)) return refuse(concat("could not find config file ", path), path), reading;
    const auto text = machine.read_file(path);
    if (!text) return refuse(concat("could not read config file ", path), path), reading;
    ini::Document document;
    reading.diagnostics = document.add(*text, path);
    if (!reading.diagnostics.empty()) return reading;
    const ini::Section* section = document.find("supervisorctl");
    if (!section) return refuse(".ini file does not include supervisorctl section", path), reading;

    Names names;
    for (const auto& [name, value] : machine.environment) names.set(concat("ENV_", name), value);
    const Environment common;
    const Context context{document, machine, reading.diagnostics, names, common};
    SectionReader reader(context, *section, SectionReader::Suffix::none);
    Client client;
    reader.fill(client, Scope(names));
    client.serverurl = normalised_server_url(client.serverurl, machine);
    if (client.history_file)
        client.history_file = base::absolute_path(expand_home(*client.history_file, machine), machine.cwd);
    check_plugins(context);
    if (!reading.first_error()) reading.client = std::move(client);
    return reading;
}

void check_client(const Context& context, const std::vector<Server>& servers) {
    for (const auto& plugin : context.document.sections())
        if (plugin.name.starts_with("ctlplugin:") && !is_built_in(factory_in(plugin)))
            SectionReader(context, plugin, SectionReader::Suffix::none)
                .warn("", concat("[", plugin.name, "] is an extension in Python: supervisorctl refuses a file that has it"),
                      {no_plugins});
    const ini::Section* section = context.document.find("supervisorctl");
    if (!section) return;
    SectionReader reader(context, *section, SectionReader::Suffix::none);
    const ini::Option* option = reader.find("serverurl");
    const auto expanded = option ? reader.try_expanded(*option, Refers::here, context.environment) : Expanded(Client().serverurl);
    const auto* text = std::get_if<std::string>(&expanded);
    if (!text) return;  // supervisorctl has an environment of its own
    const auto url = parse_server_url(normalised_server_url(*text, context.machine));
    if (!url)
        return reader.warn("serverurl", concat("`serverurl` in [supervisorctl] leads nowhere: ", url.error()),
                           {std::string(allowed_server_urls)});
    if (servers.empty() || is_served(*url, servers)) return;
    std::vector<std::string> urls;
    for (const auto& server : servers) urls.push_back(url_of(server));
    const auto meant = similar(url->text, std::vector<std::string_view>(urls.begin(), urls.end()));
    reader.warn("serverurl", concat("`serverurl` in [supervisorctl] is ", url->text, option ? "" : " when it is not given",
                                    ", where no server of this configuration listens"),
                {concat("of the servers here: ", base::join(urls, ", ")), std::string(meant.value_or(""))});
}

}  // namespace config
