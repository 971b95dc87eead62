#include <doctest/doctest.h>

#include "common/config/command_line.hpp"
#include "tests/unit/config/machine.hpp"

namespace {

using Arguments = std::vector<std::string>;

base::Result<config::SupervisordArguments> parsed(const Arguments& args) {
    const Machine machine;
    return config::supervisord_arguments(args, machine.surroundings());
}

}  // namespace

TEST_CASE("flags of supervisord become options") {
    using Options = std::map<std::string, std::string>;
    const struct {
        Arguments args;
        Options options;
    } cases[] = {
        {{}, {}},
        {{"-n"}, {{"nodaemon", "true"}}},
        {{"-nki", "x"}, {{"nodaemon", "true"}, {"nocleanup", "true"}, {"identifier", "x"}}},
        {{"-ix"}, {{"identifier", "x"}}},
        {{"--identifier=x=y"}, {{"identifier", "x=y"}}},
        {{"--ident", "x"}, {{"identifier", "x"}}},
        {{"--minp=3"}, {{"minprocs", "3"}}},
        {{"--logfile", "x"}, {{"logfile", "x"}}},
        {{"-i", ""}, {{"identifier", ""}}},
        {{"-t", "-e", "debug", "-m", "077"}, {{"strip_ansi", "true"}, {"loglevel", "debug"}, {"umask", "077"}}},
        {{"-n", "--"}, {{"nodaemon", "true"}}},
        {{"--ch", "/"}, {{"childlogdir", "/"}}},  // as unique as under Supervisor, whatever is new
        {{"--st"}, {{"strip_ansi", "true"}}},
        {{"--profile_options=calls"}, {}},
    };
    for (const auto& c : cases) {
        const auto arguments = parsed(c.args);
        REQUIRE(arguments.has_value());
        CHECK(arguments->options == c.options);
    }
    CHECK(parsed({"-c", "x.conf"})->configuration == "x.conf");
    CHECK(parsed({"--conf=x.conf"})->configuration == "x.conf");
    CHECK(parsed({"-?"})->help);
    CHECK(parsed({"--help"})->help);
    CHECK(parsed({"-v", "-n", "-n"})->version);
    CHECK(parsed({"--build-info"})->build_info);
    CHECK(parsed({"--check", "--json"})->json);
    CHECK(parsed({"--check", "--strict"})->strict);
    CHECK(parsed({"--takeover"})->takeover);
    CHECK_FALSE(parsed({})->takeover);
    CHECK(parsed({"--takeover", "--check"}).error() == "option --takeover does not go with --check");
    CHECK(parsed({"--check"})->options.empty());
}

TEST_CASE("wrong command lines are told in Python's words") {
    const struct {
        Arguments args;
        const char* message;
    } cases[] = {
        {{"-x"}, "option -x not recognized"},
        {{"--foo"}, "option --foo not recognized"},
        {{"--foo=1"}, "option --foo not recognized"},
        {{"--chec"}, "option --chec not recognized"},
        {{"--json"}, "option --json goes with --check"},
        {{"-c"}, "option -c requires argument"},
        {{"--user"}, "option --user requires argument"},
        {{"--us"}, "option --user requires argument"},
        {{"--nodaemon=1"}, "option --nodaemon must not have an argument"},
        {{"--log"}, "option --log not a unique prefix"},
        {{"-v", "foo"}, "positional arguments are not supported: ['foo']"},
        {{"-n", "start", "it's"}, "positional arguments are not supported: ['start', \"it's\"]"},
        {{"-"}, "positional arguments are not supported: ['-']"},
        {{"-l", "a", "-l", "b"}, "conflicting command line option '-l'"},
        {{"-l", "a", "--logfile", "b"}, "conflicting command line option '--logfile'"},
        {{"-n", "-n"}, "conflicting command line option '-n'"},
        {{"-c", "a", "-c", "b"}, "conflicting command line option '-c'"},
        {{"-m", "9"}, "invalid value for -m '9': 9 can not be converted to an octal type"},
        {{"--uma=8"}, "invalid value for --umask '8': 8 can not be converted to an octal type"},
        {{"-e", "loud"}, "invalid value for -e 'loud': bad logging level name 'loud'"},
        {{"-d", "/nosuch"}, "invalid value for -d '/nosuch': /nosuch is not an existing directory"},
        {{"-a", "x"}, "invalid value for -a 'x': invalid literal for int() with base 10: 'x'"},
    };
    for (const auto& c : cases) {
        CAPTURE(c.message);
        const auto arguments = parsed(c.args);
        REQUIRE(!arguments.has_value());
        CHECK(arguments.error() == c.message);
    }
}

TEST_CASE("words end the options") {
    const config::Flag flags[] = {{'s', "serverurl", true}, {'i', "interactive", false}};
    const Arguments args = {"-i", "tail", "-f", "web"};
    const auto words = config::parse_words(args, flags);
    REQUIRE(words.has_value());
    CHECK(words->given.size() == 1);
    CHECK(words->rest == Arguments{"tail", "-f", "web"});
}

TEST_CASE("the help names every flag") {
    const std::string help = config::supervisord_help("/usr/bin/supervisord");
    CHECK(help.starts_with("supervisord -- run a set of applications as daemons.\n\nUsage: /usr/bin/supervisord "));
    CHECK(help.find("-l/--logfile FILENAME -- use FILENAME as") != std::string::npos);  // scripts and tests look for it
    CHECK(help.ends_with("\n\n"));
    for (const char* flag : {"-c/--configuration", "-n/--nodaemon", "-s/--silent", "-u/--user", "-m/--umask",
                             "-d/--directory", "-l/--logfile", "-e/--loglevel", "-j/--pidfile", "-i/--identifier",
                             "-q/--childlogdir", "-k/--nocleanup", "-a/--minfds", "-t/--strip_ansi", "--minprocs"})
        CHECK(help.find(flag) != std::string::npos);
    CHECK(config::usage_error("x", "y") == "Error: y\nFor help, use x -h\n");
}
