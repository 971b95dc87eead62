#include "common/config/reader.hpp"

#include <algorithm>

#include "common/base/fd.hpp"
#include "common/base/text.hpp"
#include "common/base/users.hpp"
#include "common/config/client.hpp"
#include "common/config/groups.hpp"
#include "common/config/programs.hpp"
#include "common/config/section_reader.hpp"
#include "common/config/servers.hpp"

namespace config {

namespace {

using base::concat;

constexpr std::size_t most_listed = 12;  // names of options, where one means nothing and is near to none

std::string in_words(const KnownNames& known) {
    return base::join(std::vector<std::string>(known.options.begin(), known.options.end()), ", ");
}

class Reader {
public:
    Reader(const std::string& path, const Surroundings& machine) : path_(path), machine_(machine) {
        for (const auto& [name, value] : machine.environment) environment_.set(concat("ENV_", name), value);
    }

    Reading read() {
        if (load_root()) {
            include();
            read_sections();
        }
        if (machine_.strict)
            for (auto& diagnostic : reading_.diagnostics)
                if (diagnostic.unknown) diagnostic.severity = Severity::error;
        if (!failed()) reading_.config = std::move(config_);
        return std::move(reading_);
    }

private:
    [[nodiscard]] bool failed() const { return reading_.first_error() != nullptr; }
    void note(Severity severity, std::string message, const std::string& file, std::string section = "",
              std::string option = "", int line = 0) {
        reading_.diagnostics.push_back(
            {severity, std::move(message), file, line, std::move(section), std::move(option)});
    }

    /// False when there is nothing to go on with.
    bool load_root() {
        if (!machine_.exists(path_)) return note(Severity::error, concat("could not find config file ", path_), path_), false;
        auto text = machine_.read_file(path_);
        if (!text) return note(Severity::error, concat("could not read config file ", path_), path_), false;
        add(std::move(*text), path_);
        return !document_.sections().empty() || !failed();
    }

    void add(std::string text, const std::string& path) {
        for (auto& error : document_.add(std::move(text), path)) reading_.diagnostics.push_back(std::move(error));
    }

    void include() {
        const ini::Section* section = document_.find("include");
        if (!section) return;
        const Context context = context_of(config_.settings.environment);
        SectionReader reader(context, *section, SectionReader::Suffix::none);
        if (!reader.find("files"))
            return reader.error("files", ".ini file has [include] section, but no files setting",
                                {"files=PATTERN, one or more with blanks between them"});
        Names names(environment_);
        names.set("host_node_name", machine_.host_node_name);
        IncludeSection options;
        reader.fill(options, Scope(names));
        const std::string here = context.here(0);
        const Diagnostic place = reader.at("files");  // in the root's; what is included moves the sections
        for (const auto word : base::words(options.files)) {
            const std::string pattern = word.starts_with('/') ? std::string(word) : base::path_in(here, word);
            const auto matches = machine_.glob(pattern);
            if (matches.empty()) warn(place, concat("No file matches via include \"", pattern, "\""), "patterns that files match");
            for (const auto& match : matches) include(match, place);
        }
    }

    void warn(Diagnostic at, std::string message, std::string allowed) {
        at.severity = Severity::warning;
        at.message = std::move(message);
        at.allowed = std::move(allowed);
        reading_.diagnostics.push_back(std::move(at));
    }

    void include(const std::string& path, const Diagnostic& place) {
        note(Severity::info, concat("Included extra file \"", path, "\" during parsing"), path);
        auto text = machine_.read_file(path);
        if (!text) return warn(place, concat("included file is left out: ", text.error()), "files that can be read");
        const std::size_t files = document_.files().size();
        add(std::move(*text), path);
        const ini::Section& section = *document_.find("include");
        if (section.last_file != files) return;
        Diagnostic inner{Severity::warning, "", path, section.last_line, "include", ""};
        inner.column = 1;
        inner.source = section.last_source;
        warn(std::move(inner), concat("[include] of an included file is ignored: ", path), "[include] in the main file");
    }

    void read_sections() {
        const auto& oddities = document_.oddities();
        reading_.diagnostics.insert(reading_.diagnostics.end(), oddities.begin(), oddities.end());
        check_names();
        const ini::Section* section = document_.find("supervisord");
        if (!section) note(Severity::error, ".ini file does not include supervisord section", path_);

        config_.path = base::absolute_path(path_, machine_.cwd);
        if (section) read_settings(*section);
        for (const auto& [name, value] : config_.settings.environment) environment_.set(concat("ENV_", name), value);
        const Context context = context_of(config_.settings.environment);
        config_.rpcinterfaces = read_rpcinterfaces(context);
        config_.groups = read_groups(context, reading_.left_out);
        config_.servers = read_servers(context);
        config_.serverurl = default_serverurl(config_.servers);
        if (section) find_user(context, *section);
        if (section && !failed()) {
            SectionReader reader(context, *section, SectionReader::Suffix::none);
            check_exit_on(reader, config_.settings, config_.groups);
        }
        check_plugins(context);
        check_client(context, config_.servers);
        note_places();
    }

    void note_places() {
        for (const auto& section : document_.sections()) {
            if (section.name != "supervisord" && section.name.find("_http_server") == std::string::npos) continue;
            for (const auto& option : section.options)
                reading_.places.insert_or_assign(concat(section.name, ".", option.name),
                                                 Reading::Place{document_.files()[option.file], option.line,
                                                                option.value_column, std::string(option.source)});
        }
    }

    void read_settings(const ini::Section& section) {
        const Context context = context_of(config_.settings.environment);
        SectionReader reader(context, section, SectionReader::Suffix::none);
        Names host(environment_);
        host.set("host_node_name", machine_.host_node_name);
        Settings& settings = config_.settings;
        reader.fill(settings, Scope(environment_).set(Refers::host, host));
        reader.check_pairs(host, Refers::host);
        for (const auto& row : options_of<Settings>()) {
            const auto given = machine_.command_line.find(std::string(row.name));
            if (given == machine_.command_line.end()) continue;
            const auto set = row.field.set(settings, given->second, machine_);
            if (!set)
                note(Severity::error, concat("invalid value for --", row.name, " ", base::python_repr(given->second),
                                             ": ", set.error()), "");
        }
        if (settings.childlogdir.empty()) settings.childlogdir = machine_.temporary_directory;
        if (settings.logfile != "syslog") settings.logfile = base::absolute_path(settings.logfile, machine_.cwd);
        settings.pidfile = base::absolute_path(settings.pidfile, machine_.cwd);
    }

    /// As late as Supervisor, which looks it up when all has been read.
    void find_user(const Context& context, const ini::Section& section) {
        SectionReader reader(context, section, SectionReader::Suffix::none);
        const bool given = reader.find("user") || machine_.command_line.contains("user");
        if (!given || reader.failed()) return;
        const auto user = base::find_user(config_.settings.user_name);
        if (user)
            config_.settings.user = user->uid;
        else if (machine_.command_line.contains("user"))
            note(Severity::error, user.error(), "");  // not the file's
        else
            reader.error("user", user.error(), {std::string(kind::User::allowed)});
    }

    /// The built-in factory takes no arguments; Supervisor says so when it opens its servers.
    void check_plugins(const Context& context) {
        for (const auto& interface : config_.rpcinterfaces) {
            if (interface.options.empty() || config_.servers.empty()) continue;
            const auto* section = context.document.find(concat("rpcinterface:", interface.name));
            SectionReader reader(context, *section, SectionReader::Suffix::none);
            reader.error(interface.options.begin()->first, concat("Could not make ", interface.name, " rpc interface"),
                         {"no options besides supervisor.rpcinterface_factory"});
        }
    }

    void check_names() {
        for (const auto& section : document_.sections()) {
            if (const auto known = known_options(section.name))
                for (const auto& option : section.options) check_name(section, option, *known);
            else if (auto meant = similar_section(section.name))
                note_unknown({Severity::warning, concat("unknown section [", section.name, "]"),
                              document_.files()[section.file], section.line, section.name, ""},
                             section.source, 1, concat('[', *meant, ']'));
        }
    }

    void check_name(const ini::Section& section, const ini::Option& option, const KnownNames& known) {
        if (known.any || std::ranges::find(known.options, option.name) != known.options.end()) return;
        const auto meant = similar(option.name, known.options);
        std::string what = concat("unknown option `", option.name, "` in [", section.name, "]");
        const bool is_section = option.name.starts_with('[');
        if (is_section) what += ": the beginning of a section needs a ] at its end";
        Diagnostic unknown{Severity::warning, std::move(what), document_.files()[option.file], option.line, section.name,
                           option.name};
        if (!meant && !is_section)
            unknown.allowed = known.options.size() <= most_listed ? in_words(known) : "what supervisord.conf(5) has for it";
        note_unknown(std::move(unknown), option.source, option.name_column, meant ? concat('`', *meant, '`') : "");
    }

    /// meant: as the question has it, in quotes or brackets; empty: nobody knows.
    void note_unknown(Diagnostic diagnostic, std::string_view source, int column, const std::string& meant) {
        if (!meant.empty()) {
            diagnostic.message += concat(": did you mean ", meant, "?");
            diagnostic.meant = meant.substr(1, meant.size() - 2);
        }
        diagnostic.source = source;
        diagnostic.column = column;
        diagnostic.unknown = true;
        reading_.diagnostics.push_back(std::move(diagnostic));
    }

    [[nodiscard]] Context context_of(const Environment& common) {
        return {document_, machine_, reading_.diagnostics, environment_, common};
    }

    std::string path_;
    const Surroundings& machine_;
    ini::Document document_;
    Names environment_;
    Config config_;
    Reading reading_;
};

}  // namespace

const Diagnostic* Reading::first_error() const {
    const auto error = std::ranges::find(diagnostics, Severity::error, &Diagnostic::severity);
    return error == diagnostics.end() ? nullptr : &*error;
}

Diagnostic Reading::about(std::string_view section, std::string_view option, std::string message) const {
    Diagnostic out;
    out.message = std::move(message);
    out.section = section;
    out.option = option;
    const auto place = places.find(concat(section, ".", option));
    out.file = place != places.end() ? place->second.file : config ? config->path : "";
    if (place == places.end()) return out;
    out.line = place->second.line;
    out.column = place->second.column;
    out.source = place->second.source;
    return out;
}

Diagnostic Reading::cannot_apply(std::string_view section, std::string_view option, std::string_view why) const {
    return about(section, option, concat("`", option, "` in [", section, "] cannot be put in force: ", why));
}

std::vector<Diagnostic> Reading::left_for_a_start(const Settings& active) const {
    std::vector<Diagnostic> found;
    for (const auto& row : options_of<Settings>()) {
        if (row.reload != Reload::start || row.field.get(config->settings) == row.field.get(active)) continue;
        found.push_back(about("supervisord", row.name,
                              concat("`", row.name, "` in [supervisord] has changed, which a reload does not put in force: "
                                     "that takes a stop and a start of supervisord")));
        found.back().severity = Severity::warning;
    }
    return found;
}

Reading read(const std::string& path, const Surroundings& surroundings) { return Reader(path, surroundings).read(); }

std::vector<std::string> default_paths(const std::string& exec_path) {
    const std::string prefix = base::directory_of(base::directory_of(exec_path));
    return {base::path_in(prefix, "etc/supervisord.conf"), base::path_in(prefix, "supervisord.conf"),
            "supervisord.conf",          "etc/supervisord.conf",
            "/etc/supervisord.conf",     "/etc/supervisor/supervisord.conf"};
}

std::optional<std::string> find_file(const std::string& exec_path, const Surroundings& surroundings) {
    for (auto& path : default_paths(exec_path))
        if (surroundings.exists(path)) return std::move(path);
    return std::nullopt;
}

std::string no_file_found(const std::string& exec_path) {
    return concat("No config file found at default paths (", base::join(default_paths(exec_path), ", "),
                  "); use the -c option to specify a config file at a different path");
}

std::string searched_as_root() {
    return "Supervisord is running as root and it is searching for its configuration file in default locations "
           "(including its current working directory); you probably want to specify a \"-c\" argument specifying an "
           "absolute path to a configuration file for improved security.";
}

}  // namespace config
