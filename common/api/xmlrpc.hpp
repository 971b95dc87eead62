// XML-RPC text to values and back, with the layout of compat/rpc.md, section 2.2, to the byte.  Pure; does not call.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "common/api/faults.hpp"

namespace api::xmlrpc {

using Value = nlohmann::ordered_json;

// What is written becomes valid UTF-8, and characters that XML does not allow become U+FFFD (Q49).  Integers of more
// than 32 bits are written as i8, which newer clients read, and which no client could be sent before.

// The side of the server.

struct Call {
    std::string method;  // empty: there was no name
    std::vector<Value> params;
};
/// Nothing when the text is no call, or is hostile (xml_guard.hpp, too deep).
[[nodiscard]] std::optional<Call> read_call(std::string_view text);

[[nodiscard]] std::string write_result(const Value& result);
[[nodiscard]] std::string write_fault(const Refusal& refusal);

// The side of the client.

/// params is an array.
[[nodiscard]] std::string write_call(std::string_view method, const Value& params);

struct Failure {
    int code = 0;  // a fault's; 0: the text is no answer
    std::string message = "the answer is not an XML-RPC message";
};
/// Takes what Supervisor writes though it is not XML: control characters in a text.
[[nodiscard]] std::variant<Value, Failure> read_answer(std::string_view text);

}  // namespace api::xmlrpc
