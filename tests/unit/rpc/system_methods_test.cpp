#include <doctest/doctest.h>

#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "common/base/text.hpp"
#include "supervisord/rpc/jsonrpc.hpp"
#include "tests/support/capture.hpp"
#include "tests/unit/rpc/asking.hpp"

using asking::ask;
using asking::now;

TEST_CASE("all methods of Supervisor are there, sorted, with its signatures") {
    const std::pair<const char*, const char*> signatures[] = {
        {"supervisor.addProcessGroup", "boolean string"},
        {"supervisor.clearAllProcessLogs", "array"},
        {"supervisor.clearLog", "boolean"},
        {"supervisor.clearProcessLog", "boolean string"},
        {"supervisor.clearProcessLogs", "boolean string"},
        {"supervisor.getAPIVersion", "string"},
        {"supervisor.getAllConfigInfo", "array"},
        {"supervisor.getAllEventPoolInfo", "array"},  // ours
        {"supervisor.getAllProcessInfo", "array"},
        {"supervisor.getAllProcessTrees", "array"},  // ours
        {"supervisor.getBuildInfo", "struct"},  // ours
        {"supervisor.getIdentification", "string"},
        {"supervisor.getPID", "int"},
        {"supervisor.getProcessInfo", "struct string"},
        {"supervisor.getState", "struct"},
        {"supervisor.getSupervisorVersion", "string"},
        {"supervisor.getUpgradeInfo", "struct"},  // ours
        {"supervisor.getVersion", "string"},
        {"supervisor.previewUpdate", "array"},  // ours
        {"supervisor.readLog", "string int int"},
        {"supervisor.readMainLog", "string int int"},
        {"supervisor.readProcessLog", "string string int int"},
        {"supervisor.readProcessStderrLog", "string string int int"},
        {"supervisor.readProcessStdoutLog", "string string int int"},
        {"supervisor.reloadConfig", "array"},
        {"supervisor.removeProcessGroup", "boolean string"},
        {"supervisor.restart", "boolean"},
        {"supervisor.sendProcessStdin", "boolean string string"},
        {"supervisor.sendRemoteCommEvent", "boolean string string"},
        {"supervisor.shutdown", "boolean"},
        {"supervisor.signalAllProcesses", "array string"},
        {"supervisor.signalProcess", "boolean string string"},
        {"supervisor.signalProcessGroup", "array string string"},
        {"supervisor.startAllProcesses", "array boolean"},
        {"supervisor.startProcess", "boolean string boolean"},
        {"supervisor.startProcessGroup", "array string boolean"},
        {"supervisor.stopAllProcesses", "array boolean"},
        {"supervisor.stopProcess", "boolean string boolean"},
        {"supervisor.stopProcessGroup", "array string boolean"},
        {"supervisor.tailProcessLog", "array string int int"},
        {"supervisor.tailProcessStderrLog", "array string int int"},
        {"supervisor.tailProcessStdoutLog", "array string int int"},
        {"supervisor.upgrade", "boolean"},  // ours
        {"system.listMethods", "array"},
        {"system.methodHelp", "string string"},
        {"system.methodSignature", "array string"},
        {"system.multicall", "array array"},
    };
    fake::Supervisor supervisor;
    rpc::Value names = rpc::Value::array();
    for (const auto& [name, signature] : signatures) {
        CAPTURE_BINDING(name);
        names.push_back(name);
        std::string types;
        for (const auto& type : rpc::Value::parse(now(supervisor, "system.methodSignature", rpc::Value{name}.dump())))
            types.append(types.empty() ? "" : " ").append(type.get<std::string>());
        CHECK(types == signature);
    }
    CHECK(now(supervisor, "system.listMethods") == names.dump());
}

TEST_CASE("every row has a text for each of its parameters, and help tells them") {
    for (const rpc::Method& method : rpc::methods()) {
        CAPTURE(method.name);
        REQUIRE(method.params.size() + 1 == method.handler.types.size());
        CHECK(method.handler.required <= method.params.size());
        CHECK_FALSE(method.doc.empty());
        CHECK_FALSE(method.result.doc.empty());
        const std::string text = rpc::help(method);
        for (std::size_t i = 0; i < method.params.size(); ++i) {
            const std::string line = base::concat("@param ", method.handler.types[i + 1], " ", method.params[i].name);
            CHECK(text.find(line) != std::string::npos);
        }
        CHECK(text.find("@return " + std::string(method.handler.types[0])) != std::string::npos);
    }
}

TEST_CASE("help of a method that there is not") {
    fake::Supervisor supervisor;
    CHECK(now(supervisor, "system.methodHelp", R"(["supervisor.nope"])") == "fault 4 SIGNATURE_UNSUPPORTED");
    CHECK(now(supervisor, "system.methodSignature", R"(["supervisor.nope"])") == "fault 4 SIGNATURE_UNSUPPORTED");
}

TEST_CASE("multicall answers each call with its bare result or its fault") {
    fake::Supervisor supervisor;
    supervisor.add("solo", api::State::stopped);
    CHECK(now(supervisor, "system.multicall", R"([[
              {"methodName": "supervisor.getState", "params": []},
              {"methodName": "supervisor.getProcessInfo", "params": ["nope"]},
              {"methodName": "supervisor.getAPIVersion"},
              {"methodName": "supervisor.nope", "params": []},
              {"methodName": "system.multicall", "params": [[]]},
              {"params": []},
              7,
              {"methodName": "supervisor.getState", "params": [1]}]])") ==
          R"([{"statecode":1,"statename":"RUNNING"},)"
          R"({"faultCode":10,"faultString":"BAD_NAME: nope"},"3.0",)"
          R"({"faultCode":1,"faultString":"UNKNOWN_METHOD"},)"
          R"({"faultCode":2,"faultString":"INCORRECT_PARAMETERS: Recursive system.multicall forbidden"},)"
          R"({"faultCode":2,"faultString":"INCORRECT_PARAMETERS: No methodName"},)"
          R"({"faultCode":2,"faultString":"INCORRECT_PARAMETERS: No methodName"},)"
          R"({"faultCode":2,"faultString":"INCORRECT_PARAMETERS"}])");
    CHECK(now(supervisor, "system.multicall", "[[]]") == "[]");
}

TEST_CASE("a call of a multicall begins when the one before it has its answer") {
    fake::Supervisor supervisor;
    auto& solo = supervisor.add("solo", api::State::running);
    const auto answered = ask(supervisor, "system.multicall", R"([[
        {"methodName": "supervisor.stopProcess", "params": ["solo"]},
        {"methodName": "supervisor.startProcess", "params": ["solo"]}]])");
    supervisor.run();
    CHECK(supervisor.asked == std::vector<std::string>{"stop solo"});
    solo.settle(api::State::stopped);
    supervisor.run();
    CHECK(supervisor.asked == std::vector<std::string>{"stop solo", "start solo"});
    CHECK_FALSE(answered->has_value());
    solo.settle(api::State::running);
    supervisor.run();
    CHECK(answered->value() == "[true,true]");
}

TEST_CASE("many calls need no more stack than one, and too many are refused") {
    fake::Supervisor supervisor;
    rpc::Value calls = rpc::Value::array();
    for (int i = 0; i < 10'000; ++i) calls.push_back({{"methodName", "supervisor.getPID"}});
    CHECK(rpc::Value::parse(now(supervisor, "system.multicall", rpc::Value::array({calls}).dump())).size() == 10'000);
    calls.push_back(calls[0]);
    CHECK(now(supervisor, "system.multicall", rpc::Value::array({calls}).dump()) ==
          "fault 2 INCORRECT_PARAMETERS: too many calls");
}

TEST_CASE("the answers to one request have a limit together, and others have their turn between") {
    char path[] = "/tmp/budget-XXXXXX";
    const int file = ::mkstemp(path);
    REQUIRE(file >= 0);
    const std::string piece(1 << 20, 'x');
    for (int i = 0; i < 30; ++i) REQUIRE(::write(file, piece.data(), piece.size()) == 1 << 20);
    ::close(file);
    fake::Supervisor supervisor;
    supervisor.its_logfile = path;
    const std::string one = R"({"methodName":"supervisor.readLog","params":[0,0]})";
    const auto answered = ask(supervisor, "system.multicall", "[[" + one + "," + one + "," + one + "," + one + "]]");
    CHECK_FALSE(answered->has_value());  // not in one go
    supervisor.run();
    REQUIRE(answered->has_value());
    const auto& text = **answered;
    CHECK(text.size() < std::size_t{64} << 20);
    const std::string refusal = R"({"faultCode":30,"faultString":"FAILED: the answers to one request are limited to 64 MiB together)";
    CHECK(text.find(refusal) >= std::size_t{60} << 20);
    CHECK(text.find(refusal) != std::string::npos);
    CHECK(text.rfind(refusal) > text.find(refusal));

    std::string batch;
    for (int i = 0; i < 4; ++i)
        batch += std::string(i == 0 ? "[" : ",") + R"({"jsonrpc":"2.0","method":"supervisor.readLog","params":[0,0],"id":1})";
    std::string told;
    rpc::answer_json(supervisor, batch + "]", [&](std::string answer) { told = std::move(answer); });
    CHECK(told.empty());
    supervisor.run();
    CHECK(told.find("limited to 64 MiB") >= std::size_t{60} << 20);
    CHECK(told.find("limited to 64 MiB") != std::string::npos);
    ::unlink(path);
}
