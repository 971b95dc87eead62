#include <doctest/doctest.h>

#include "supervisord/rpc/xml_codec.hpp"
#include "supervisord/rpc/xml_guard.hpp"
#include "supervisord/rpc/xmlrpc.hpp"
#include "tests/unit/rpc/asking.hpp"

namespace {

std::string call(const std::string& method, const std::string& params) {
    return "<?xml version='1.0'?>\n<methodCall>\n<methodName>" + method + "</methodName>\n" + params + "</methodCall>\n";
}

std::string one(const std::string& value) { return call("m.m", "<params><param>" + value + "</param></params>"); }

/// The only parameter as JSON; "refused" when the call is.
std::string parameter(const std::string& value) {
    const auto read = rpc::read_xml_call(one(value));
    if (!read) return "refused";
    REQUIRE(read->params.size() == 1);
    return read->params[0].dump();
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

TEST_CASE("values of all types are read") {
    const std::pair<const char*, const char*> values[] = {
        {"<value><int>5</int></value>", "5"},
        {"<value><int> -5 </int></value>", "-5"},
        {"<value><i4>+5</i4></value>", "5"},
        {"<value><i8>9000000000</i8></value>", "9000000000"},
        {"<value><boolean>1</boolean></value>", "true"},
        {"<value><boolean>0</boolean></value>", "false"},
        {"<value><boolean>true</boolean></value>", "false"},
        {"<value><double>1.5</double></value>", "1.5"},
        {"<value><string>text</string></value>", "\"text\""},
        {"<value><string></string></value>", "\"\""},
        {"<value><string/></value>", "\"\""},
        {"<value>bare</value>", "\"bare\""},
        {"<value></value>", "\"\""},
        {"<value/>", "\"\""},
        {"<value> <string> a </string> </value>", "\" a \""},
        {"<value> </value>", "\" \""},
        {"<value><string>&lt;a&gt; &amp;&quot;&apos;&#x2603;&#10;</string></value>", "\"<a> &\\\"'☃\\n\""},
        {"<value><string>a<!-- b -->c<![CDATA[<&>]]>d</string></value>", "\"ac<&>d\""},
        {"<value><string>a\r\nb</string></value>", "\"a\\nb\""},
        {"<value><dateTime.iso8601>20261122T07:44:54</dateTime.iso8601></value>", "\"20261122T07:44:54\""},
        {"<value><base64>aGVs\nbG8=</base64></value>", "\"hello\""},
        {"<value><strange>text</strange></value>", "\"text\""},
        {"<value><nil/></value>", "null"},
        {"<value><array><data><value><int>1</int></value><value>b</value></data></array></value>", "[1,\"b\"]"},
        {"<value><array><data></data></array></value>", "[]"},
        {"<value><struct><member><name>b</name><value>1</value></member>\n<member><name>a</name><value/></member></struct></value>",
         "{\"b\":\"1\",\"a\":\"\"}"},
    };
    for (const auto& [value, json] : values) {
        CAPTURE(value);
        CHECK(parameter(value) == json);
    }
}

TEST_CASE("what is no value is refused") {
    for (const char* value : {"<value><int>x</int></value>", "<value><int></int></value>", "<value><int>1.5</int></value>",
                              "<value><int>99999999999999999999</int></value>", "<value><double>x</double></value>",
                              "<value><base64>!</base64></value>", "<value><base64>/w==</base64></value>", "",
                              "<value><struct><member><name>a</name></member></struct></value>"}) {
        CAPTURE(value);
        CHECK(parameter(value) == "refused");
    }
}

TEST_CASE("a call may be without parameters") {
    for (const char* params : {"", "<params></params>", "<params/>", "\n<params>\n</params>\n"}) {
        const auto read = rpc::read_xml_call(call(" supervisor.getState\n", params));
        REQUIRE(read);
        CHECK(read->method == "supervisor.getState");
        CHECK(read->params.empty());
    }
}

TEST_CASE("hostile or broken XML is refused") {
    const std::string deep = [] {
        std::string open, close;
        for (int i = 0; i < 100; ++i) {
            open += "<value><array><data>";
            close += "</data></array></value>";
        }
        return open + close;
    }();
    const std::string bad[] = {
        "",
        "text",
        "<methodCall>",
        "<methodCall><methodName>a</methodCall>",
        "<other/>",
        "<methodCall/><methodCall/>",
        "<!DOCTYPE a [<!ENTITY x \"y\">]>" + call("m", ""),
        "<!DOCTYPE methodCall>" + call("m", ""),
        one("<value>&x;</value>"),
        one("<value>& </value>"),
        one("<value>&#0;</value>"),
        one("<value>&#xD800;</value>"),
        one("<value>&#xFFFFFFFFFF;</value>"),
        one("<value>&#27;</value>"),
        one("<value>\x1b</value>"),
        one("<value>\xff</value>"),
        one(std::string("<value>\0</value>", 16)),
        one("<value>\xEF\xBF\xBF</value>"),
        one("<value><![CDATA[x</value>"),
        one("<value><!-- x</value>"),
        one(deep),
        one("<value>" + std::string(1'000'000, '<') + "</value>"),
    };
    for (const std::string& text : bad) {
        CAPTURE(text.substr(0, 200));
        CHECK_FALSE(rpc::read_xml_call(text));
    }
    std::string many;
    for (std::size_t i = 0; i < rpc::most_tags; ++i) many += "<a/>";
    CHECK_FALSE(rpc::is_harmless_xml(many + "<a/>"));
    CHECK(rpc::is_harmless_xml(many));
}

TEST_CASE("answers have the layout of Supervisor to the byte") {
    CHECK(rpc::write_xml_result(rpc::Value::parse(R"({"statecode":1,"statename":"RUNNING","list":[true,false,-5]})")) ==
          "<?xml version='1.0'?>\n"
          "<methodResponse>\n"
          "<params>\n"
          "<param>\n"
          "<value><struct>\n"
          "<member>\n"
          "<name>statecode</name>\n"
          "<value><int>1</int></value>\n"
          "</member>\n"
          "<member>\n"
          "<name>statename</name>\n"
          "<value><string>RUNNING</string></value>\n"
          "</member>\n"
          "<member>\n"
          "<name>list</name>\n"
          "<value><array><data>\n"
          "<value><boolean>1</boolean></value>\n"
          "<value><boolean>0</boolean></value>\n"
          "<value><int>-5</int></value>\n"
          "</data></array></value>\n"
          "</member>\n"
          "</struct></value>\n"
          "</param>\n"
          "</params>\n"
          "</methodResponse>\n");
    CHECK(rpc::write_xml_fault({api::Fault::bad_name, "a<b"}) ==
          "<?xml version='1.0'?>\n"
          "<methodResponse>\n"
          "<fault>\n"
          "<value><struct>\n"
          "<member>\n"
          "<name>faultCode</name>\n"
          "<value><int>10</int></value>\n"
          "</member>\n"
          "<member>\n"
          "<name>faultString</name>\n"
          "<value><string>BAD_NAME: a&lt;b</string></value>\n"
          "</member>\n"
          "</struct></value>\n"
          "</fault>\n"
          "</methodResponse>\n");
}

TEST_CASE("text that XML cannot hold is replaced, and large numbers say that they are") {
    const auto written = [](const rpc::Value& value) {
        const std::string text = rpc::write_xml_result(value);
        const auto begin = text.find("<value>") + 7;
        return text.substr(begin, text.find("</value>") - begin);
    };
    CHECK(written("\x1b[1m\tb\r\n & < >") == "<string>\xEF\xBF\xBD[1m\tb\r\n &amp; &lt; &gt;</string>");
    CHECK(written("a\xff\xc3" "b\xEF\xBF\xBE") == "<string>a\xEF\xBF\xBD\xEF\xBF\xBD" "b\xEF\xBF\xBD</string>");
    CHECK(written("Malmö ☃ 😀") == "<string>Malmö ☃ 😀</string>");
    CHECK(written(2147483647) == "<int>2147483647</int>");
    CHECK(written(-2147483648LL) == "<int>-2147483648</int>");
    CHECK(written(2147483648LL) == "<i8>2147483648</i8>");
    CHECK(written(1.5) == "<double>1.5</double>");
    CHECK(written(nullptr) == "<nil/>");
}

TEST_CASE("what is written can be read again") {
    const auto value = rpc::Value::parse(R"({"a":[1,-1,true,"x & <y> \"'☃"],"b":{"c":5000000000,"d":1.25},"e":""})");
    const std::string text = rpc::write_xml_result(value);
    const auto begin = text.find("<param>\n") + 8;
    CHECK(parameter(text.substr(begin, text.find("</param>") - begin)) == value.dump());
}

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
