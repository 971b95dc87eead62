// JSON-RPC 2.0 messages, as supervisorctl and supervisord exchange them: text to values and back.  What a method does,
// and how the text travels, is not known here.  What is written is always valid UTF-8: bytes that are not become
// U+FFFD.  What is read has a limit of depth and of elements, so that hostile text cannot exhaust stack or memory.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>

#include <nlohmann/json_fwd.hpp>

#include "common/api/faults.hpp"

namespace api::jsonrpc {

/// Members of objects keep their order.
using Value = nlohmann::ordered_json;

enum class Code {
    parse_error = -32700,
    invalid_request = -32600,
    method_not_found = -32601,
    invalid_params = -32602,
    internal_error = -32603,
};

/// The error member of an answer.
struct Failure {
    int code = 0;         // Supervisor's fault code, or one of Code
    std::string message;  // for people: "BAD_NAME: nosuch"
    std::string name;     // of the fault: "BAD_NAME"; empty when it is no fault of Supervisor's
    std::string detail;   // of the fault: "nosuch"
};

/// UNKNOWN_METHOD and INCORRECT_PARAMETERS become the codes that JSON-RPC has for them; the name stays.
[[nodiscard]] Failure to_failure(const Refusal& refusal);
[[nodiscard]] Failure to_failure(Code code);

// The side of the client.

/// One call; params is an array or an object.
[[nodiscard]] std::string write_request(std::int64_t id, std::string_view method, const Value& params);
/// The result, or why there is none.  Text that is no answer is an internal_error that says so.
[[nodiscard]] std::variant<Value, Failure> read_answer(std::string_view text);

// The side of the server.

/// The text as JSON, or what to answer when it is none (parse_error), or is too deep or too large (invalid_request, and
/// the message says which limit it is beyond).
[[nodiscard]] std::variant<Value, Failure> read_message(std::string_view text);

struct Request {
    std::string method;
    const Value* params = nullptr;  // into the message; nothing: none were given
    const Value* id = nullptr;      // into the message; nothing: a notification, which is not answered
};
/// One element of a message; the message outlives the request.  Nothing when it is no request; the id is then what
/// the error is to be answered with.
[[nodiscard]] bool read_request(const Value& message, Request& request);

[[nodiscard]] Value write_result(const Value& id, Value result);
[[nodiscard]] Value write_error(const Value& id, const Failure& failure);
[[nodiscard]] std::string write_json(const Value& value);

}  // namespace api::jsonrpc
