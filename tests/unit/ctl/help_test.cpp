#include <doctest/doctest.h>

#include "supervisorctl/commands.hpp"
#include "tests/unit/ctl/fake_server.hpp"

using supervisorctl::find_command;
using supervisorctl::parse_command_line;
using test::run;

namespace {

test::Result help(const std::string& line) { return run(supervisorctl::Settings{.serverurl = "unix:///nosuch"}, line); }

}  // namespace

TEST_CASE("a line is a word of letters and the rest") {
    struct Case {
        const char *line, *name, *rest;
    };
    for (const Case& c : {Case{"status", "status", ""}, Case{"  start  a  b ", "start", "a  b"},
                          Case{"status;", "status", ";"}, Case{"tail -3 a", "tail", "-3 a"}, Case{"?", "help", ""},
                          Case{"? x", "help", "x"}, Case{"?start", "help", "start"}, Case{"!ls", "", "!ls"},
                          Case{"status-x", "status", "-x"}, Case{"\"status\" a", "", "\"status\" a"}, Case{"", "", ""}}) {
        CAPTURE(c.line);
        const auto parsed = parse_command_line(c.line);
        CHECK(parsed.name == c.name);
        CHECK(parsed.rest == c.rest);
    }
}

TEST_CASE("help lists the commands in columns, where it is no terminal to the letter of the original") {
    const std::string list =
        "\n"
        "default commands (type help <topic>):\n"
        "=====================================\n"
        "add    exit      open  reload  restart   start   tail   \n"
        "avail  fg        pid   remove  shutdown  status  update \n"
        "clear  maintail  quit  reread  signal    stop    version\n"
        "\n";
    for (const char* line : {"help", "?", " help "}) CHECK(help(line).out == list);
    CHECK(help("help").status == 0);
}

TEST_CASE("help of a command prints its lines, and says when there is none, with status 0") {
    CHECK(help("help start").out ==
          "start <name>\t\tStart a process\n"
          "start <gname>:*\t\tStart all processes in a group\n"
          "start <name> <name>\tStart multiple processes or groups\n"
          "start all\t\tStart all processes\n");
    CHECK(help("help maintail").out.ends_with("main log file\n\n"));
    for (const char* topic : {"EOF", "nosuch", "start stop", "?"}) {
        const auto result = help(std::string("help ") + topic);
        CHECK(result.out == std::string("*** No help on ") + topic + "\n");
        CHECK(result.status == 0);
    }
}

TEST_CASE("an unknown command is said in full and is status 1") {
    for (const char* line : {"frobnicate x", "!ls", "\"status\" a", "stat"}) {
        const auto result = help(line);
        CHECK(result.out == std::string("*** Unknown syntax: ") + line + "\n");
        CHECK(result.status == 1);
    }
    CHECK(help("").out == "");
    CHECK(help("").status == 0);
}

TEST_CASE("exit, quit and EOF print an empty line, whatever follows them") {
    for (const char* line : {"exit", "quit", "EOF", "exit now", "quit;"}) {
        CAPTURE(line);
        CHECK(help(line).out == "\n");
        CHECK(help(line).status == 0);
    }
}

TEST_CASE("every command but EOF explains itself, in lines that begin with its name or a tab") {
    for (const auto& command : supervisorctl::commands()) {
        CAPTURE(command.name);
        CHECK(find_command(command.name) == &command);
        if (command.name == "EOF") continue;
        CHECK(command.help.starts_with(command.name));
        CHECK(command.help.ends_with('\n'));
    }
}

TEST_CASE("commands without arguments refuse them before they look for a server") {
    for (const char* name : {"avail", "reread", "reload", "shutdown", "version"}) {
        const auto result = help(std::string(name) + " x");
        CHECK(result.out == std::string("Error: ") + name + " accepts no arguments\n" +
                                std::string(find_command(name)->help));
        CHECK(result.status == 1);
    }
}
