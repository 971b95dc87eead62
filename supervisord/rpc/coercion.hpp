// Parameters of XML-RPC as Supervisor takes them.  Clients of languages without types, and those that write
// `<value>text</value>`, send numbers and booleans as text or as each other; Supervisor takes an int of whatever Python's
// int() takes, and a boolean of anything by its truth.  JSON-RPC is strict and has no need of this.
#pragma once

#include <string_view>

#include "supervisord/rpc/registry.hpp"

namespace rpc {

/// Turns what can be into the types of the method, and the same in the calls of a multicall.  What cannot stays.
void coerce(std::string_view method, Value& params);

}  // namespace rpc
