#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "common/base/text.hpp"
#include "supervisord/rpc/xmlrpc.hpp"
#include "tests/unit/rpc/asking.hpp"

namespace {

std::string call(const std::string& method, const std::string& params) {
    return "<?xml version='1.0'?>\n<methodCall>\n<methodName>" + method + "</methodName>\n" + params + "</methodCall>\n";
}

rpc::XmlAnswer ask_xml(fake::Supervisor& supervisor, const std::string& body) {
    std::optional<rpc::XmlAnswer> answered;
    rpc::answer_xml(supervisor, body, [&](rpc::XmlAnswer answer) {
        REQUIRE_FALSE(answered.has_value());
        answered = std::move(answer);
    });
    supervisor.run();
    return answered.value_or(rpc::XmlAnswer{0, "no answer"});
}

}  // namespace

TEST_CASE("calls over XML") {
    fake::Supervisor supervisor;
    supervisor.add("solo", api::State::stopped);
    const auto pid = ask_xml(supervisor, call("supervisor.getPID", ""));
    CHECK(pid.status == 200);
    CHECK(pid.body.find("<value><int>4242</int></value>") != std::string::npos);
    const auto fault = ask_xml(supervisor, call("supervisor.getProcessInfo", "<params><param><value>zz</value></param></params>"));
    CHECK(fault.status == 200);
    CHECK(fault.body.find("<string>BAD_NAME: zz</string>") != std::string::npos);
    CHECK(supervisor.lines == std::vector<std::string>{
                                  "XML-RPC method called: supervisor.getPID()",
                                  "XML-RPC method supervisor.getPID() returned successfully",
                                  "XML-RPC method called: supervisor.getProcessInfo()",
                                  "XML-RPC method supervisor.getProcessInfo() returned fault: [10] BAD_NAME: zz",
                              });
}

TEST_CASE("requests that are no calls are refused and logged") {
    fake::Supervisor supervisor;
    CHECK(ask_xml(supervisor, "<x").status == 400);
    CHECK(ask_xml(supervisor, "<methodCall></methodCall>").status == 400);
    CHECK(ask_xml(supervisor, "<foo/>").status == 400);
    CHECK(supervisor.lines == std::vector<std::string>{
                                  "XML-RPC request data '<x' is invalid: unmarshallable",
                                  "XML-RPC request data '<methodCall></methodCall>' is invalid: no method name",
                                  "XML-RPC request data '<foo/>' is invalid: no method name",
                              });
}

TEST_CASE("over XML numbers and booleans may be text, as clients without types write them, or each other") {
    fake::Supervisor supervisor;
    auto& process = supervisor.add("p", api::State::running);
    const std::filesystem::path log = std::filesystem::temp_directory_path() / ("rpc_test_" + std::to_string(::getpid()));
    std::ofstream(log) << "0123456789";
    process.its_out = log;
    const auto text = [&](const std::string& offset, const std::string& length) {
        const auto params = "<param><value>p</value></param><param><value>" + offset + "</value></param><param><value>" + length +
                            "</value></param>";
        const std::string body = ask_xml(supervisor, call("supervisor.readProcessStdoutLog", "<params>" + params + "</params>")).body;
        const auto from = body.find("<string>") + 8;
        return body.substr(from, body.find("</string>") - from);
    };
    CHECK(text("1", "2") == "12");
    CHECK(text(" -3 ", "0") == "789");
    CHECK(text("<double>-3.9</double>", "<boolean>0</boolean>") == "789");
    for (const char* bad : {"x", "", "1.5", "<double>1e300</double>", "<double>nan</double>", "99999999999999999999", "<nil/>"})
        CHECK(text(bad, "0") == "INCORRECT_PARAMETERS");
    std::filesystem::remove(log);
}

TEST_CASE("over XML whether to wait is a matter of truth as in Python, in a multicall too") {
    const auto asked = [](const std::string& wait, bool in_multicall) {
        fake::Supervisor supervisor;
        supervisor.add("p", api::State::running);
        const std::string values = "<value>p</value></X><X><value>" + wait + "</value>";
        std::string params = "<param>" + base::replace_all(values, "X>", "param>") + "</param>";
        if (in_multicall)
            params = "<param><value><array><data><value><struct><member><name>methodName</name><value>supervisor.stopProcess</value>"
                     "</member><member><name>params</name><value><array><data>" +
                     base::replace_all(base::replace_all(values, "</X>", ""), "<X>", "") +
                     "</data></array></value></member></struct></value></data></array></value></param>";
        ask_xml(supervisor, call(in_multicall ? "system.multicall" : "supervisor.stopProcess", "<params>" + params + "</params>"));
        return supervisor.asked.empty() ? "" : supervisor.asked.front();
    };
    for (const bool in_multicall : {false, true}) {
        CAPTURE(in_multicall);
        for (const char* yes : {"1", "true", "false", "<string>0</string>", "<double>0.5</double>", "<boolean>1</boolean>", "<i4>2</i4>",
                                "<array><data><value>x</value></data></array>"})
            CHECK(asked(yes, in_multicall) == "stop p");
        for (const char* no : {"", "<double>0</double>", "<boolean>0</boolean>", "<int>0</int>", "<nil/>", "<array><data/></array>"})
            CHECK(asked(no, in_multicall) == "stop at once p");
    }
}

TEST_CASE("a signal may be a number of any kind") {
    fake::Supervisor supervisor;
    supervisor.add("p", api::State::running);
    for (const char* signal : {"<boolean>1</boolean>", "<double>1.5</double>", "<int>1</int>", "<string>HUP</string>"})
        ask_xml(supervisor, call("supervisor.signalProcess",
                                 std::string("<params><param><value>p</value></param><param><value>") + signal + "</value></param></params>"));
    CHECK(supervisor.asked == std::vector<std::string>(4, "signal 1 p"));
    CHECK(ask_xml(supervisor, call("supervisor.signalProcess", "<params><value>p</value><value><double>1e99</double></value></params>"))
              .body.find("BAD_SIGNAL") != std::string::npos);
}

TEST_CASE("over XML a number is the name of no group and of no method, but no name of a process") {
    fake::Supervisor supervisor;
    const auto fault = [&](const std::string& method, const std::string& first, const std::string& more = "") {
        const std::string params = "<params><param><value>" + first + "</value></param>" + more + "</params>";
        const std::string body = ask_xml(supervisor, call(method, params)).body;
        const auto from = body.rfind("<string>") + 8;
        return body.substr(from, body.rfind("</string>") - from);
    };
    for (const std::string method : {"startProcessGroup", "stopProcessGroup"}) {
        CAPTURE(method);
        CHECK(fault("supervisor." + method, "<int>5</int>") == "BAD_NAME: 5");
        CHECK(fault("supervisor." + method, "<boolean>1</boolean>") == "BAD_NAME: True");
        CHECK(fault("supervisor." + method, "<double>1.5</double>") == "BAD_NAME: 1.5");
        CHECK(fault("supervisor." + method, "<array><data></data></array>") == "INCORRECT_PARAMETERS");
    }
    for (const std::string method : {"addProcessGroup", "removeProcessGroup"})  // here of any name
        CHECK(fault("supervisor." + method, "<int>5</int>").find("INCORRECT_PARAMETERS") == std::string::npos);
    const std::string list = "<array><data><value>p</value></data></array>";
    CHECK(fault("supervisor.addProcessGroup", list).find("INCORRECT_PARAMETERS") == std::string::npos);  // compared, not looked up
    CHECK(fault("supervisor.removeProcessGroup", list) == "INCORRECT_PARAMETERS");
    CHECK(fault("supervisor.signalProcessGroup", "<int>5</int>", "<param><value>HUP</value></param>") == "BAD_NAME: 5");
    for (const std::string method : {"methodHelp", "methodSignature"})
        for (const std::string value : {"<int>5</int>", "<array><data><value>supervisor.getPID</value></data></array>", "<struct></struct>"})
            CHECK(fault("system." + method, value) == "SIGNATURE_UNSUPPORTED");
    for (const std::string method : {"getProcessInfo", "startProcess", "stopProcess", "clearProcessLogs"})
        CHECK(fault("supervisor." + method, "<int>5</int>") == "INCORRECT_PARAMETERS");
}
