#include <doctest/doctest.h>

#include "common/api/jsonrpc.hpp"
#include "supervisord/rpc/jsonrpc.hpp"
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
        CAPTURE(message);
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

TEST_CASE("hostile JSON is refused before it costs anything") {
    CHECK(api::jsonrpc::read_json(std::string(33, '[') + std::string(33, ']')).is_discarded());
    CHECK_FALSE(api::jsonrpc::read_json(std::string(32, '[') + std::string(32, ']')).is_discarded());
    CHECK(api::jsonrpc::read_json(std::string(16'000'000, '[')).is_discarded());
    CHECK(api::jsonrpc::read_json(std::string(16'000'000, '{')).is_discarded());

    std::string numbers = "[0";
    for (int i = 0; i < 300'000; ++i) numbers += ",0";
    CHECK(api::jsonrpc::read_json(numbers + "]").is_discarded());

    std::string members = "{\"a\":0";
    for (int i = 0; i < 100; ++i) members += ",\"a" + std::to_string(i) + "\":0";
    CHECK(api::jsonrpc::read_json(members + "}").is_discarded());
    CHECK_FALSE(api::jsonrpc::read_json(R"(["[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\"[", {"a": "{{{"}])").is_discarded());
}

TEST_CASE("what the client writes the server reads, and the other way round") {
    const std::string text = api::jsonrpc::write_request(7, "supervisor.getPID", rpc::Value::parse(R"({"a":[1]})"));
    const auto message = api::jsonrpc::read_json(text);
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
