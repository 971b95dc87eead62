// How calls travel: JSON-RPC at /rpc, or XML-RPC at /RPC2 to a supervisord that has only that, as the original.  Pure;
// knows nothing of what a method does, nor of HTTP beyond paths and types.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include <nlohmann/json_fwd.hpp>

#include "supervisorctl/answer.hpp"

namespace supervisorctl {

enum class Dialect { json, xml };

[[nodiscard]] std::string_view path_of(Dialect dialect);
[[nodiscard]] std::string_view content_type_of(Dialect dialect);

/// Whether an HTTP status says that there is nothing behind the path: the original answers 400 to what it has no
/// handler for (compat/rpc.md, section 1.3), others 404, 405 or 501.
[[nodiscard]] constexpr bool means_unknown(unsigned status) {
    return status == 400 || status == 404 || status == 405 || status == 501;
}

/// params is an array.
[[nodiscard]] std::string write_call(Dialect dialect, std::int64_t id, std::string_view method,
                                     const nlohmann::ordered_json& params);
/// Throws Trouble, which begins with where the text came from, when it is no answer.
[[nodiscard]] std::variant<nlohmann::ordered_json, Refused> read_answer(Dialect dialect, std::string_view text,
                                                                        std::string_view where);

}  // namespace supervisorctl
