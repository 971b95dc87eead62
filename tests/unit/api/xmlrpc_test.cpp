#include "common/api/xmlrpc.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "common/api/xml_guard.hpp"
#include "tests/support/capture.hpp"

using api::xmlrpc::Value;

namespace {

std::string call(const std::string& method, const std::string& params) {
    return "<?xml version='1.0'?>\n<methodCall>\n<methodName>" + method + "</methodName>\n" + params + "</methodCall>\n";
}

std::string one(const std::string& value) { return call("m.m", "<params><param>" + value + "</param></params>"); }

/// The only parameter as JSON; "refused" when the call is.
std::string parameter(const std::string& value) {
    const auto read = api::xmlrpc::read_call(one(value));
    if (!read) return "refused";
    REQUIRE(read->params.size() == 1);
    return read->params[0].dump();
}

/// What an answer holds as JSON; a failure as "10 BAD_NAME: x".
std::string answered(const std::string& text) {
    const auto answer = api::xmlrpc::read_answer(text);
    if (const auto* failure = std::get_if<api::xmlrpc::Failure>(&answer))
        return std::to_string(failure->code) + " " + failure->message;
    return std::get<Value>(answer).dump();
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
        CAPTURE_BINDING(value);
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
        const auto read = api::xmlrpc::read_call(call(" supervisor.getState\n", params));
        REQUIRE(read);
        CHECK(read->method == "supervisor.getState");
        CHECK(read->params.empty());
    }
}

TEST_CASE("another document is a call without a name") {
    const auto read = api::xmlrpc::read_call("<other>supervisor.getState</other>");
    REQUIRE(read);
    CHECK(read->method.empty());
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
        "<methodCall/><methodCall/>",
        call("m", "") + "<x/>",
        call("m", "") + "text",
        "text" + call("m", ""),
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
        CHECK_FALSE(api::xmlrpc::read_call(text));
    }
    for (const std::string declaration : {"<?xml?>", "<?xml ?>", "<?xml encoding='utf-8'?>", "<?xml version?>", "<?xml version=1.0?>",
                                          "<?XML version='1.0'?>", " <?xml version='1.0'?>",
                                          "<?xml version='1.0'?><?xml version='1.0'?>", "<?xml version='1.0'", "<?xml versions='1.0'?>"}) {
        CAPTURE(declaration);
        CHECK_FALSE(api::xmlrpc::read_call(declaration + "<methodCall><methodName>m</methodName></methodCall>"));
    }
    for (const std::string declaration : {"", "\n", "<?xml version='1.0'?>", "\xEF\xBB\xBF<?xml version='1.0'?>", "\xEF\xBB\xBF", "<?xml\tversion = \"1.1\" encoding='UTF-8' standalone='yes' ?>\n",
                                          "<?xml version='2.0'?>", "<?xml-stylesheet href='x'?>", "<?php?>", "<!-- x -->"}) {
        CAPTURE(declaration);
        CHECK(api::xmlrpc::read_call(declaration + "<methodCall><methodName>m</methodName></methodCall>"));
    }
    std::string many;
    for (std::size_t i = 0; i < api::xmlrpc::most_tags; ++i) many += "<a/>";
    CHECK_FALSE(api::xmlrpc::is_harmless_xml(many + "<a/>"));
    CHECK(api::xmlrpc::is_harmless_xml(many));
}

TEST_CASE("answers have the layout of Supervisor to the byte") {
    CHECK(api::xmlrpc::write_result(Value::parse(R"({"statecode":1,"statename":"RUNNING","list":[true,false,-5]})")) ==
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
    CHECK(api::xmlrpc::write_fault({api::Fault::bad_name, "a<b"}) ==
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
    const auto written = [](const Value& value) {
        const std::string text = api::xmlrpc::write_result(value);
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
    const auto value = Value::parse(R"({"a":[1,-1,true,"x & <y> \"'☃"],"b":{"c":5000000000,"d":1.25},"e":""})");
    const std::string text = api::xmlrpc::write_result(value);
    const auto begin = text.find("<param>\n") + 8;
    CHECK(parameter(text.substr(begin, text.find("</param>") - begin)) == value.dump());
}

TEST_CASE("a call has the layout that Python's client gives it") {
    CHECK(api::xmlrpc::write_call("supervisor.startProcess", Value::array({"a&b", true, -5})) ==
          "<?xml version='1.0'?>\n"
          "<methodCall>\n"
          "<methodName>supervisor.startProcess</methodName>\n"
          "<params>\n"
          "<param>\n"
          "<value><string>a&amp;b</string></value>\n"
          "</param>\n"
          "<param>\n"
          "<value><boolean>1</boolean></value>\n"
          "</param>\n"
          "<param>\n"
          "<value><int>-5</int></value>\n"
          "</param>\n"
          "</params>\n"
          "</methodCall>\n");
    CHECK(api::xmlrpc::read_call(api::xmlrpc::write_call("m", Value::array()))->method == "m");
}

TEST_CASE("answers are read, also those that are no XML because a log is in them") {
    const auto value = Value::parse(R"([[["a"],[],["b"]],{"statecode":1,"ok":true,"text":"x & <y>"}])");
    CHECK(answered(api::xmlrpc::write_result(value)) == value.dump());
    CHECK(answered(api::xmlrpc::write_fault({api::Fault::bad_name, "a<b"})) == "10 BAD_NAME: a<b");
    CHECK(answered("<?xml version='1.0'?><methodResponse><params><param><value><string>\x1b[1mred\r\n</string></value>"
                   "</param></params></methodResponse>") == R"("\u001b[1mred\r\n")");
    for (const char* text : {"", "OK", "<html></html>", "<methodResponse></methodResponse>", "<methodResponse><fault/>",
                             "<methodResponse><fault><value><int>1</int></value></fault></methodResponse>",
                             "<methodResponse><params><param><value><int>x</int></value></param></params></methodResponse>"}) {
        CAPTURE(text);
        CHECK(answered(text) == "0 the answer is not an XML-RPC message");
    }
}
