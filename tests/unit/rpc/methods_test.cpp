#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/unit/rpc/asking.hpp"

using asking::ask;
using asking::now;

namespace {

using Asked = std::vector<std::string>;

/// Two groups: g (priority 5) of b and a, and solo.
struct Three {
    fake::Supervisor supervisor;
    fake::Process& solo = supervisor.add("solo", api::State::stopped);
    fake::Group& g = supervisor.add("g", 5);
    fake::Process& b = supervisor.add(g, "b", api::State::stopped, 20);
    fake::Process& a = supervisor.add(g, "a", api::State::stopped, 10);
};

std::string result(const char* name, const char* group, int status, const char* description) {
    return std::string(R"({"name":")") + name + R"(","group":")" + group + R"(","status":)" + std::to_string(status) +
           R"(,"description":")" + description + "\"}";
}

struct Directory {
    std::filesystem::path path;
    Directory() {
        std::string name = std::filesystem::temp_directory_path() / "rpc_test_XXXXXX";
        path = ::mkdtemp(name.data());
    }
    ~Directory() { std::filesystem::remove_all(path); }
    [[nodiscard]] std::string write(const char* name, std::string_view text) const {
        std::ofstream(path / name) << text;
        return path / name;
    }
};

}  // namespace

TEST_CASE("a start is answered when it is over, with true or with the reason") {
    Three three;
    const auto started = ask(three.supervisor, "supervisor.startProcess", R"(["solo"])");
    three.supervisor.run();
    CHECK_FALSE(started->has_value());
    three.solo.settle(api::State::running);
    three.supervisor.run();
    CHECK(started->value() == "true");

    CHECK(now(three.supervisor, "supervisor.startProcess", R"(["solo"])") == "fault 60 ALREADY_STARTED: solo");
    CHECK(now(three.supervisor, "supervisor.startProcess", R"(["solo:solo"])") == "fault 60 ALREADY_STARTED: solo:solo");
    three.a.outcome = api::Refusal{api::Fault::no_file, "can't find command '/no/such'"};
    CHECK(now(three.supervisor, "supervisor.startProcess", R"(["g:a"])") == "fault 20 NO_FILE: can't find command '/no/such'");
    three.a.outcome = api::Refusal{api::Fault::spawn_error, "whatever"};
    CHECK(now(three.supervisor, "supervisor.startProcess", R"(["g:a"])") == "fault 50 SPAWN_ERROR: g:a");
}

TEST_CASE("names that mean nothing are answered as they were given") {
    Three three;
    for (const char* method : {"supervisor.startProcess", "supervisor.stopProcess", "supervisor.getProcessInfo",
                               "supervisor.clearProcessLogs"})
        for (const char* name : {"nope", "g", "g:nope", "nope:a", "nope:*", ""}) {
            CAPTURE(method);
            const std::string expected = std::string("fault 10 BAD_NAME: ") + name;  // also of an empty one
            CHECK(now(three.supervisor, method, std::string("[\"") + name + "\"]") == expected);
        }
    CHECK(now(three.supervisor, "supervisor.getProcessInfo", R"(["g:*"])") == "fault 10 BAD_NAME: g:*");
    CHECK(now(three.supervisor, "supervisor.signalProcess", R"(["nope", "HUP"])") == "fault 10 BAD_NAME: nope");
    CHECK(now(three.supervisor, "supervisor.startProcessGroup", R"(["nope"])") == "fault 10 BAD_NAME: nope");
    CHECK(now(three.supervisor, "supervisor.stopProcessGroup", R"(["nope"])") == "fault 10 BAD_NAME: nope");
    CHECK(now(three.supervisor, "supervisor.signalProcessGroup", R"(["nope", "HUP"])") == "fault 10 BAD_NAME: nope");
    CHECK(now(three.supervisor, "supervisor.tailProcessLog", R"(["nope", 0, 0])") == "fault 10 BAD_NAME: nope");
    CHECK(now(three.supervisor, "supervisor.readProcessLog", R"(["nope", 0, 0])") == "fault 10 BAD_NAME: nope");
    CHECK(now(three.supervisor, "supervisor.sendProcessStdin", R"(["nope", ""])") == "fault 10 BAD_NAME: nope");
}

TEST_CASE("many are started by ascending priority and answered when the last one is known") {
    Three three;
    three.a.outcome = api::Refusal{api::Fault::not_executable, "no permission to run command '/x'"};
    const auto started = ask(three.supervisor, "supervisor.startAllProcesses");
    CHECK(three.supervisor.asked == Asked{"start a", "start b", "start solo"});
    three.solo.settle(api::State::running);
    three.supervisor.run();
    CHECK_FALSE(started->has_value());
    three.b.settle(api::State::backoff, api::Refusal{api::Fault::spawn_error, {}});
    three.supervisor.run();
    CHECK(started->value() == "[" + result("a", "g", 21, "NOT_EXECUTABLE: no permission to run command '/x'") + "," +
                                  result("solo", "solo", 80, "OK") + "," +
                                  result("b", "g", 50, "SPAWN_ERROR: g:b") + "]");
}

TEST_CASE("what is known at once has its place among the results, what is waited for comes behind it") {
    fake::Supervisor supervisor;
    auto& group = supervisor.add("g", 5);
    fake::Process& a = supervisor.add(group, "a", api::State::stopped, 10, 0);
    fake::Process& b = supervisor.add(group, "b", api::State::stopped, 20);
    fake::Process& c = supervisor.add(group, "c", api::State::stopped, 30);
    c.outcome = api::Refusal{api::Fault::no_file, "can't find command '/x'"};
    const std::string none = result("c", "g", 20, "NO_FILE: can't find command '/x'");
    const auto started = ask(supervisor, "supervisor.startProcessGroup", R"(["g"])");
    supervisor.run();
    for (fake::Process* process : {&b, &a}) {
        process->settle(api::State::running);
        supervisor.run();
    }
    CHECK(started->value() == "[" + result("a", "g", 80, "OK") + "," + none + "," + result("b", "g", 80, "OK") + "]");
}

TEST_CASE("those that are up do not appear among the started, those that are not do not among the stopped") {
    Three three;
    three.b.its_state = api::State::backoff;
    CHECK(now(three.supervisor, "supervisor.startProcess", R"(["g:*", false])") == "[" + result("a", "g", 80, "OK") + "]");
    three.a.its_state = api::State::stopping;
    CHECK(now(three.supervisor, "supervisor.stopProcessGroup", R"(["g", false])") == "[" + result("b", "g", 80, "OK") + "]");
    CHECK(now(three.supervisor, "supervisor.stopAllProcesses") == "[]");
}

TEST_CASE("many are stopped by descending priority, all at once") {
    Three three;
    for (fake::Process* process : {&three.a, &three.b, &three.solo}) process->its_state = api::State::running;
    const auto stopped = ask(three.supervisor, "supervisor.stopAllProcesses", "[true]");
    CHECK(three.supervisor.asked == Asked{"stop solo", "stop b", "stop a"});
    for (fake::Process* process : {&three.a, &three.b, &three.solo}) process->settle(api::State::stopped);
    three.supervisor.run();
    CHECK(stopped->value() == "[" + result("a", "g", 80, "OK") + "," + result("b", "g", 80, "OK") + "," +
                                  result("solo", "solo", 80, "OK") + "]");
    CHECK(now(three.supervisor, "supervisor.stopProcess", R"(["solo"])") == "fault 70 NOT_RUNNING: solo");
}

TEST_CASE("of equal priority those are stopped first that stand first, as they always were") {
    fake::Supervisor supervisor;
    for (const char* name : {"one", "two"}) supervisor.add(name, api::State::running);
    auto& group = supervisor.add("g", 1000);
    for (const char* name : {"p0", "p1"}) supervisor.add(group, name, api::State::running);
    now(supervisor, "supervisor.stopProcess", R"(["g:*", false])");
    now(supervisor, "supervisor.stopAllProcesses", "[false]");
    CHECK(supervisor.asked == Asked{"stop at once p0", "stop at once p1", "stop at once one", "stop at once two"});
}

TEST_CASE("an event from outside may be of anything that can be text") {
    fake::Supervisor supervisor;
    CHECK(now(supervisor, "supervisor.sendRemoteCommEvent", "[7, true]") == "true");
    CHECK(now(supervisor, "supervisor.sendRemoteCommEvent", R"([1.5, "x"])") == "true");
    CHECK(supervisor.asked == Asked{"event 7 True", "event 1.5 x"});
}

TEST_CASE("a group that is removed while somebody waits is answered") {
    Three three;
    const auto started = ask(three.supervisor, "supervisor.startProcess", R"(["solo"])");
    three.solo.settle(api::State::stopped, api::Refusal{api::Fault::bad_name, "whatever"});
    three.supervisor.run();
    CHECK(started->value() == "fault 10 BAD_NAME: solo");
}

TEST_CASE("signals have names and numbers") {
    Three three;
    three.solo.its_state = api::State::running;
    for (const char* signal : {"\"HUP\"", "\"SIGHUP\"", "\"hup\"", "\"1\"", "1"}) {
        CAPTURE(signal);
        three.supervisor.asked.clear();
        CHECK(now(three.supervisor, "supervisor.signalProcess", std::string("[\"solo\",") + signal + "]") == "true");
        CHECK(three.supervisor.asked == Asked{"signal 1 solo"});
    }
    CHECK(now(three.supervisor, "supervisor.signalProcess", R"(["solo", "NOPE"])") == "fault 11 BAD_SIGNAL: NOPE");
    CHECK(now(three.supervisor, "supervisor.signalProcess", R"(["g:a", "NOPE"])") == "fault 11 BAD_SIGNAL: NOPE");
    CHECK(now(three.supervisor, "supervisor.signalProcess", R"(["g:a", "HUP"])") == "fault 70 NOT_RUNNING: g:a");
    three.solo.outcome = api::Refusal{api::Fault::failed, "unknown problem"};
    CHECK(now(three.supervisor, "supervisor.signalProcess", R"(["solo", "HUP"])") == "fault 30 FAILED: unknown problem");
}

TEST_CASE("a bad signal is a result of each process when there are many") {
    Three three;
    three.a.its_state = api::State::running;
    three.b.its_state = api::State::stopping;
    CHECK(now(three.supervisor, "supervisor.signalProcessGroup", R"(["g", "NOPE"])") ==
          "[" + result("a", "g", 11, "BAD_SIGNAL: NOPE") + "," + result("b", "g", 11, "BAD_SIGNAL: NOPE") + "]");
    CHECK(now(three.supervisor, "supervisor.signalProcess", R"(["g:*", "USR1"])") ==
          "[" + result("a", "g", 80, "OK") + "," + result("b", "g", 80, "OK") + "]");
    CHECK(now(three.supervisor, "supervisor.signalAllProcesses", R"([10])") ==
          "[" + result("a", "g", 80, "OK") + "," + result("b", "g", 80, "OK") + "]");
}

TEST_CASE("standard input takes text only, of processes that read it") {
    Three three;
    three.solo.its_state = api::State::running;
    three.solo.its_pid = 7;
    CHECK(now(three.supervisor, "supervisor.sendProcessStdin", R"(["solo", "Malmö\n"])") == "true");
    CHECK(three.solo.received == "Malmö\n");
    CHECK(now(three.supervisor, "supervisor.sendProcessStdin", R"(["solo", 5])") == "fault 2 INCORRECT_PARAMETERS: 5");
    CHECK(now(three.supervisor, "supervisor.sendProcessStdin", R"(["solo", true])") == "fault 2 INCORRECT_PARAMETERS: True");
    CHECK(now(three.supervisor, "supervisor.sendProcessStdin", R"(["solo", 2.0])") == "fault 2 INCORRECT_PARAMETERS: 2.0");
    CHECK(now(three.supervisor, "supervisor.sendProcessStdin", R"(["g:a", "x"])") == "fault 70 NOT_RUNNING: g:a");
    three.solo.outcome = api::Refusal{api::Fault::no_file, "whatever"};
    CHECK(now(three.supervisor, "supervisor.sendProcessStdin", R"(["solo", "x"])") == "fault 20 NO_FILE: solo");
    three.solo.its_state = api::State::stopping;
    CHECK(now(three.supervisor, "supervisor.sendProcessStdin", R"(["solo", "x"])") == "fault 70 NOT_RUNNING: solo");
}

TEST_CASE("what is told of a process has its members in their order") {
    Three three;
    three.solo.its_state = api::State::exited;
    three.solo.its_start = 100;
    three.solo.its_stop = 5'000'000'000;
    three.solo.its_exitstatus = -1;
    three.solo.its_spawnerr = "Bad exit code -1";
    three.solo.its_description = "Jan 05 12:07 AM";
    three.solo.its_out = "/o";
    auto info = rpc::Value::parse(now(three.supervisor, "supervisor.getProcessInfo", R"(["solo"])"));
    CHECK(info["now"].get<std::int64_t>() > 1'700'000'000);
    info["now"] = 0;
    CHECK(info.dump() == R"({"name":"solo","group":"solo","start":100,"stop":2147483647,"now":0,"state":100,)"
                         R"("statename":"EXITED","spawnerr":"Bad exit code -1","exitstatus":-1,"logfile":"/o",)"
                         R"("stdout_logfile":"/o","stderr_logfile":"","pid":0,"description":"Jan 05 12:07 AM"})");
}

TEST_CASE("all processes are told in the order of their names, whatever their priority") {
    Three three;
    std::string order;
    for (const auto& info : rpc::Value::parse(now(three.supervisor, "supervisor.getAllProcessInfo")))
        order += info["group"].get<std::string>() + ":" + info["name"].get<std::string>() + " ";
    CHECK(order == "g:a g:b solo:solo ");
}

TEST_CASE("the options of a program are told as they are configured") {
    fake::Supervisor supervisor;
    supervisor.add("z", api::State::running).its_out = "/auto/z";
    config::Group group;
    group.name = "z";
    group.priority = 7;
    group.processes.resize(1);
    config::Program& program = group.processes[0];
    program.name = "z";
    program.command = "/bin/sh -c \"a && b < c > d\"";
    program.err.logfile.kind = config::LogFile::Kind::none;
    program.exitcodes = {0, 2};
    program.out.logfile_maxbytes = 10'000'000'000;
    supervisor.its_config.groups.push_back(group);
    CHECK(now(supervisor, "supervisor.getAllConfigInfo") ==
          R"([{"autostart":true,"directory":"none","uid":"none",)"
          R"("command":"/bin/sh -c \"a && b < c > d\"","exitcodes":[0,2],"group":"z","group_prio":7,"inuse":true,)"
          R"("killasgroup":false,"name":"z","process_prio":999,"redirect_stderr":false,"startretries":3,"startsecs":1,)"
          R"("stdout_capture_maxbytes":0,"stdout_events_enabled":false,"stdout_logfile":"/auto/z",)"
          R"("stdout_logfile_backups":10,"stdout_logfile_maxbytes":10000000000,"stdout_syslog":false,"stopsignal":15,)"
          R"("stopwaitsecs":10,"stderr_capture_maxbytes":0,"stderr_events_enabled":false,"stderr_logfile":"none",)"
          R"("stderr_logfile_backups":10,"stderr_logfile_maxbytes":52428800,"stderr_syslog":false,"serverurl":"none"}])");

    config::Program& read = supervisor.its_config.groups[0].processes[0];
    read.uid = 33;
    supervisor.active[0]->members[0]->its_program.out.logfile = {config::LogFile::Kind::path, "/auto/z"};
    CHECK(rpc::Value::parse(now(supervisor, "supervisor.getAllConfigInfo"))[0]["stdout_logfile"] == "auto");
    supervisor.active.clear();
    const auto info = rpc::Value::parse(now(supervisor, "supervisor.getAllConfigInfo"))[0];
    CHECK(info["uid"] == 33);
    CHECK(info["stdout_logfile"] == "auto");
    CHECK(info["inuse"] == false);
}

TEST_CASE("what update would do is told, with what it would do to each process") {
    fake::Supervisor supervisor;
    fake::Group& web = supervisor.add("web");
    supervisor.add(web, "a", api::State::running);
    supervisor.add(web, "b", api::State::stopped);
    supervisor.add(web, "c", api::State::running);
    supervisor.add("same", api::State::running);
    supervisor.add("gone", api::State::backoff);
    config::Group changed = web.its_config, same = supervisor.active[1]->its_config, fresh;
    changed.processes[0].stopwaitsecs = 20;
    changed.processes.pop_back();
    fresh.name = "new";
    fresh.processes.resize(2);
    fresh.processes[0].name = "new";
    fresh.processes[1].name = "later";
    fresh.processes[1].autostart = false;
    supervisor.its_config.groups = {changed, same, fresh};
    CHECK(now(supervisor, "supervisor.previewUpdate") ==
          R"([{"group":"gone","change":"removed","options":[],"processes":[{"name":"gone","effect":"stop"}]},)"
          R"({"group":"web","change":"changed","options":[)"
          R"({"process":"","option":"processes","old":"a, b, c","new":"a, b"},)"
          R"({"process":"a","option":"stopwaitsecs","old":"10","new":"20"}],"processes":[)"
          R"({"name":"web:a","effect":"restart"},{"name":"web:b","effect":"start"},{"name":"web:c","effect":"stop"}]},)"
          R"({"group":"new","change":"added","options":[],"processes":[)"
          R"({"name":"new","effect":"start"},{"name":"new:later","effect":"nothing"}]}])");
    CHECK(supervisor.asked.empty());
    supervisor.outcome = api::Refusal{api::Fault::cant_reread, "bad"};
    CHECK(now(supervisor, "supervisor.previewUpdate") == "fault 92 CANT_REREAD: bad");
}

TEST_CASE("groups are read, added and removed") {
    fake::Supervisor supervisor;
    supervisor.changes = {{"new"}, {"mod"}, {}};
    CHECK(now(supervisor, "supervisor.reloadConfig") == R"([[["new"],["mod"],[]]])");
    CHECK(now(supervisor, "supervisor.addProcessGroup", R"(["new"])") == "true");
    CHECK(now(supervisor, "supervisor.removeProcessGroup", R"(["old"])") == "true");
    CHECK(supervisor.asked == Asked{"add new", "remove old"});
    supervisor.outcome = api::Refusal{api::Fault::cant_reread, "bad\nfile"};
    CHECK(now(supervisor, "supervisor.reloadConfig") == "fault 92 CANT_REREAD: bad\nfile");
    CHECK(now(supervisor, "supervisor.restart") == "fault 92 CANT_REREAD: bad\nfile");
    supervisor.outcome = api::Refusal{api::Fault::already_added, "new"};
    CHECK(now(supervisor, "supervisor.addProcessGroup", R"(["new"])") == "fault 90 ALREADY_ADDED: new");
    supervisor.outcome = api::Refusal{api::Fault::still_running, "old"};
    CHECK(now(supervisor, "supervisor.removeProcessGroup", R"(["old"])") == "fault 91 STILL_RUNNING: old");
}

TEST_CASE("supervisord tells who it is and does as it is told") {
    fake::Supervisor supervisor;
    CHECK(now(supervisor, "supervisor.getAPIVersion") == "\"3.0\"");
    CHECK(now(supervisor, "supervisor.getVersion") == "\"3.0\"");
    CHECK(now(supervisor, "supervisor.getSupervisorVersion") == "\"4.3.0\"");
    CHECK(now(supervisor, "supervisor.getIdentification") == "\"supervisor\"");
    CHECK(now(supervisor, "supervisor.getPID") == "4242");
    CHECK(now(supervisor, "supervisor.sendRemoteCommEvent", R"(["type", "data"])") == "true");
    CHECK(now(supervisor, "supervisor.clearLog") == "true");
    CHECK(now(supervisor, "supervisor.restart") == "true");
    CHECK(now(supervisor, "supervisor.shutdown") == "true");
    CHECK(supervisor.asked == Asked{"event type data", "clear log", "restart", "shutdown"});
}

TEST_CASE("an upgrade is answered when it is known what comes of it") {
    fake::Supervisor supervisor;
    const auto granted = ask(supervisor, "supervisor.upgrade");
    CHECK_FALSE(granted->has_value());
    supervisor.run();
    CHECK(granted->value() == "true");
    supervisor.outcome = api::Refusal{api::Fault::failed, "no program"};
    CHECK(now(supervisor, "supervisor.upgrade") == "fault 30 FAILED: no program");
    supervisor.its_upgrade = {"DONE", "so it is"};
    supervisor.its_mood = api::Mood::shutdown;
    CHECK(now(supervisor, "supervisor.getUpgradeInfo") == R"({"statename":"DONE","description":"so it is"})");
    CHECK(now(supervisor, "supervisor.upgrade") == "fault 6 SHUTDOWN_STATE");
}

TEST_CASE("logs are read in parts") {
    const Directory directory;
    Three three;
    three.supervisor.its_logfile = directory.write("main", "0123456789\n");
    three.solo.its_out = directory.write("out", "abc");
    three.solo.its_err = directory.path / "missing";
    CHECK(now(three.supervisor, "supervisor.readLog", "[0, 0]") == R"("0123456789\n")");
    CHECK(now(three.supervisor, "supervisor.readMainLog", "[-3, 0]") == R"("89\n")");
    CHECK(now(three.supervisor, "supervisor.readLog", "[-3, 1]") == "fault 3 BAD_ARGUMENTS");
    CHECK(now(three.supervisor, "supervisor.readLog", "[0, -1]") == "fault 3 BAD_ARGUMENTS");
    CHECK(now(three.supervisor, "supervisor.readProcessLog", R"(["solo", 1, 1])") == R"("b")");
    CHECK(now(three.supervisor, "supervisor.readProcessStdoutLog", R"(["solo", 99, 0])") == R"("")");
    CHECK(now(three.supervisor, "supervisor.readProcessStderrLog", R"(["solo", 0, 0])") ==
          "fault 20 NO_FILE: " + (directory.path / "missing").string());
    CHECK(now(three.supervisor, "supervisor.readProcessLog", R"(["g:a", 0, 0])") == "fault 20 NO_FILE");
    CHECK(now(three.supervisor, "supervisor.tailProcessLog", R"(["solo", 0, 2])") == R"(["bc",3,true])");
    CHECK(now(three.supervisor, "supervisor.tailProcessStderrLog", R"(["solo", 0, 2])") == R"(["",0,false])");
    CHECK(now(three.supervisor, "supervisor.tailProcessStdoutLog", R"(["g:a", 0, 2])") == R"(["",0,false])");
}

TEST_CASE("logs are cleared one by one and all together") {
    Three three;
    CHECK(now(three.supervisor, "supervisor.clearProcessLog", R"(["solo"])") == "true");
    three.a.outcome = api::Refusal{api::Fault::failed, "why"};
    CHECK(now(three.supervisor, "supervisor.clearProcessLogs", R"(["g:a"])") == "fault 30 FAILED: g:a");
    CHECK(now(three.supervisor, "supervisor.clearAllProcessLogs") ==
          "[" + result("a", "g", 30, "FAILED: g:a") + "," + result("b", "g", 80, "OK") + "," +
              result("solo", "solo", 80, "OK") + "]");
}

TEST_CASE("pools of listeners are told with what waits and what was discarded, listeners counted by state") {
    fake::Supervisor supervisor;
    CHECK(now(supervisor, "supervisor.getAllEventPoolInfo") == "[]");
    supervisor.its_pools.push_back({.name = "l", .buffer_size = 10, .waiting = 3, .discarded = 2,
                                    .listeners = {{"l_0", "BUSY"}, {"l_1", "READY"}, {"l_2", "BUSY"}, {"l_3", "UNKNOWN"}}});
    CHECK(now(supervisor, "supervisor.getAllEventPoolInfo") ==
          R"([{"name":"l","buffer_size":10,"waiting":3,"discarded":2,"listeners":4,"ready":1,"busy":2,"acknowledged":0,"unknown":1}])");
}

TEST_CASE("what processes have started is told in a flat list, bytes that are no UTF-8 replaced") {
    fake::Supervisor supervisor;
    CHECK(now(supervisor, "supervisor.getAllProcessTrees") == "[]");
    supervisor.its_trees = {{"g", "p", 10, 1, "a b"}, {"g", "p", 11, 10, "\xff"}};
    CHECK(now(supervisor, "supervisor.getAllProcessTrees") ==
          R"([{"name":"p","group":"g","pid":10,"parent":1,"command":"a b"},)"
          R"({"name":"p","group":"g","pid":11,"parent":10,"command":")" "\xef\xbf\xbd" R"("}])");
}
