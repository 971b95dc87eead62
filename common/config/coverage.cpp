#include <algorithm>
#include <set>
#include <string_view>

#include "common/base/text.hpp"
#include "common/config/options.hpp"
#include "common/config/reader.hpp"
#include "common/config/sample.hpp"

namespace config {

namespace {

using base::concat;

std::string_view in_words(Refers refers) {
    switch (refers) {
    case Refers::environment: return "`ENV_x`";
    case Refers::here: return "`ENV_x` `here`";
    case Refers::program_name: return "`ENV_x` `here` `program_name`";
    case Refers::host: return "`ENV_x` `here` `host_node_name`";
    case Refers::section: return "`ENV_x` `here` `host_node_name` `program_name` `group_name`";
    case Refers::copy: return "as `command`, without the program's own `environment`";
    case Refers::process:
        return "`ENV_x` (with the program's `environment`) `here` `host_node_name` `program_name` `group_name` "
               "`process_num` `numprocs`";
    }
    return "";
}

std::string_view in_words(Reload reload) {
    switch (reload) {
    case Reload::nothing: return "nothing";
    case Reload::process: return "the process";
    case Reload::group: return "the group";
    case Reload::supervisord: return "supervisord";
    case Reload::start: return "supervisord (a reload is not enough)";
    }
    return "";
}

class Reference {
public:
    std::string text() {
        out_ = "# Configuration: sections and options\n\nMade from the table of options; do not edit. "
               "`expands` says which `%(names)s` a value may have, `restarts` what must begin anew before another "
               "value counts.\n";
        section<Settings>("[supervisord]");
        section<UnixServer>("[unix_http_server]");
        section<InetServer>("[inet_http_server]");
        section<Client>("[supervisorctl]");
        section<Program>("[program:x]");
        section<Copies>("[program:x], how many");
        section<GroupSection>("[group:x]");
        section<FcgiSection>("[fcgi-program:x], besides the options of a program");
        section<ListenerSection>("[eventlistener:x], besides the options of a program");
        section<IncludeSection>("[include]");
        section<RpcInterfaceSection>("[rpcinterface:x]");
        section<CtlPluginSection>("[ctlplugin:x]");
        out_ += "\n## Read and checked, but not acted on yet\n\nsupervisord warns at start when one of these is set "
                "to something else than its default.\n\n";
        return out_ + missing_;
    }

private:
    template <class Target>
    void section(std::string_view name) {
        out_ += concat("\n## ", name, "\n\n| option | value | default | expands | restarts | |\n"
                                      "|---|---|---|---|---|---|\n");
        for (const auto& row : options_of<Target>()) {
            const bool has_default = row.fallback && !row.fallback->empty();
            out_ += concat("| `", row.name, "` | ", row.field.kind, " | ",
                           has_default ? concat('`', *row.fallback, '`') : std::string(), " | ", in_words(row.refers),
                           " | ", in_words(row.reload), " | ", row.doc, " |\n");
            if (!row.acted_on) missing_ += concat("- `", row.name, "` of ", name.substr(0, name.find(',')), "\n");
        }
    }

    std::string out_, missing_;
};

template <class Target>
bool all_acted_on() {
    return std::ranges::all_of(options_of<Target>(), &Option<Target>::acted_on);
}

}  // namespace

std::string coverage_text() { return Reference().text(); }

std::vector<Diagnostic> not_acted_on(const Config& config) {
    std::vector<Diagnostic> found;
    std::set<std::string> told;
    const auto tell = [&](const std::string& section, std::string_view option) {
        std::string message = concat('[', section, "] ", option, option.empty() ? "" : " ", "is not acted on yet");
        if (told.insert(message).second)
            found.push_back({Severity::warning, std::move(message), config.path, 0, section, std::string(option)});
    };
    const Program plain;
    for (const auto& group : config.groups) {
        if (group.kind == GroupKind::eventlistener && !all_acted_on<ListenerSection>())
            tell(concat("eventlistener:", group.name), "");
        for (const auto& process : group.processes) {
            if (process.socket && !all_acted_on<FcgiSection>()) tell(process.section, "socket");
            for (const auto& row : options_of<Program>())
                if (!row.acted_on && row.field.get(process) != row.field.get(plain)) tell(process.section, row.name);
        }
    }
    return found;
}

}  // namespace config
