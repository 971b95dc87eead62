#include "supervisorctl/completions.hpp"

#include "common/base/text.hpp"
#include "supervisorctl/arguments.hpp"
#include "supervisorctl/commands.hpp"

namespace supervisorctl {

namespace {

using base::concat;
using base::replace_all;

/// The first explanation that the help of a command has.
std::string summary(const Command& command) {
    for (const auto line : base::split(command.help, '\n'))
        if (const auto tab = line.rfind('\t'); tab != std::string_view::npos && tab > 0 && line[0] != '\t')
            return std::string(base::strip(line.substr(tab + 1)));
    return "";
}

std::string_view words_for(Completes completes) {
    switch (completes) {
        case Completes::nothing: return "";
        case Completes::commands: return "commands";
        case Completes::groups: return "groups";
        case Completes::processes: return "processes";
    }
    return "";
}

template <class Visit>
void each_command(Visit visit) {
    for (const Command& command : commands())
        if (!command.help.empty()) visit(command);
}

template <class Visit>
void each_switch(const Command& command, Visit visit) {
    for (const Switch& row : switches())
        if ((command.switches & row.bit) != 0) visit(row);
}

std::string command_names(std::string_view separator) {
    std::vector<std::string> names;
    each_command([&](const Command& command) { names.emplace_back(command.name); });
    return base::join(names, separator);
}

bool takes_file(const config::Flag& flag) { return flag.name == "configuration" || flag.name.starts_with("history"); }

/// "-c|--configuration|-s|..." of those with a value.
std::string flags_with_value(std::string_view separator, bool files_only) {
    std::vector<std::string> spellings;
    for (const auto& flag : flags()) {
        if (!flag.takes_value || (files_only && !takes_file(flag))) continue;
        if (flag.letter) spellings.push_back(concat('-', flag.letter));
        spellings.push_back(concat("--", flag.name));
    }
    return base::join(spellings, separator);
}

/// A text in single quotes of a shell; how a quote is written inside differs.
std::string quoted(std::string_view text, std::string_view quote) {
    return concat('\'', replace_all(std::string(text), "'", quote), '\'');
}

/// What tells the names; who cannot get them soon completes nothing.
constexpr std::string_view asking = "status --timeout 2 2> /dev/null < /dev/null";
/// From its lines to names, one a line.  Where there is no state, it is an error that is told.
constexpr std::string_view processes_of =
    R"(awk '$2 ~ /^[A-Z]+$/ { print $1; if (split($1, part, ":") == 2) print part[1] ":*" }')";
constexpr std::string_view groups_of = R"(awk '$2 ~ /^[A-Z]+$/ { split($1, part, ":"); print part[1] }')";

}  // namespace

std::string bash_completion() {
    std::string all_flags, cases;
    for (const auto& flag : flags()) {
        if (flag.letter) all_flags += concat('-', flag.letter, ' ');
        if (!flag.name.empty()) all_flags += concat("--", flag.name, ' ');
    }
    each_command([&](const Command& command) {
        std::string options;
        each_switch(command, [&](const Switch& row) { options += concat(row.name, ' '); });
        cases += concat("    ", command.name, ") switches='", base::strip(options), "' kind=",
                        command.local ? "files" : words_for(command.completes), " ;;\n");
    });
    return concat(R"(# bash completion of supervisorctl, made from its table of commands
_supervisorctl() {
    local line=${COMP_LINE:0:COMP_POINT} commands=')", command_names(" "), R"('
    local -a words given=() found=()
    read -a words <<< "$line"  # as the shell does, but for blanks in quotes
    words=("${words[@]//[\"\']/}")
    [[ $line == *[[:space:]] && $line != *\\? ]] && words+=('')
    local count=${#words[@]} at=1 command= switches= kind=
    local typed=${words[count - 1]} before=${words[count - 2]}
    while ((at < count - 1)); do
        case ${words[at]} in
        )", flags_with_value("|", false), R"() given+=("${words[at]}" "${words[at + 1]/#\~\//$HOME/}"); ((at += 2)) ;;
        -*) given+=("${words[at]}"); ((at += 1)) ;;
        *) command=${words[at]}; break ;;
        esac
    done
    case $command in
    '') kind=commands switches=')", base::strip(all_flags), R"('
        case $before in
        )", flags_with_value("|", true), R"() kind=files ;;
        )", flags_with_value("|", false), R"() return ;;
        esac ;;
)", cases, R"(    esac
    if [[ $typed == -* ]]; then
        found=($(compgen -W "$switches" -- "$typed"))
    else
        case $kind in
        files) compopt -o filenames 2> /dev/null; mapfile -t found < <(compgen -f -- "$typed") ;;
        commands) found=($(compgen -W "$commands" -- "$typed")) ;;
        ?*) mapfile -t found < <("${words[0]}" "${given[@]}" )", asking, R"( |
                if [[ $kind == groups ]]; then )", groups_of, R"(; else )", processes_of, R"(; fi |
                sort -u | while read -r name; do [[ $name == "$typed"* ]] && echo "$name"; done) ;;
        esac
    fi
    # Readline begins a new word behind a colon.
    local start=
    [[ $typed == *:* && $COMP_WORDBREAKS == *:* ]] && start=${typed%"${typed##*:}"}
    COMPREPLY=("${found[@]#"$start"}")
}
complete -F _supervisorctl supervisorctl
)");
}

std::string zsh_completion() {
    const auto quote = [](std::string_view text) { return quoted(text, "'\\''"); };
    std::string options, actions, cases;
    for (const auto& flag : flags()) {
        const std::string value = !flag.takes_value ? "" : takes_file(flag) ? ":file:_files" : concat(":", flag.name, ":");
        if (flag.letter) options += concat("    ", quote(concat('-', flag.letter, flag.takes_value ? "+" : "", value)), " \\\n");
        if (!flag.name.empty())
            options += concat("    ", quote(concat("--", flag.name, flag.takes_value ? "=" : "", value)), " \\\n");
    }
    each_command([&](const Command& command) {
        actions += concat("        ", quote(concat(command.name, ':', summary(command))), "\n");
        std::string switches;
        each_switch(command, [&](const Switch& row) { switches += concat(' ', quote(concat(row.name, ':', row.doc))); });
        cases += concat("        ", command.name, ") switches=(", base::strip(switches), ") kind=",
                        command.local ? "files" : words_for(command.completes), " ;;\n");
    });
    return concat(R"(#compdef supervisorctl
# zsh completion of supervisorctl, made from its table of commands
local program=$words[1] context state state_descr line kind= key
local -a given switches actions names
typeset -A opt_args
actions=(
)", actions, R"()
_arguments -C \
)", options, R"(    '1:action:->action' '*::argument:->argument' && return
case $state in
action) _describe action actions ;;
argument)
    for key in )", flags_with_value(" ", false), R"(; do
        (( $+opt_args[$key] )) && given+=($key ${${(Q)opt_args[$key]}/#\~\//$HOME/})
    done
    case $words[1] in
)", cases, R"z(    esac
    if [[ $PREFIX == -* ]]; then
        _describe -o switch switches
    else
        case $kind in
        files) _files ;;
        commands) _describe action actions ;;
        groups) names=(${(fu)"$($program $given )z", asking, " | ", groups_of, R"z()"}) && compadd -a names ;;
        processes) names=(${(fu)"$($program $given )z", asking, " | ", processes_of, R"z()"}) && compadd -a names ;;
        esac
    fi ;;
esac
)z");
}

std::string fish_completion() {
    const auto quote = [](std::string_view text) { return quoted(text, "\\'"); };
    std::string out = concat(R"(# fish completion of supervisorctl, made from its table of commands
function __supervisorctl_words
    commandline -opc | string replace -r '^~/' "$HOME/"
end
# Where in these words the command stands, or will stand.
function __supervisorctl_at
    set -l words (__supervisorctl_words)
    set -l at 2
    while test $at -le (count $words)
        switch $words[$at]
            case )", flags_with_value(" ", false), R"(
                set at (math $at + 2)
            case '-*'
                set at (math $at + 1)
            case '*'
                break
        end
    end
    echo $at
end
# Whether that is the command; without one, whether there is none yet.
function __supervisorctl_is
    set -l words (__supervisorctl_words)
    set -l at (__supervisorctl_at)
    test "$words[$at]" = "$argv"
end
function __supervisorctl_status
    set -l words (__supervisorctl_words)
    set -l before $words[1..(math (__supervisorctl_at) - 1)]
    $before )", asking, R"(
end
function __supervisorctl_processes
    __supervisorctl_status | )", processes_of, R"(
end
function __supervisorctl_groups
    __supervisorctl_status | )", groups_of, R"(
end
complete -c supervisorctl -f
)");
    for (const auto& flag : flags()) {
        if (flag.name.empty()) continue;
        out += "complete -c supervisorctl -n __supervisorctl_is";
        if (flag.letter) out += concat(" -s ", flag.letter);
        out += concat(" -l ", flag.name, flag.takes_value ? " -r" : "", takes_file(flag) ? " -F" : "", '\n');
    }
    each_command([&](const Command& command) {
        const std::string begin = concat("complete -c supervisorctl -n '__supervisorctl_is ", command.name, "'");
        out += concat("complete -c supervisorctl -n __supervisorctl_is -a ", command.name, " -d ", quote(summary(command)),
                      '\n');
        if (command.local) out += concat(begin, " -F\n");
        if (command.completes == Completes::commands) out += concat(begin, " -a ", quote(command_names(" ")), '\n');
        if (command.completes == Completes::groups) out += concat(begin, " -a '(__supervisorctl_groups)'\n");
        if (command.completes == Completes::processes) out += concat(begin, " -a '(__supervisorctl_processes)'\n");
        each_switch(command, [&](const Switch& row) {
            out += concat(begin, " -l ", row.name.substr(2), row.argument.empty() ? "" : " -x", " -d ", quote(row.doc), '\n');
        });
    });
    return out;
}

}  // namespace supervisorctl
