#include <doctest/doctest.h>

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
    CHECK(supervisor.lines == std::vector<std::string>{
                                  "XML-RPC request data '<x' is invalid: unmarshallable",
                                  "XML-RPC request data '<methodCall></methodCall>' is invalid: no method name",
                              });
}
