#include "common/config/client.hpp"

#include <algorithm>

#include "common/base/fd.hpp"
#include "common/base/text.hpp"
#include "common/config/section_reader.hpp"

namespace config {

namespace {

using base::concat;

constexpr std::string_view unix_scheme = "unix://";

/// Plugins in Python: one that the file asks for is refused, as Supervisor refuses one that it does not find.
void check_plugins(const Context& context) {
    for (const auto& section : context.document.sections()) {
        if (!section.name.starts_with("ctlplugin:")) continue;
        SectionReader reader(context, section, SectionReader::Suffix::none);
        CtlPluginSection options;
        reader.fill(options, Scope(context.environment));
        const auto& factory = options_of<CtlPluginSection>().front().name;
        if (!reader.find(factory))
            reader.error("", concat("section [", section.name, "] does not specify a ", factory));
        else if (!reader.failed())
            reader.error(factory, concat(options.factory, " cannot be resolved within [", section.name, "]"));
    }
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

bool is_server_url(std::string_view text) {
    const auto end = text.find(':');
    if (end == std::string_view::npos || end == 0) return false;
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    const bool scheme = letter(text[0]) && std::ranges::all_of(text.substr(0, end), [&](char c) {
        return letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
    });
    std::string_view rest = text.substr(end + 1);
    if (rest.starts_with("//")) rest.remove_prefix(2);
    const bool something = !rest.empty() && rest.front() != '?' && rest.front() != '#';
    return scheme && something;
}

std::string normalised_server_url(const std::string& url, const Surroundings& machine) {
    if (!url.starts_with(unix_scheme)) return url;
    const std::string path = expand_home(std::string_view(url).substr(unix_scheme.size()), machine);
    return concat(unix_scheme, base::absolute_path(path, machine.cwd));
}

}  // namespace config
