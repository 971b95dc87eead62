// Command lines as Python's getopt reads them (compat/config.md, section 1): options end at the first other word,
// long ones may be shortened to any unique prefix.  Both programs parse theirs with parse_words(); supervisord's
// flags stand in the option table.  Prints nothing and ends nothing.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/config/surroundings.hpp"

namespace config {

struct Flag {
    char letter = 0;        // 0: only the long form
    std::string_view name;  // without the dashes; empty: only the letter
    bool takes_value = false;
    bool in_full = false;  // not by a prefix: those that Supervisor takes stay as unique as they are
};

struct GivenFlag {
    const Flag* flag = nullptr;
    std::string spelling;  // "-l", or "--logfile" in full however short it was written: for messages
    std::string value;
};

struct Words {
    std::vector<GivenFlag> given;  // in order
    std::vector<std::string> rest;
};

/// args without argv[0].  Errors: "option --foo not recognized", "option -c requires argument", ...
[[nodiscard]] base::Result<Words> parse_words(std::span<const std::string> args, std::span<const Flag> flags);

/// The second use of one flag, if any, is an error: "conflicting command line option '-l'".
[[nodiscard]] base::Result<void> refuse_repeated(const std::vector<GivenFlag>& given);

struct SupervisordArguments {
    std::optional<std::string> configuration;    // -c
    std::map<std::string, std::string> options;  // for Surroundings::command_line
    bool help = false;                           // print and exit, whatever else was given
    bool version = false;
    bool build_info = false;
    bool check = false;   // say what is wrong with the configuration, and do nothing
    bool json = false;    // for machines; only with check
    bool strict = false;  // Surroundings::strict
    bool takeover = false;  // ends one that does not answer
};

/// Values are checked here already, against the surroundings: "invalid value for -m '9': ...".
[[nodiscard]] base::Result<SupervisordArguments> supervisord_arguments(std::span<const std::string> args,
                                                                       const Surroundings& surroundings);
/// The text of --help, with its empty last line.
[[nodiscard]] std::string supervisord_help(std::string_view program);

/// For standard error, with exit status 2: "Error: MESSAGE\nFor help, use PROGRAM -h\n".
[[nodiscard]] std::string usage_error(std::string_view program, std::string_view message);

}  // namespace config
