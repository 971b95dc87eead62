// The methods that clients can call, one row each: all there is to know of a method.  listMethods, methodHelp and
// methodSignature are loops over the rows; types of parameters and results come from the signature of the function
// that a row names.  Does not call anything: dispatch does.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "common/api/faults.hpp"
#include "common/base/few.hpp"
#include "supervisord/control/supervisor.hpp"

namespace rpc {

/// What travels between a codec and a method; members of objects keep the order of compat/rpc.md.
using Value = nlohmann::ordered_json;
using Answer = std::variant<Value, api::Refusal>;
/// Called exactly once, at once or later from the loop.
using Answered = std::function<void(Answer)>;

struct Parameter {
    std::string_view name;
    std::string_view doc;
};

/// A function, and what its signature says; made by answers() and promises() (binding.hpp).
struct Handler {
    using Call = void (*)(void (*function)(), control::Supervisor& supervisor, const Value& params, Answered answered);

    void (*function)() = nullptr;
    Call call = nullptr;                   // knows the type of function; params is an array
    base::Few<std::string_view, 8> types;  // XML-RPC names: of the result, then of each parameter
    std::size_t required = 0;              // parameters that cannot be left out; they come first
    bool guarded = true;                   // refused with SHUTDOWN_STATE while supervisord is going down
};

struct Method {
    std::string_view name;  // "supervisor.startProcess"
    base::Few<std::string_view, 1> aliases = {};
    std::string_view doc;
    base::Few<Parameter, 7> params = {};
    Parameter result;
    base::Few<api::Fault, 7> faults = {};  // beside those of every method: SHUTDOWN_STATE, INCORRECT_PARAMETERS
    Handler handler;
};

[[nodiscard]] std::span<const Method> methods();
/// By name or alias; nothing when there is none.
[[nodiscard]] const Method* find_method(std::string_view name);
/// All names and aliases, sorted.
[[nodiscard]] std::vector<std::string> method_names();
/// Documentation for people: what it does, "@param TYPE NAME TEXT" and "@return TYPE NAME TEXT" lines.
[[nodiscard]] std::string help(const Method& method);

}  // namespace rpc
