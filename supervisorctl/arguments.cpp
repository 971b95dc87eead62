#include "supervisorctl/arguments.hpp"

#include <map>

#include "common/base/text.hpp"
#include "common/config/client.hpp"
#include "common/config/reader.hpp"
#include "common/config/server_url.hpp"
#include "supervisorctl/commands.hpp"

namespace supervisorctl {

using base::concat;

namespace {

constexpr config::Flag flag_table[] = {
    {'c', "configuration", true}, {'h', "help", false},     {'?', "", false},
    {'i', "interactive", false},  {'s', "serverurl", true}, {'u', "username", true},
    {'p', "password", true},      {'r', "history_file", true}, {0, "history-file", true, true},
};

/// What was given, by letter.
using Given = std::map<char, std::string>;

/// Empty: there is none.
std::string find_file(const Given& given, const std::string& program, const config::Surroundings& surroundings) {
    if (const auto chosen = given.find('c'); chosen != given.end()) return chosen->second;
    return config::find_file(program, surroundings).value_or("");
}

/// In the words of the original; empty: there is none.
std::string problem_with_url(std::string_view url) {
    if (!config::is_server_url(url)) return concat("value ", base::python_repr(url), " is not a URL");
    const std::string_view rest = url.substr(url.find(':') + 1);
    if (!rest.starts_with("//")) return "";
    const std::string_view host = rest.substr(2, rest.find_first_of("/?#", 2) - 2);
    const bool opens = host.find('[') != std::string_view::npos, closes = host.find(']') != std::string_view::npos;
    return opens == closes ? "" : "Invalid IPv6 URL";
}

base::Result<config::Client> read_section(const std::string& path, const config::Surroundings& surroundings) {
    if (path.empty()) return config::Client{};
    auto reading = config::read_client(path, surroundings);
    if (reading.client) return std::move(*reading.client);
    const config::Diagnostic* error = reading.first_error();
    return base::Error{error ? error->message : concat("could not read config file ", path)};
}

}  // namespace

std::span<const config::Flag> flags() { return flag_table; }

std::variant<Invocation, HelpWanted, UsageError> read_arguments(std::span<const std::string> arguments,
                                                               const std::string& program,
                                                               const config::Surroundings& surroundings) {
    const auto words = config::parse_words(arguments, flag_table);
    if (!words) return UsageError{words.error()};
    Given given;
    for (const config::GivenFlag& one : words->given) {
        const char letter = one.flag->letter ? one.flag->letter : 'r';
        if (letter == 'h' || letter == '?') return HelpWanted{};
        if (const std::string problem = letter == 's' ? problem_with_url(one.value) : ""; !problem.empty())
            return UsageError{concat("invalid value for ", one.spelling, ' ', base::python_repr(one.value), ": ", problem)};
        given[letter] = one.value;
    }
    if (const auto once = config::refuse_repeated(words->given); !once) return UsageError{once.error()};

    Invocation invocation;
    invocation.command_line = base::join(words->rest, " ");
    invocation.has_command = !words->rest.empty();
    Settings& settings = invocation.settings;
    settings.configuration = find_file(given, program, surroundings);
    const Command* command = find_command(parse_command_line(invocation.command_line).name);
    const bool local = command && command->local;
    auto section = local ? config::Client{} : read_section(settings.configuration, surroundings);
    if (!section) return UsageError{section.error()};
    const auto option = [&](char letter, std::optional<std::string> from_file) {
        const auto chosen = given.find(letter);
        return chosen == given.end() ? std::move(from_file) : std::optional(chosen->second);
    };
    settings.serverurl = *option('s', section->serverurl);  // as it was typed: messages begin with it
    settings.username = option('u', section->username);
    settings.password = option('p', section->password);
    settings.prompt = section->prompt;
    settings.history_file = option('r', section->history_file);
    settings.interactive = given.contains('i') || !invocation.has_command;
    return invocation;
}

std::string help_text(std::string_view program) {
    return concat(
        "supervisorctl -- control applications run by supervisord from the cmd line.\n"
        "\n"
        "Usage: ",
        program,
        " [options] [action [arguments]]\n"
        "\n"
        "Options:\n"
        "-c/--configuration FILENAME -- configuration file (searched for if not given)\n"
        "-h/--help -- print this text and exit\n"
        "-i/--interactive -- start an interactive shell; with an action, ask before a\n"
        "     shutdown or reload, and for credentials\n"
        "-s/--serverurl URL -- where supervisord listens\n"
        "     (default \"http://localhost:9001\").\n"
        "-u/--username USERNAME -- name to log in to supervisord with\n"
        "-p/--password PASSWORD -- password to log in to supervisord with\n"
        "-r/--history_file FILENAME -- where the lines typed in the shell are kept\n"
        "\n"
        "Without an action it starts a shell that reads actions line by line.  The\n"
        "action \"help\" lists all actions; supervisorctl(1) says more, also what they\n"
        "take: --json, --timeout SECONDS and others.\n"
        "\n");
}

}  // namespace supervisorctl
