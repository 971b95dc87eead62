#include "supervisord/process/command.hpp"

#include <doctest/doctest.h>

#include <map>

using process::Executable;
using process::FileFacts;
using process::Unusable;
using Why = Unusable::Why;
using Words = std::vector<std::string>;

namespace {

constexpr FileFacts program_file{.exists = true, .mode = 0755, .executable = true};
constexpr FileFacts plain_file{.exists = true, .mode = 0644};
constexpr FileFacts private_file{.exists = true, .mode = 0700};
constexpr FileFacts directory{.exists = true, .is_directory = true, .mode = 0755, .executable = true};

using Files = std::map<std::string, FileFacts>;

std::variant<Executable, Unusable> find(const config::Program& program, const Files& files,
                                        std::string_view path = "/usr/bin:/bin") {
    return process::find_command(program, path, [&](const std::string& file) {
        const auto found = files.find(file);
        return found == files.end() ? FileFacts{} : found->second;
    });
}

config::Program with(std::string command) {
    config::Program program;
    program.command = std::move(command);
    return program;
}

}  // namespace

TEST_CASE("a command that cannot be executed is refused in Supervisor's words") {
    const Files files = {{"/d", directory}, {"/plain", plain_file}, {"/private", private_file}};
    struct {
        std::string command;
        Why why;
        std::string_view text;
    } const cases[] = {
        {"a 'b", Why::malformed, "can't parse command \"a 'b\": No closing quotation"},
        {"a\\", Why::malformed, "can't parse command 'a\\\\': No escaped character"},
        {" ", Why::empty, "command is empty"},
        {"/none x", Why::not_found, "can't find command '/none'"},
        {"none x", Why::not_found, "can't find command 'none'"},
        {"/d", Why::is_directory, "command at '/d' is a directory"},
        {"/plain", Why::not_executable, "command at '/plain' is not executable"},
        {"/private", Why::no_permission, "no permission to run command '/private'"},
        {"\"it's\"", Why::not_found, "can't find command \"it's\""},
        {"''", Why::not_found, "can't find command ''"},
    };
    for (const auto& row : cases) {
        const auto result = find(with(row.command), files);
        REQUIRE(std::holds_alternative<Unusable>(result));
        CHECK(std::get<Unusable>(result).why == row.why);
        CHECK(std::get<Unusable>(result).text == row.text);
    }
}

TEST_CASE("a program without a slash is searched in PATH, the words stay as they were written") {
    const auto result = find(with("cat -n 'a b'"), {{"/bin/cat", program_file}});
    REQUIRE(std::holds_alternative<Executable>(result));
    CHECK(std::get<Executable>(result).file == "/bin/cat");
    CHECK(std::get<Executable>(result).arguments == Words{"cat", "-n", "a b"});
}

TEST_CASE("the PATH of the program's own environment counts, then supervisord's, then a built-in one") {
    const Files files = {{"/own/x", program_file}, {"/theirs/x", program_file}, {"/usr/local/bin/x", program_file}};
    config::Program program = with("x");
    CHECK(std::get<Executable>(find(program, files, "/theirs/")).file == "/theirs/x");
    CHECK(std::get<Executable>(find(program, files, "")).file == "/usr/local/bin/x");
    program.environment["PATH"] = "/nowhere:/own";
    CHECK(std::get<Executable>(find(program, files, "/theirs")).file == "/own/x");
    program.environment["PATH"] = "/nowhere";
    CHECK(std::holds_alternative<Unusable>(find(program, files, "/theirs")));
}

TEST_CASE("what cannot be executed does not end the search in PATH, but is what is reported (Q42)") {
    Files files = {{"/a/x", directory}, {"/b/x", plain_file}, {"/c/x", program_file}};
    CHECK(std::get<Executable>(find(with("x"), files, "/a:/b:/c")).file == "/c/x");
    files.erase("/c/x");
    CHECK(std::get<Unusable>(find(with("x"), files, "/a:/b:/c")).text == "command at '/a/x' is a directory");
    CHECK(std::get<Unusable>(find(with("x"), files, "/none:/b:/a")).text == "command at '/b/x' is not executable");
}

TEST_CASE("a relative program is meant from the program's directory, where it is executed (Q42)") {
    const Files files = {{"/srv/app/./run", program_file}, {"./here", program_file}, {"/srv/app/bin/tool", program_file}};
    config::Program program = with("./run");
    CHECK(std::get<Unusable>(find(program, files)).text == "can't find command './run'");
    program.directory = "/srv/app";
    CHECK(std::get<Executable>(find(program, files)).file == "./run");
    CHECK(std::get<Executable>(find(with("./here"), files)).file == "./here");
    program.command = "tool";
    CHECK(std::get<Executable>(find(program, files, "/usr/bin:bin")).file == "bin/tool");
}
