#include <doctest/doctest.h>

#include <fstream>

#include "supervisorctl/arguments.hpp"
#include "tests/unit/ctl/fake_server.hpp"

using namespace supervisorctl;

namespace {

using Words = std::vector<std::string>;

auto read(const Words& words) {
    return read_arguments(words, "/nosuch/bin/supervisorctl", config::Surroundings::of_this_process());
}

std::string error(const Words& words) {
    const auto result = read(words);
    const auto* wrong = std::get_if<UsageError>(&result);
    return wrong ? wrong->message : "";
}

Invocation invocation(const Words& words) {
    const auto result = read(words);
    REQUIRE(std::holds_alternative<Invocation>(result));
    return std::get<Invocation>(result);
}

struct File {
    explicit File(const char* text) { std::ofstream(path) << text; }
    test::Directory directory;
    const std::string path = directory.path("supervisord.conf");
};

}  // namespace

TEST_CASE("the words after the options are one line, however they were quoted") {
    const File file("[supervisorctl]\n");
    CHECK(invocation({"-c", file.path, "signal HUP", "x"}).command_line == "signal HUP x");
    CHECK(invocation({"-c", file.path, "tail", "-f", "x"}).command_line == "tail -f x");
    CHECK(invocation({"-c", file.path, ""}).has_command);
    CHECK_FALSE(invocation({"-c", file.path}).has_command);
}

TEST_CASE("the section gives the settings, and the command line wins over it") {
    const File file(
        "[supervisorctl]\nserverurl=unix:///a/../s.sock\nusername=u\npassword=p w\nprompt=mine\n"
        "history_file=/h\n");
    const Settings from_file = invocation({"-c", file.path, "status"}).settings;
    CHECK(from_file.serverurl == "unix:///s.sock");
    CHECK(from_file.username == "u");
    CHECK(from_file.password == "p w");
    CHECK(from_file.prompt == "mine");
    CHECK(from_file.history_file == "/h");
    CHECK_FALSE(from_file.interactive);
    const Settings given = invocation({"-c", file.path, "-s", "http://h:1", "-u", "v", "-p", "q", "-r", "/g", "-i", "status"}).settings;
    CHECK(given.serverurl == "http://h:1");
    CHECK(invocation({"-c", file.path, "-s", "unix:////a/../b"}).settings.serverurl == "unix:////a/../b");
    CHECK(given.username == "v");
    CHECK(given.password == "q");
    CHECK(given.history_file == "/g");
    CHECK(given.interactive);
    // As the original names it, and as its help does; short it is the former.
    for (const char* name : {"--history_file=/g", "--history-file=/g", "--history=/g"})
        CHECK(invocation({"-c", file.path, name, "status"}).settings.history_file == "/g");
    CHECK(invocation({"-c", file.path}).settings.interactive);
}

TEST_CASE("wrong options and files are usage errors") {
    CHECK(error({"-v"}) == "option -v not recognized");
    CHECK(error({"--nope", "status"}) == "option --nope not recognized");
    CHECK(error({"-s"}) == "option -s requires argument");
    CHECK(error({"-s", "foo"}) == "invalid value for -s 'foo': value 'foo' is not a URL");
    CHECK(error({"-s", "http://[::1"}) == "invalid value for -s 'http://[::1': Invalid IPv6 URL");
    CHECK(error({"--serverurl=unix://x]/y"}) == "invalid value for --serverurl 'unix://x]/y': Invalid IPv6 URL");
    CHECK(error({"-i", "-i"}) == "conflicting command line option '-i'");
    CHECK(error({"-c", "/nonexist", "status"}) == "could not find config file /nonexist");
    const File without("[supervisord]\n");
    CHECK(error({"-c", without.path}) == ".ini file does not include supervisorctl section");
    const File bad("[supervisorctl]\nfoo\n");
    CHECK(error({"-c", bad.path}) == "Source contains parsing errors: '" + bad.path + "'\n\t[line  2]: 'foo\\n'");
}

TEST_CASE("help is help, whatever else is given") {
    for (const Words& words : {Words{"-h"}, Words{"--help"}, Words{"-?"}, Words{"-c", "/nonexist", "--hel"}})
        CHECK(std::holds_alternative<HelpWanted>(read(words)));
    for (const char* text : {"supervisorctl -- control applications", "-i/--interactive -- start an interactive"})
        CHECK(help_text("x").find(text) != std::string::npos);  // scripts and tests look for them
    CHECK(help_text("/bin/supervisorctl").find("Usage: /bin/supervisorctl [options]") != std::string::npos);
}
