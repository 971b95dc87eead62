// JSON-RPC 2.0 (docs/json-rpc.md): the body of a request to the body of its answer.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "supervisord/control/supervisor.hpp"

namespace rpc {

/// Called exactly once, at once or later; an empty answer means that nothing is to be said (only notifications).
void answer_json(control::Supervisor& supervisor, std::string_view body, std::function<void(std::string)> answered);

}  // namespace rpc
