// The client that most tools use is the one of Python's own library: it has to understand us.
#include <spawn.h>
#include <sys/wait.h>

#include "tests/unit/web/serving.hpp"

using serving::Server;

namespace {

constexpr const char* script = R"(
import http.client, socket, sys, xmlrpc.client

class Connection(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(sys.argv[1])

class Transport(xmlrpc.client.Transport):
    def make_connection(self, host):
        if not self._connection or host != self._connection[0]:
            self._connection = host, Connection(host)
        return self._connection[1]

def fault(call, *args):
    try:
        call(*args)
    except xmlrpc.client.Fault as f:
        return f.faultCode, f.faultString
    raise AssertionError('no fault')

s = xmlrpc.client.ServerProxy('http://localhost', transport=Transport())
assert s.supervisor.getPID() == 4242
assert s.supervisor.getState() == {'statecode': 1, 'statename': 'RUNNING'}
assert fault(s.supervisor.getProcessInfo, 'Malmö & <x>') == (10, 'BAD_NAME: Malmö & <x>')
assert fault(s.supervisor.getState, 1) == (2, 'INCORRECT_PARAMETERS')
info = s.supervisor.getProcessInfo('p')
assert list(info)[:5] == ['name', 'group', 'start', 'stop', 'now'], list(info)
assert info['spawnerr'] == '\ufffd[1mred\ufffd', info
assert s.supervisor.startProcess('p', False) is True
assert s.supervisor.sendProcessStdin('p', 'Malmö \u2603\n') is True
assert s.supervisor.getAllConfigInfo()[0]['stdout_logfile_maxbytes'] == 10 ** 10
assert s.system.multicall([{'methodName': 'supervisor.getPID', 'params': []},
                           {'methodName': 'supervisor.nope'}]) == [
    4242, {'faultCode': 1, 'faultString': 'UNKNOWN_METHOD'}]
for name in s.system.listMethods():
    assert len(s.system.methodHelp(name)) > 20
    assert s.system.methodSignature(name)
)";

}  // namespace

TEST_CASE("the XML-RPC client of Python's library understands the answers") {
    if (!std::filesystem::exists("/usr/bin/python3")) return;
    Server server;
    auto& process = server.supervisor.add("p", api::State::stopped);
    process.its_spawnerr = "\x1b[1mred\xff";
    config::Group group;
    group.name = "p";
    group.processes.resize(1);
    group.processes[0].name = "p";
    group.processes[0].out.logfile_maxbytes = 10'000'000'000;
    server.supervisor.its_config.groups.push_back(group);
    process.its_pid = 7;

    std::string arguments[] = {"python3", "-c", script, server.socket};
    char* argv[] = {arguments[0].data(), arguments[1].data(), arguments[2].data(), arguments[3].data(), nullptr};
    pid_t child = 0;
    REQUIRE(::posix_spawn(&child, "/usr/bin/python3", nullptr, nullptr, argv, environ) == 0);
    int status = -1;
    const bool ended = server.until([&] {
        server.supervisor.run();
        return ::waitpid(child, &status, WNOHANG) == child;
    });
    if (!ended && child > 1) ::kill(child, SIGKILL);
    CHECK(ended);
    CHECK(status == 0);
    CHECK(process.received == "Malmö ☃\n");
}
