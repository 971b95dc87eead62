// XML-RPC text to values and back, with the layout of compat/rpc.md, section 2.2, to the byte.  Pure; does not call.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "common/api/faults.hpp"

namespace rpc {

using Value = nlohmann::ordered_json;

struct XmlCall {
    std::string method;         // empty: there was no name
    std::vector<Value> params;
};
/// Nothing when the text is no call, or is hostile (xml_guard.hpp, too deep).
[[nodiscard]] std::optional<XmlCall> read_xml_call(std::string_view text);

/// Text becomes valid UTF-8, and characters that XML does not allow become U+FFFD (Q49).  Integers of more than 32
/// bits are written as i8, which newer clients read, and which no client could be sent before.
[[nodiscard]] std::string write_xml_result(const Value& result);
[[nodiscard]] std::string write_xml_fault(const api::Refusal& refusal);

}  // namespace rpc
