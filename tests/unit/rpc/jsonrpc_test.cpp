#include <doctest/doctest.h>

#include "common/api/jsonrpc.hpp"
#include "common/base/text.hpp"
#include "supervisord/rpc/jsonrpc.hpp"
#include "tests/support/capture.hpp"
#include "tests/unit/rpc/asking.hpp"

namespace {

std::string ask_json(fake::Supervisor& supervisor, const std::string& body) {
    std::optional<std::string> answered;
    rpc::answer_json(supervisor, body, [&](std::string text) {
        REQUIRE_FALSE(answered.has_value());
        answered = std::move(text);
    });
    supervisor.run();
    return answered.value_or("no answer");
}

}  // namespace

TEST_CASE("JSON-RPC messages and their answers") {
    fake::Supervisor supervisor;
    supervisor.add("solo", api::State::stopped);
    const std::pair<const char*, const char*> messages[] = {
        {R"({"jsonrpc":"2.0","method":"supervisor.getPID","id":1})", R"({"jsonrpc":"2.0","result":4242,"id":1})"},
        {R"({"jsonrpc":"2.0","method":"supervisor.getPID","params":[],"id":"a"})", R"({"jsonrpc":"2.0","result":4242,"id":"a"})"},
        {R"({"jsonrpc":"2.0","method":"supervisor.getPID","params":{},"id":null})", R"({"jsonrpc":"2.0","result":4242,"id":null})"},
        {R"( {"jsonrpc":"2.0","method":"supervisor.startProcess","params":{"wait":false,"name":"solo"},"id":1.5} )",
         R"({"jsonrpc":"2.0","result":true,"id":1.5})"},
        {R"({"jsonrpc":"2.0","method":"supervisor.getPID"})", ""},
        {R"({"jsonrpc":"2.0","method":"supervisor.nope"})", ""},
        {R"({"jsonrpc":"2.0","method":"supervisor.nope","id":1})",
         R"({"jsonrpc":"2.0","error":{"code":-32601,"message":"UNKNOWN_METHOD","data":{"name":"UNKNOWN_METHOD","detail":""}},"id":1})"},
        {R"({"jsonrpc":"2.0","method":"supervisor.getState","params":[1,2],"id":1})",
         R"({"jsonrpc":"2.0","error":{"code":-32602,"message":"INCORRECT_PARAMETERS","data":{"name":"INCORRECT_PARAMETERS","detail":""}},"id":1})"},
        {R"({"jsonrpc":"2.0","method":"supervisor.getProcessInfo","params":["x"],"id":1})",
         R"({"jsonrpc":"2.0","error":{"code":10,"message":"BAD_NAME: x","data":{"name":"BAD_NAME","detail":"x"}},"id":1})"},
        {R"({"jsonrpc": "2.0", "method": "x", )", R"({"jsonrpc":"2.0","error":{"code":-32700,"message":"Parse error"},"id":null})"},
        {"", R"({"jsonrpc":"2.0","error":{"code":-32700,"message":"Parse error"},"id":null})"},
        {"{} {}", R"({"jsonrpc":"2.0","error":{"code":-32700,"message":"Parse error"},"id":null})"},
        {"\"\xff\"", R"({"jsonrpc":"2.0","error":{"code":-32700,"message":"Parse error"},"id":null})"},
        {"[]", R"({"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid Request"},"id":null})"},
        {"7", R"({"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid Request"},"id":null})"},
        {R"({"jsonrpc":"2.0","id":1})", R"({"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid Request"},"id":1})"},
        {R"({"jsonrpc":"2.0","method":5,"id":1})", R"({"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid Request"},"id":1})"},
        {R"({"jsonrpc":"1.0","method":"x","id":1})", R"({"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid Request"},"id":1})"},
        {R"({"jsonrpc":"2.0","method":"x","id":{}})", R"({"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid Request"},"id":null})"},
        {R"({"jsonrpc":"2.0","method":"x","params":1,"id":1})", R"({"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid Request"},"id":1})"},
        {R"([{"jsonrpc":"2.0","method":"supervisor.getPID","id":1},{"jsonrpc":"2.0","method":"supervisor.getPID"},1,{"jsonrpc":"2.0","method":"supervisor.getVersion","id":2}])",
         R"([{"jsonrpc":"2.0","result":4242,"id":1},{"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid Request"},"id":null},{"jsonrpc":"2.0","result":"3.0","id":2}])"},
        {R"([{"jsonrpc":"2.0","method":"supervisor.getPID"}])", ""},
    };
    for (const auto& [message, answer] : messages) {
        CAPTURE_BINDING(message);
        CHECK(ask_json(supervisor, message) == answer);
    }
}

TEST_CASE("answers are valid UTF-8 whatever a process writes") {
    fake::Supervisor supervisor;
    supervisor.add("solo", api::State::fatal).its_spawnerr = "bad \xff\xc3 bytes";
    const std::string answer =
        ask_json(supervisor, R"({"jsonrpc":"2.0","method":"supervisor.getProcessInfo","params":["solo"],"id":1})");
    CHECK(answer.find("bad \xEF\xBF\xBD\xEF\xBF\xBD bytes") != std::string::npos);
}

TEST_CASE("hostile JSON is refused before it costs anything, and the limit is named") {
    const auto refusal = [](const std::string& text) {
        const auto read = api::jsonrpc::read_message(text);
        const auto* failure = std::get_if<api::jsonrpc::Failure>(&read);
        return failure ? base::concat(failure->code, " ", failure->message) : std::string();
    };
    const std::string too_deep = "-32600 Invalid Request: it is nested more than 32 deep";
    CHECK(refusal(std::string(33, '[') + std::string(33, ']')) == too_deep);
    CHECK(refusal(std::string(32, '[') + std::string(32, ']')).empty());
    CHECK(refusal(std::string(16'000'000, '[')) == too_deep);
    CHECK(refusal(std::string(16'000'000, '{')) == too_deep);

    std::string numbers = "[0";
    for (int i = 0; i < 300'000; ++i) numbers += ",0";
    CHECK(refusal(numbers + "]") == "-32600 Invalid Request: it has more than 200000 elements");

    std::string members = "{\"a\":0";
    for (int i = 0; i < 100; ++i) members += ",\"a" + std::to_string(i) + "\":0";
    CHECK(refusal(members + "}") == "-32600 Invalid Request: an object has more than 64 members");
    CHECK(refusal(R"(["[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\"[", {"a": "{{{"}])").empty());
    CHECK(refusal("[") == "-32700 Parse error");
}

TEST_CASE("a batch that is too large is answered as such, and one of thousands is not") {
    fake::Supervisor supervisor;
    std::string batch = "[0";
    for (int i = 0; i < 300'000; ++i) batch += ",0";
    CHECK(ask_json(supervisor, batch + "]") ==
          R"({"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid Request: it has more than 200000 elements"},"id":null})");
    std::string calls;
    for (int i = 0; i < 10'000; ++i)
        calls += std::string(i == 0 ? "[" : ",") + R"({"jsonrpc":"2.0","method":"supervisor.getPID","params":[],"id":1})";
    const std::string answer = ask_json(supervisor, calls + "]");
    CHECK(answer.starts_with(R"([{"jsonrpc":"2.0","result":4242,"id":1},)"));
}

TEST_CASE("an answer may be as large as it is: what of ten thousand processes is told") {
    rpc::Value told = rpc::Value::array();
    for (int i = 0; i < 10'000; ++i) {
        rpc::Value process;
        for (int field = 0; field < 40; ++field) process["field" + std::to_string(field)] = field;
        told.push_back(process);
    }
    const auto read = api::jsonrpc::read_answer(api::jsonrpc::write_json(api::jsonrpc::write_result(1, told)));
    REQUIRE(std::holds_alternative<rpc::Value>(read));
    CHECK(std::get<rpc::Value>(read).size() == 10'000);
}

TEST_CASE("what the client writes the server reads, and the other way round") {
    const std::string text = api::jsonrpc::write_request(7, "supervisor.getPID", rpc::Value::parse(R"({"a":[1]})"));
    const auto read = api::jsonrpc::read_message(text);
    REQUIRE(std::holds_alternative<rpc::Value>(read));
    const auto& message = std::get<rpc::Value>(read);
    api::jsonrpc::Request request;
    REQUIRE(api::jsonrpc::read_request(message, request));
    CHECK(request.method == "supervisor.getPID");
    CHECK(request.params->dump() == R"({"a":[1]})");
    CHECK(*request.id == 7);

    const auto result = api::jsonrpc::read_answer(api::jsonrpc::write_json(api::jsonrpc::write_result(7, "text")));
    CHECK(std::get<rpc::Value>(result) == "text");

    const api::Refusal refusal{api::Fault::cant_reread, "two\nlines"};
    const auto error = api::jsonrpc::read_answer(
        api::jsonrpc::write_json(api::jsonrpc::write_error(7, api::jsonrpc::to_failure(refusal))));
    const auto& failure = std::get<api::jsonrpc::Failure>(error);
    CHECK(failure.code == 92);
    CHECK(failure.message == "CANT_REREAD: two\nlines");
    CHECK(failure.name == "CANT_REREAD");
    CHECK(failure.detail == "two\nlines");
}

TEST_CASE("what is no answer is told as such") {
    for (const char* text : {"", "x", "[]", "{}", R"({"error":1})", R"({"error":{}})", R"({"error":{"code":"x"}})", "<html>"}) {
        CAPTURE(text);
        const auto answer = api::jsonrpc::read_answer(text);
        REQUIRE(std::holds_alternative<api::jsonrpc::Failure>(answer));
        CHECK(std::get<api::jsonrpc::Failure>(answer).code == -32603);
    }
}

TEST_CASE("an answer that takes more memory than any is none, and one with a long text is one") {
    const auto problem = [](const std::string& result) {
        const auto answer = api::jsonrpc::read_answer("{\"result\":" + result + "}");
        const auto* failure = std::get_if<api::jsonrpc::Failure>(&answer);
        return failure ? failure->message : "";
    };
    std::string list = "[", members = "{";
    for (int i = 0; i < 4'000'000; ++i) list += "0,";
    for (int i = 0; i < 300; ++i) members += base::concat("\"", i, "\":0,");
    CHECK(problem(list + "0]") == "the answer cannot be read: it has more than 4000000 elements");
    CHECK(problem(members + "\"x\":0}") == "the answer cannot be read: an object has more than 256 members");
    CHECK(problem("\"" + std::string(8'000'000, ',') + "\"") == "");
}

TEST_CASE("an answer that is deeper than any is none: to write it again would take a stack as deep") {
    const std::string deep = "{\"result\":" + std::string(200'000, '[') + std::string(200'000, ']') + "}";
    const auto answer = api::jsonrpc::read_answer(deep);
    REQUIRE(std::holds_alternative<api::jsonrpc::Failure>(answer));
    CHECK(std::get<api::jsonrpc::Failure>(answer).message == "the answer cannot be read: it is nested more than 32 deep");
    std::string wide = "{\"result\":[0";
    for (int i = 0; i < 300'000; ++i) wide += ",0";
    CHECK(std::holds_alternative<api::jsonrpc::Value>(api::jsonrpc::read_answer(wide + "]}")));
}
