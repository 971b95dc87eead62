#include "common/config/command_line.hpp"

#include <algorithm>
#include <set>

#include "common/base/text.hpp"
#include "common/config/options.hpp"

namespace config {

namespace {

using base::concat;
using base::Error;
using base::Result;

class Parser {
public:
    Parser(std::span<const std::string> args, std::span<const Flag> flags) : args_(args), flags_(flags) {}

    Result<Words> run() {
        while (!args_.empty()) {
            const std::string_view word = args_.front();
            if (word == "--") {
                args_ = args_.subspan(1);
                break;
            }
            if (word.size() < 2 || !word.starts_with('-')) break;
            args_ = args_.subspan(1);
            auto taken = word.starts_with("--") ? take_long(word.substr(2)) : take_letters(word.substr(1));
            if (!taken) return Error{taken.error()};
        }
        words_.rest.assign(args_.begin(), args_.end());
        return std::move(words_);
    }

private:
    Result<void> take_long(std::string_view text) {
        const auto equals = text.find('=');
        const std::string_view name = text.substr(0, equals);
        std::vector<const Flag*> possible;
        for (const auto& flag : flags_)
            if (!flag.name.empty() && (flag.in_full ? flag.name == name : flag.name.starts_with(name)))
                possible.push_back(&flag);
        if (possible.empty()) return Error{concat("option --", name, " not recognized")};
        const auto exact = std::ranges::find(possible, name, [](const Flag* flag) { return flag->name; });
        if (exact == possible.end() && possible.size() > 1)
            return Error{concat("option --", name, " not a unique prefix")};
        const Flag* found = exact == possible.end() ? possible.front() : *exact;
        const std::string spelling = concat("--", found->name);
        if (equals == std::string_view::npos) return take_value(*found, spelling, std::nullopt);
        if (!found->takes_value) return Error{concat("option ", spelling, " must not have an argument")};
        return take_value(*found, spelling, text.substr(equals + 1));
    }

    /// "-nc file" and "-ncfile": flags without a value can stand together, in front of one with a value.
    Result<void> take_letters(std::string_view letters) {
        while (!letters.empty()) {
            const auto found = std::ranges::find(flags_, letters.front(), &Flag::letter);
            const std::string spelling = concat('-', letters.front());
            if (found == flags_.end()) return Error{concat("option ", spelling, " not recognized")};
            letters.remove_prefix(1);
            std::optional<std::string_view> attached;
            if (found->takes_value && !letters.empty()) std::swap(attached.emplace(), letters);
            if (auto taken = take_value(*found, spelling, attached); !taken) return taken;
        }
        return {};
    }

    Result<void> take_value(const Flag& flag, const std::string& spelling, std::optional<std::string_view> attached) {
        std::string value(attached.value_or(""));
        if (flag.takes_value && !attached) {
            if (args_.empty()) return Error{concat("option ", spelling, " requires argument")};
            value = args_.front();
            args_ = args_.subspan(1);
        }
        words_.given.push_back({&flag, spelling, std::move(value)});
        return {};
    }

    std::span<const std::string> args_;
    std::span<const Flag> flags_;
    Words words_;
};

/// The flags of supervisord that are no options of the file.
constexpr Flag own_flags[] = {
    {'c', "configuration", true}, {'h', "help", false},       {'?', "", false},
    {'v', "version", false},      {0, "build-info", false},   {0, "profile_options", true},
    {0, "check", false, true},    {0, "json", false, true},   {0, "strict", false, true},
    {0, "takeover", false, true},
};

const std::vector<Flag>& supervisord_flags() {
    static const auto flags = [] {
        std::vector<Flag> all(std::begin(own_flags), std::end(own_flags));
        for (const auto& row : options_of<Settings>())
            if (row.flag) all.push_back({row.flag->letter, row.name, !row.flag->argument.empty()});
        return all;
    }();
    return flags;
}

/// Only the value is of interest; where it is kept does not matter.
Result<void> check_value(const GivenFlag& given, const Surroundings& machine) {
    for (const auto& row : options_of<Settings>()) {
        if (row.name != given.flag->name) continue;
        Settings settings;
        const auto set = row.field.set(settings, given.flag->takes_value ? given.value : "true", machine);
        if (set) return {};
        return Error{concat("invalid value for ", given.spelling, ' ', base::python_repr(given.value), ": ",
                            set.error())};
    }
    return {};
}

std::string help_line(std::string_view flags, std::string_view doc) { return concat(flags, " -- ", doc, '\n'); }

std::string flag_names(char letter, std::string_view name, std::string_view argument) {
    std::string text = letter ? concat('-', letter, "/--", name) : concat("--", name);
    if (!argument.empty()) text += concat(' ', argument);
    return text;
}

}  // namespace

Result<Words> parse_words(std::span<const std::string> args, std::span<const Flag> flags) {
    return Parser(args, flags).run();
}

Result<void> refuse_repeated(const std::vector<GivenFlag>& given) {
    std::set<const Flag*> seen;
    for (const auto& one : given)
        if (!seen.insert(one.flag).second)
            return Error{concat("conflicting command line option ", base::python_repr(one.spelling))};
    return {};
}

Result<SupervisordArguments> supervisord_arguments(std::span<const std::string> args, const Surroundings& machine) {
    const auto words = parse_words(args, supervisord_flags());
    if (!words) return Error{words.error()};
    if (!words->rest.empty()) {
        std::vector<std::string> quoted;
        for (const auto& word : words->rest) quoted.push_back(base::python_repr(word));
        return Error{concat("positional arguments are not supported: [", base::join(quoted, ", "), "]")};
    }
    SupervisordArguments arguments;
    std::vector<GivenFlag> kept;
    for (const auto& given : words->given) {
        const std::string_view name = given.flag->name;
        if (name == "help" || name.empty()) arguments.help = true;
        if (name == "version") arguments.version = true;
        if (name == "build-info") arguments.build_info = true;
        if (arguments.help || arguments.version || arguments.build_info) return arguments;  // at once, unlike errors
        if (auto checked = check_value(given, machine); !checked) return Error{checked.error()};
        kept.push_back(given);
        if (auto fresh = refuse_repeated(kept); !fresh) return Error{fresh.error()};
        if (name == "check")
            arguments.check = true;
        else if (name == "json")
            arguments.json = true;
        else if (name == "strict")
            arguments.strict = true;
        else if (name == "takeover")
            arguments.takeover = true;
        else if (name == "configuration")
            arguments.configuration = given.value;
        else if (name != "profile_options")
            arguments.options[std::string(name)] = given.flag->takes_value ? given.value : "true";
    }
    if (arguments.takeover && arguments.check) return Error{"option --takeover does not go with --check"};
    if (arguments.json && !arguments.check) return Error{"option --json goes with --check"};
    return arguments;
}

std::string supervisord_help(std::string_view program) {
    std::string text = concat("supervisord -- run a set of applications as daemons.\n\nUsage: ", program,
                              " [options]\n\nOptions:\n");
    text += help_line("-c/--configuration FILENAME", "Read this file; without it, the usual places are searched.");
    bool others = false;  // -h and -v have their place behind the switches for the foreground
    for (const auto& row : options_of<Settings>()) {
        if (!row.flag) continue;
        if (!others && row.name == "user") {
            text += help_line("-h/--help", "Print this and exit.");
            text += help_line("-v/--version", "Print the version of Supervisor that this is compatible with and exit.");
            text += help_line("--build-info", "Print what was built, and what the system offers, and exit.");
            text += help_line("--check", "Say what is wrong with the configuration and exit: 0 good, 1 warnings, 2 refused.");
            text += help_line("--json", "With --check, for machines: what is wrong, and all that was read.");
            text += help_line("--strict", "Refuse a configuration with unknown options, instead of warning.");
            text += help_line("--takeover", "End one that runs and does not answer, and go on with its programs.");
            others = true;
        }
        text += help_line(flag_names(row.flag->letter, row.name, row.flag->argument),
                          row.flag->doc.empty() ? row.doc : row.flag->doc);
    }
    text += help_line("--profile_options OPTIONS", "Accepted for compatibility; there is no profiler.");
    return text + '\n';
}

std::string usage_error(std::string_view program, std::string_view message) {
    return concat("Error: ", message, "\nFor help, use ", program, " -h\n");
}

}  // namespace config
