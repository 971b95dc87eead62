// The shell with a pipe for its input (compat/cli.md, section 1.3).
#include <doctest/doctest.h>

#include "common/base/text.hpp"
#include "tests/unit/ctl/fake_server.hpp"

using test::shell;

namespace {

struct OneStopped : test::FakeServer {
    OneStopped() {
        returns("getAllProcessInfo", base::concat('[', test::process("b", "b", 0, "STOPPED", "Not started", 0), ']'));
        returns("getSupervisorVersion", "\"4.3.0\"");
        returns("shutdown", "true");
        returns("restart", "true");
    }
};

const std::string status = "b                                STOPPED   Not started\n";
const std::string prompt = "supervisor> ";

}  // namespace

TEST_CASE("the shell begins with a status, prompts for each line and ends with an empty one") {
    const OneStopped server;
    const auto result = shell(server, "version\n\nstatus\nnosuch x\n");
    CHECK(result.out == status + prompt + "4.3.0\n" + prompt + prompt + status + prompt +
                            "*** Unknown syntax: nosuch x\n" + prompt + "\n");
    CHECK(result.status == 0);
}

TEST_CASE("exit, quit and EOF leave the shell") {
    const OneStopped server;
    for (const std::string word : {"exit", "quit", "EOF"})
        CHECK(shell(server, word + "\nversion\n").out == status + prompt + "\n");
}

TEST_CASE("a last line without a newline counts") {
    const OneStopped server;
    CHECK(shell(server, "version").out == status + prompt + "4.3.0\n" + prompt + "\n");
}

TEST_CASE("shutdown and reload are done only when the answer begins with y") {
    const OneStopped server;
    const std::string shutdown = "Really shut the remote supervisord process down y/N? ";
    const std::string reload = "Really restart the remote supervisord process y/N? ";
    CHECK(shell(server, "shutdown\nn\nshutdown\n\nreload\nno\n").out ==
          status + prompt + shutdown + prompt + shutdown + prompt + reload + prompt + "\n");
    CHECK(server.calls() == std::vector<std::string>{"getAllProcessInfo []"});
    CHECK(shell(server, "shutdown\ny\nreload\nYes\n").out ==
          status + prompt + shutdown + "Shut down\n" + prompt + reload + "Restarted supervisord\n" + prompt + "\n");
    CHECK(shell(server, "reload\n").out ==
          status + prompt + reload + "error: EOF when reading a line\n" + prompt + "\n");
}

TEST_CASE("open changes the server for the rest of the session") {
    const OneStopped server;
    CHECK(shell(server, "open unix:///nosuch\nversion\n").out ==
          status + prompt + "unix:///nosuch no such file\n" + prompt + "unix:///nosuch no such file\n" + prompt + "\n");
}
