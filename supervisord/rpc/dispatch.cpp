#include "supervisord/rpc/dispatch.hpp"

#include <algorithm>
#include <optional>

#include <nlohmann/json.hpp>

#include "common/base/text.hpp"

namespace rpc {

namespace {

Answer refuse(api::Fault fault) { return Answer(std::in_place_index<1>, api::Refusal{fault, {}}); }

/// Named parameters in the order of the method's own; nothing when one is unknown, or one that is needed is missing.
std::optional<Value> in_place(const Method& method, const Value& named) {
    Value out = Value::array();
    std::size_t taken = 0;
    for (const Parameter& parameter : method.params) {
        const auto found = named.find(parameter.name);
        if (found != named.end()) ++taken;
        out.push_back(found != named.end() ? *found : Value());
    }
    if (taken != named.size()) return std::nullopt;
    return out;
}

}  // namespace

bool is_served(const control::Supervisor& supervisor, std::string_view method) {
    return supervisor.has_interface() || !method.starts_with("supervisor.");
}

void call(control::Supervisor& supervisor, std::string_view name, const Value& params, Answered answered) {
    const Method* method = find_method(name);
    if (!method || !is_served(supervisor, name)) return answered(refuse(api::Fault::unknown_method));

    std::optional<Value> list;
    if (params.is_null()) list = Value::array();
    else if (params.is_array()) list = params;
    else if (params.is_object()) list = in_place(*method, params);
    if (!list || list->size() < method->handler.required) return answered(refuse(api::Fault::incorrect_parameters));

    if (method->handler.guarded && supervisor.mood() != api::Mood::running)
        return answered(refuse(api::Fault::shutdown_state));
    method->handler.call(method->handler.function, supervisor, *list, std::move(answered));
}

std::string shown_method(std::string_view name) {
    constexpr std::size_t longest = 100;
    const auto is_plain = [](char c) { return c > ' ' && c < 0x7f; };
    if (name.size() <= longest && std::ranges::all_of(name, is_plain)) return std::string(name);
    return base::python_repr(base::to_utf8(name.substr(0, longest)));
}

}  // namespace rpc
