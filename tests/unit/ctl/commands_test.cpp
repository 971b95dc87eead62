// The commands that do something to processes and configuration, against canned answers (compat/cli.md, section 2).
#include <doctest/doctest.h>

#include "common/base/text.hpp"
#include "supervisorctl/commands.hpp"
#include "tests/unit/ctl/fake_server.hpp"

using base::concat;
using test::FakeServer;
using test::process;
using test::run;
using Calls = std::vector<std::string>;

namespace {

std::string outcome(const char* group, const char* name, int status, const char* description) {
    return concat("{\"group\":\"", group, "\",\"name\":\"", name, "\",\"status\":", status, ",\"description\":\"",
                  description, "\"}");
}

std::string help_of(std::string_view name) { return std::string(supervisorctl::find_command(name)->help); }

/// a and g:x run, b does not.
struct ThreePrograms : FakeServer {
    ThreePrograms() {
        const std::string a = process("a", "a", 20, "RUNNING", "pid 7, uptime 0:00:04", 7);
        const std::string b = process("b", "b", 0, "STOPPED", "Not started", 0);
        const std::string x = process("g", "x", 10, "STARTING", "", 8);
        returns("getAllProcessInfo", concat('[', a, ',', b, ',', x, ']'));
        refuses("getProcessInfo", 10, "BAD_NAME: nosuch");
        returns("getProcessInfo", a, "\"a\"");
        returns("getProcessInfo", b, "\"b\"");
    }
};

const std::string a_line = "a                                RUNNING   pid 7, uptime 0:00:04\n";
const std::string b_line = "b                                STOPPED   Not started\n";
const std::string x_line = "g:x                              STARTING  \n";

void check(const test::Result& result, int status, const std::string& out) {
    CHECK(result.out == out);
    CHECK(result.status == status);
    CHECK(result.err == "");
}

}  // namespace

TEST_CASE("status shows all, or the named ones in their order, with errors first") {
    const ThreePrograms server;
    check(run(server, "status"), 3, a_line + b_line + x_line);
    check(run(server, "status a all"), 3, a_line + b_line + x_line);
    check(run(server, "status g:* a"), 0, x_line + a_line);
    check(run(server, "status g:"), 0, x_line);
    check(run(server, "status a:a"), 0, a_line);
    check(run(server, "status a nosuch g:y nosuch:*"), 4,
          "nosuch: ERROR (no such process)\ng:y: ERROR (no such process)\nnosuch: ERROR (no such group)\n" + a_line);
    check(run(server, "status b nosuch"), 3, "nosuch: ERROR (no such process)\n" + b_line);
    check(run(server, "status g"), 4, "g: ERROR (no such process)\n");
}

TEST_CASE("status without processes is silent") {
    FakeServer server;
    server.returns("getAllProcessInfo", "[]");
    check(run(server, "status"), 0, "");
}

TEST_CASE("pid") {
    ThreePrograms server;
    server.returns("getPID", "4711");
    check(run(server, "pid"), 0, "4711\n");
    check(run(server, "pid a"), 0, "7\n");
    check(run(server, "pid b"), 7, "0\n");
    check(run(server, "pid nosuch a"), 1, "No such process nosuch\n7\n");
    check(run(server, "pid all"), 0, "7\n0\n8\n");
}

TEST_CASE("start: the words and the status for every result") {
    FakeServer server;
    server.returns("startProcess", "true");
    server.refuses("startProcess", 60, "ALREADY_STARTED: up", "\"up\"");
    server.refuses("startProcess", 10, "BAD_NAME: nosuch", "\"nosuch\"");
    server.refuses("startProcess", 20, "NO_FILE: f", "\"nofile\"");
    server.refuses("startProcess", 21, "NOT_EXECUTABLE: f", "\"noexec\"");
    server.refuses("startProcess", 50, "SPAWN_ERROR: dies", "\"dies\"");
    server.refuses("startProcess", 40, "ABNORMAL_TERMINATION: ends", "\"ends\"");
    server.refuses("startProcess", 30, "FAILED: odd", "\"odd\"");
    check(run(server, "start b"), 0, "b: started\n");
    check(run(server, "start b:b g:x"), 0, "b: started\ng:x: started\n");
    check(run(server, "start up"), 0, "up: ERROR (already started)\n");
    check(run(server, "start nosuch"), 1, "nosuch: ERROR (no such process)\n");
    check(run(server, "start nofile"), 1, "nofile: ERROR (no such file)\n");
    check(run(server, "start noexec"), 1, "noexec: ERROR (file is not executable)\n");
    check(run(server, "start dies b"), 7, "dies: ERROR (spawn error)\nb: started\n");
    check(run(server, "start ends"), 7, "ends: ERROR (abnormal termination)\n");
    check(run(server, "start odd b"), 1, "error: Unknown result code 30 for odd\n");
    check(run(server, "start"), 2, "Error: start requires a process name\n" + help_of("start"));
}

TEST_CASE("start of a group and of all prints what became of each") {
    FakeServer server;
    server.returns("startProcessGroup",
                   concat('[', outcome("g", "x", 50, "SPAWN_ERROR: x"), ',', outcome("g", "y", 80, "OK"), ']'));
    server.refuses("startProcessGroup", 10, "BAD_NAME: nosuch", "\"nosuch\"");
    server.returns("startAllProcesses", concat('[', outcome("a", "a", 80, "OK"), ']'));
    check(run(server, "start g:*"), 7, "g:x: ERROR (spawn error)\ng:y: started\n");
    check(run(server, "start nosuch:*"), 2, "nosuch: ERROR (no such group)\n");
    check(run(server, "start x all"), 0, "a: started\n");
    CHECK(server.calls() ==
          Calls{"startProcessGroup [\"g\",true]", "startProcessGroup [\"nosuch\",true]", "startAllProcesses [true]"});
}

TEST_CASE("stop: the words and the status for every result") {
    FakeServer server;
    server.returns("stopProcess", "true");
    server.refuses("stopProcess", 70, "NOT_RUNNING: down", "\"down\"");
    server.refuses("stopProcess", 10, "BAD_NAME: nosuch", "\"nosuch\"");
    server.refuses("stopProcess", 30, "FAILED: unknown problem", "\"odd\"");
    server.refuses("stopProcessGroup", 10, "BAD_NAME: nosuch");
    server.returns("stopAllProcesses", "[]");
    check(run(server, "stop a"), 0, "a: stopped\n");
    check(run(server, "stop down"), 0, "down: ERROR (not running)\n");
    check(run(server, "stop nosuch a"), 1, "nosuch: ERROR (no such process)\na: stopped\n");
    check(run(server, "stop odd"), 1, "FAILED: unknown problem\n");
    check(run(server, "stop nosuch:*"), 1, "nosuch: ERROR (no such group)\n");
    check(run(server, "stop all"), 0, "");
    check(run(server, "stop"), 1, "Error: stop requires a process name\n" + help_of("stop"));
}

TEST_CASE("restart is a stop and a start, and a process that was not running is no failure") {
    FakeServer server;
    server.refuses("stopProcess", 70, "NOT_RUNNING: b");
    server.returns("startProcess", "true");
    check(run(server, "restart b"), 0, "b: ERROR (not running)\nb: started\n");
    CHECK(server.calls() == Calls{"stopProcess [\"b\",true]", "startProcess [\"b\",true]"});
    check(run(server, "restart"), 1, "Error: restart requires a process name\n" + help_of("restart"));
}

TEST_CASE("commands of plugins: one process after the other, or without waiting") {
    ThreePrograms server;
    server.returns("stopProcess", "true");
    server.returns("startProcess", "true");
    const auto without_looking = [&] {
        Calls calls = server.calls();
        std::erase_if(calls, [](const std::string& call) { return call.starts_with("get"); });
        return calls;
    };
    check(run(server, "serialrestart g:* a"), 0, "g:x: stopped\ng:x: started\na: stopped\na: started\n");
    check(run(server, "quickrestart all"), 0, "a: stopped\nb: stopped\ng:x: stopped\na: started\nb: started\ng:x: started\n");
    check(run(server, "quickstart g:"), 0, "g:x: started\n");
    check(run(server, "quickstop a"), 0, "a: stopped\n");
    CHECK(without_looking() ==
          Calls{"stopProcess [\"g:x\",true]", "startProcess [\"g:x\",true]", "stopProcess [\"a\",true]",
                "startProcess [\"a\",true]", "stopProcess [\"a\",true]", "stopProcess [\"b\",true]",
                "stopProcess [\"g:x\",true]", "startProcess [\"a\",false]", "startProcess [\"b\",false]",
                "startProcess [\"g:x\",false]", "startProcess [\"g:x\",false]", "stopProcess [\"a\",false]"});
    server.refuses("startProcessGroup", 10, "BAD_NAME: nosuch");
    check(run(server, "quickstart nosuch:*"), 2, "nosuch: ERROR (no such group)\n");
    for (const char* command : {"serialrestart", "quickstart", "quickstop", "quickrestart"})
        check(run(server, command), 1, concat("Error: ", command, " requires a process name\n", help_of(command)));
}

TEST_CASE("signal") {
    FakeServer server;
    server.returns("signalProcess", "true");
    server.refuses("signalProcess", 70, "NOT_RUNNING: down", "\"down\"");
    server.refuses("signalProcess", 11, "BAD_SIGNAL: X", "\"odd\"");
    server.refuses("signalProcess", 10, "BAD_NAME: nosuch", "\"nosuch\"");
    server.returns("signalAllProcesses", concat('[', outcome("a", "a", 11, "BAD_SIGNAL: X"), ']'));
    server.refuses("signalProcessGroup", 10, "BAD_NAME: nosuch");
    check(run(server, "signal HUP a"), 0, "a: signalled\n");
    check(run(server, "signal HUP down"), 7, "down: ERROR (not running)\n");
    check(run(server, "signal X odd"), 1, "odd: ERROR (bad signal name)\n");
    check(run(server, "signal HUP nosuch"), 1, "nosuch: ERROR (no such process)\n");
    check(run(server, "signal X all"), 1, "a: ERROR (bad signal name)\n");
    check(run(server, "signal X nosuch:*"), 1, "nosuch: ERROR (no such group)\n");
    for (const char* line : {"signal", "signal HUP"})
        check(run(server, line), 1, "Error: signal requires a signal name and a process name\n" + help_of("signal"));
    CHECK(server.calls().front() == "signalProcess [\"a\",\"HUP\"]");
}

TEST_CASE("clear") {
    ThreePrograms server;
    server.returns("clearProcessLogs", "true");
    server.refuses("clearProcessLogs", 10, "BAD_NAME: nosuch", "\"nosuch\"");
    server.refuses("clearProcessLogs", 30, "FAILED: odd", "\"odd\"");
    server.returns("clearAllProcessLogs", concat('[', outcome("a", "a", 80, "OK"), ']'));
    check(run(server, "clear a"), 0, "a: cleared\n");
    check(run(server, "clear nosuch odd"), 1, "nosuch: ERROR (no such process)\nodd: ERROR (failed)\n");
    check(run(server, "clear all"), 0, "a: cleared\n");
    check(run(server, "clear g:*"), 0, "g:x: cleared\n");
    check(run(server, "clear nosuch:*"), 1, "nosuch: ERROR (no such group)\n");
    check(run(server, "clear"), 1, "Error: clear requires a process name\n" + help_of("clear"));
}

TEST_CASE("avail prints a line for each configured process") {
    FakeServer server;
    server.returns("getAllConfigInfo",
                   R"([{"group":"b","name":"b","inuse":true,"autostart":false,"group_prio":999,"process_prio":1}])");
    check(run(server, "avail"), 0, "b                                in use    manual    999:1\n");
    server.refuses("getAllConfigInfo", 6, "SHUTDOWN_STATE");
    check(run(server, "avail"), 1, "ERROR: supervisor shutting down\n");
}

TEST_CASE("reread tells what is different") {
    FakeServer server;
    server.returns("reloadConfig", "[[[],[],[]]]");
    check(run(server, "reread"), 0, "No config updates to processes\n");
    server.returns("reloadConfig", R"([[["z"],["b"],["a"]]])");
    check(run(server, "reread"), 0, "a: disappeared\nb: changed\nz: available\n");
    server.refuses("reloadConfig", 92, "CANT_REREAD: why\n\tand where");
    check(run(server, "reread"), 1, "ERROR: CANT_REREAD: why\n\tand where\n");
    server.refuses("reloadConfig", 6, "SHUTDOWN_STATE");
    check(run(server, "reread"), 1, "ERROR: supervisor shutting down\n");
}

TEST_CASE("update removes, replaces and adds groups") {
    ThreePrograms server;
    server.returns("reloadConfig", R"([[["new"],["a"],["b"]]])");
    server.returns("stopProcessGroup", "[]");
    server.returns("removeProcessGroup", "true");
    server.returns("addProcessGroup", "true");
    check(run(server, "update"), 0,
          "b: stopped\nb: removed process group\na: stopped\na: updated process group\nnew: added process group\n");
    CHECK(server.calls() == Calls{"reloadConfig []", "stopProcessGroup [\"b\",true]", "removeProcessGroup [\"b\"]",
                                  "stopProcessGroup [\"a\",true]", "removeProcessGroup [\"a\"]",
                                  "addProcessGroup [\"a\"]", "addProcessGroup [\"new\"]"});
    check(run(server, "update nosuch new"), 1, "ERROR: no such group: nosuch\nnew: added process group\n");
    check(run(server, "update g"), 0, "");
}

TEST_CASE("update --dry-run says what update would do, and does nothing") {
    FakeServer server;
    const std::string added = R"({"group":"n","change":"added","options":[],"processes":[{"name":"n","effect":"start"}]})";
    const std::string removed = R"({"group":"o","change":"removed","options":[],"processes":[]})";
    server.returns("previewUpdate", concat('[', removed, ',', added, ']'));
    server.returns("getAllProcessInfo", "[]");
    check(run(server, "update --dry-run"), 0, "o: would be removed\nn: would be added\n  would start: n\n");
    check(run(server, "update n --dry-run"), 0, "n: would be added\n  would start: n\n");
    check(run(server, "update --dry-run --json"), 0, concat("[\n", removed, ",\n", added, "\n]\n"));
    check(run(server, "update --dry-run x"), 1, "ERROR: no such group: x\nNo config updates to processes\n");
    CHECK(server.calls() == Calls{"previewUpdate []", "previewUpdate []", "getAllProcessInfo []", "previewUpdate []",
                                  "previewUpdate []", "getAllProcessInfo []"});
    server.refuses("previewUpdate", 92, "CANT_REREAD: why");
    check(run(server, "update --dry-run"), 1, "ERROR: CANT_REREAD: why\n");
    server.refuses("previewUpdate", -32601, "Method not found");
    check(run(server, "update --dry-run"), 1, "ERROR: this supervisord cannot say what an update would do\n");
}

TEST_CASE("update as JSON tells the groups") {
    FakeServer server;
    server.returns("reloadConfig", R"([[["n"],["c"],["o"]]])");
    server.returns("stopProcessGroup", "[]");
    server.returns("removeProcessGroup", "true");
    server.returns("addProcessGroup", "true");
    check(run(server, "update --json"), 0,
          "[\n{\"group\":\"o\",\"change\":\"removed\"},\n{\"group\":\"c\",\"change\":\"updated\"},\n"
          "{\"group\":\"n\",\"change\":\"added\"}\n]\n");
}

TEST_CASE("update leaves a group alone that it cannot stop") {
    ThreePrograms server;
    server.returns("reloadConfig", R"([[[],[],["a","b"]]])");
    server.returns("stopProcessGroup", concat('[', outcome("a", "a", 30, "FAILED: no"), ']'), "\"a\"");
    server.returns("stopProcessGroup", "[]", "\"b\"");
    server.returns("removeProcessGroup", "true");
    check(run(server, "update"), 1, "a: has problems; not removing\nb: stopped\nb: removed process group\n");
}

TEST_CASE("update says why it cannot") {
    FakeServer server;
    server.refuses("reloadConfig", 92, "CANT_REREAD: why");
    check(run(server, "update"), 1, "ERROR: CANT_REREAD: why\n");
    server.refuses("reloadConfig", 6, "SHUTDOWN_STATE");
    check(run(server, "update"), 1, "ERROR: already shutting down\n");
}

TEST_CASE("add and remove") {
    FakeServer server;
    server.returns("addProcessGroup", "true");
    server.refuses("addProcessGroup", 90, "ALREADY_ADDED: a", "\"a\"");
    server.refuses("addProcessGroup", 10, "BAD_NAME: nosuch", "\"nosuch\"");
    server.refuses("addProcessGroup", 6, "SHUTDOWN_STATE", "\"late\"");
    check(run(server, "add new"), 0, "new: added process group\n");
    check(run(server, "add a"), 0, "ERROR: process group already active\n");
    check(run(server, "add nosuch new"), 1, "ERROR: no such process/group: nosuch\nnew: added process group\n");
    check(run(server, "add late"), 1, "ERROR: shutting down\n");
    check(run(server, "add"), 0, "");
    server.returns("removeProcessGroup", "true");
    server.refuses("removeProcessGroup", 91, "STILL_RUNNING: a", "\"a\"");
    server.refuses("removeProcessGroup", 10, "BAD_NAME: nosuch", "\"nosuch\"");
    check(run(server, "remove old"), 0, "old: removed process group\n");
    check(run(server, "remove a nosuch"), 1,
          "ERROR: process/group still running: a\nERROR: no such process/group: nosuch\n");
    check(run(server, "remove"), 0, "");
}

TEST_CASE("version, reload and shutdown") {
    FakeServer server;
    server.returns("getSupervisorVersion", "\"4.3.0\"");
    server.returns("restart", "true");
    server.returns("shutdown", "true");
    check(run(server, "version"), 0, "4.3.0\n");
    check(run(server, "reload"), 0, "Restarted supervisord\n");
    check(run(server, "shutdown"), 0, "Shut down\n");
    server.refuses("restart", 6, "SHUTDOWN_STATE");
    server.refuses("shutdown", 6, "SHUTDOWN_STATE");
    check(run(server, "reload"), 1, "ERROR: already shutting down\n");
    check(run(server, "shutdown"), 0, "ERROR: already shutting down\n");
    server.refuses("restart", 92, "CANT_REREAD: why");
    check(run(server, "reload"), 1, "ERROR: CANT_REREAD: why\n");
}

TEST_CASE("upgrade says what came of it") {
    FakeServer server;
    server.returns("upgrade", "true");
    server.returns("getUpgradeInfo", R"({"statename":"DONE","description":"so it is"})");
    check(run(server, "upgrade"), 0, "Upgraded supervisord\n");
    CHECK(server.calls() == Calls{"upgrade []", "getUpgradeInfo []"});
    server.returns("getUpgradeInfo", R"({"statename":"TAKEN_BACK","description":"it did not work"})");
    check(run(server, "upgrade"), 1, "ERROR: TAKEN_BACK: it did not work\n");
    server.refuses("upgrade", 30, "FAILED: it is no program");
    check(run(server, "upgrade"), 1, "ERROR: FAILED: it is no program\n");
    server.refuses("upgrade", 6, "SHUTDOWN_STATE");
    check(run(server, "upgrade"), 1, "ERROR: already shutting down\n");
}

TEST_CASE("several calls share one connection, unless the server hangs up") {
    ThreePrograms server;
    check(run(server, "pid a"), 0, "7\n");
    CHECK(server.connections() == 1);
    ThreePrograms impatient;
    impatient.hangs_up();
    check(run(impatient, "pid a"), 0, "7\n");
    CHECK(impatient.connections() == 2);
}
