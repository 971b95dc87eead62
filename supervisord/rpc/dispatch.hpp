// From the name of a method and its parameters to its answer.  Checks what is the same for all: that there is such a
// method, number and types of the parameters, that supervisord is not going down.
#pragma once

#include <string>
#include <string_view>

#include "supervisord/rpc/registry.hpp"

namespace rpc {

/// params: an array, an object of named parameters, or null for none.
void call(control::Supervisor& supervisor, std::string_view method, const Value& params, Answered answered);

/// Whether a method that there is can be called.
[[nodiscard]] bool is_served(const control::Supervisor& supervisor, std::string_view method);

/// A method's name as it may stand in a line of the log: what clients call methods can be long, and have line breaks.
[[nodiscard]] std::string shown_method(std::string_view name);

}  // namespace rpc
