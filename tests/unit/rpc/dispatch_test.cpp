#include <doctest/doctest.h>

#include "tests/support/capture.hpp"
#include "tests/unit/rpc/asking.hpp"

using asking::ask;
using asking::now;

TEST_CASE("what no client may call is an unknown method") {
    fake::Supervisor supervisor;
    for (const char* name : {"supervisor.nope", "nope.getState", "getState", "supervisor", "", "supervisor._update",
                             "supervisor.getState.x", "supervisor.__class__", "system.namespaces"}) {
        CAPTURE(name);
        CHECK(now(supervisor, name) == "fault 1 UNKNOWN_METHOD");
    }
}

TEST_CASE("a wrong number or a wrong type of parameters is told before anything is done") {
    fake::Supervisor supervisor;
    supervisor.add("a", api::State::running);
    const std::pair<const char*, const char*> calls[] = {
        {"supervisor.getState", "[1]"},
        {"supervisor.startProcess", "[]"},
        {"supervisor.startProcess", R"(["a", true, 3])"},
        {"supervisor.startProcess", R"(["a", "yes"])"},
        {"supervisor.startProcess", R"({"wait": true})"},
        {"supervisor.startProcess", R"({"name": "a", "wait": true, "how": 1})"},
        {"supervisor.getProcessInfo", "[5]"},
        {"supervisor.getProcessInfo", "[null]"},
        {"supervisor.readLog", R"(["0", 0])"},
        {"supervisor.readLog", "[0.5, 0]"},
        {"supervisor.readLog", "[18446744073709551615, 0]"},
        {"supervisor.sendRemoteCommEvent", "[[], {}]"},
        {"supervisor.signalProcess", R"(["a", ["HUP"]])"},
        {"system.multicall", R"(["x", "y"])"},
        {"system.multicall", R"([{}])"},
    };
    for (const auto& [method, params] : calls) {
        CAPTURE_BINDING(method);
        CAPTURE_BINDING(params);
        CHECK(now(supervisor, method, params) == "fault 2 INCORRECT_PARAMETERS");
    }
    CHECK(supervisor.asked.empty());
}

TEST_CASE("a boolean will do for a number, and a number for a boolean") {
    fake::Supervisor supervisor;
    auto& process = supervisor.add("a", api::State::stopped);
    CHECK(now(supervisor, "supervisor.startProcess", R"(["a", 0])") == "true");
    process.its_state = api::State::running;
    const auto waits = ask(supervisor, "supervisor.stopProcess", R"(["a", 1])");
    supervisor.run();
    CHECK_FALSE(waits->has_value());
    CHECK(now(supervisor, "supervisor.readLog", "[true, false]") == "fault 20 NO_FILE: syslog");
}

TEST_CASE("without the section that publishes them the methods of supervisor are not there") {
    fake::Supervisor supervisor;
    supervisor.its_interface = false;
    CHECK(now(supervisor, "supervisor.getPID") == "fault 1 UNKNOWN_METHOD");
    CHECK(now(supervisor, "system.methodHelp", R"(["supervisor.getPID"])") == "fault 4 SIGNATURE_UNSUPPORTED");
    CHECK(now(supervisor, "system.methodSignature", R"(["supervisor.getPID"])") == "fault 4 SIGNATURE_UNSUPPORTED");
    CHECK(now(supervisor, "system.listMethods") ==
          R"(["system.listMethods","system.methodHelp","system.methodSignature","system.multicall"])");
    CHECK(now(supervisor, "system.multicall", R"([[{"methodName": "supervisor.getPID"}]])") ==
          R"([{"faultCode":1,"faultString":"UNKNOWN_METHOD"}])");
}

TEST_CASE("parameters may have names") {
    fake::Supervisor supervisor;
    supervisor.add("a", api::State::stopped);
    CHECK(now(supervisor, "supervisor.startProcess", R"({"wait": false, "name": "a"})") == "true");
    CHECK(now(supervisor, "supervisor.getState", "{}") == R"({"statecode":1,"statename":"RUNNING"})");
    CHECK(now(supervisor, "supervisor.getState", "null") == R"({"statecode":1,"statename":"RUNNING"})");
}

TEST_CASE("while supervisord goes down all but a few methods are refused") {
    fake::Supervisor supervisor;
    for (const api::Mood mood : {api::Mood::shutdown, api::Mood::restarting}) {
        supervisor.its_mood = mood;
        for (const auto& method : rpc::methods()) {
            if (!method.handler.guarded) continue;
            CAPTURE(method.name);
            rpc::Value params = rpc::Value::array();
            for (std::size_t i = 0; i < method.handler.required; ++i) params.push_back(nullptr);
            CHECK(now(supervisor, std::string(method.name), params.dump()) == "fault 6 SHUTDOWN_STATE");
        }
        CHECK(now(supervisor, "system.listMethods").starts_with("["));
        CHECK(now(supervisor, "supervisor.sendRemoteCommEvent", R"(["a", "b"])") == "true");
    }
}

TEST_CASE("signalAllProcesses acts while supervisord goes down, and refuses then") {
    fake::Supervisor supervisor;
    supervisor.add("a", api::State::running);
    supervisor.its_mood = api::Mood::shutdown;
    CHECK(now(supervisor, "supervisor.signalAllProcesses", R"(["HUP"])") == "fault 6 SHUTDOWN_STATE");
    CHECK(supervisor.asked == std::vector<std::string>{"signal 1 a"});
}

TEST_CASE("names of methods are fit for a line of the log") {
    CHECK(rpc::shown_method("supervisor.getState") == "supervisor.getState");
    CHECK(rpc::shown_method("a\nb") == "'a\\nb'");
    CHECK(rpc::shown_method(std::string(1000, 'x')).size() == 102);
}
