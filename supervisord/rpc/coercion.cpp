#include "supervisord/rpc/coercion.hpp"

#include <cmath>

#include <nlohmann/json.hpp>

#include "common/base/text.hpp"
#include "supervisord/rpc/selection.hpp"

namespace rpc {

namespace {

void to_int(Value& value) {
    if (value.is_string()) {
        if (const auto number = base::parse_int(value.get_ref<const std::string&>())) value = *number;
    } else if (value.is_number_float()) {
        constexpr double most = 1LL << 53;  // what a double can tell from its neighbours
        const double whole = std::trunc(value.get<double>());
        if (std::abs(whole) <= most) value = static_cast<std::int64_t>(whole);
    }
}

void to_boolean(Value& value) {
    if (value.is_null()) value = false;
    else if (value.is_string()) value = !value.get_ref<const std::string&>().empty();
    else if (value.is_number_float()) value = value.get<double>() != 0;
    else if (value.is_structured()) value = !value.empty();
}

void to_text(Value& value) {
    if (value.is_boolean()) value = python_text(value.get<bool>());
    else if (value.is_number_integer()) value = python_text(value.get<std::int64_t>());
    else if (value.is_number_float()) value = python_text(value.get<double>());
}

/// Names of groups and of methods are looked up as they come: 5 is one that there is not, and so is a list of methods,
/// and of groups where they are compared one by one.  Names of processes are taken apart first, and what cannot be is no
/// parameter at all.
void to_name(const Method& method, Value& value) {
    const bool of_method = method.name.starts_with("system.method");
    if ((of_method || method.name == "supervisor.addProcessGroup") && value.is_structured()) value = "";
    if (of_method || method.name.ends_with("ProcessGroup")) to_text(value);
}

void coerce_calls(Value& params) {
    if (params.empty() || !params[0].is_array()) return;
    for (Value& call : params[0]) {
        if (!call.is_object()) continue;
        const auto name = call.find("methodName");
        const auto its = call.find("params");
        if (name == call.end() || !name->is_string() || *name == "system.multicall" || its == call.end()) continue;
        coerce(name->get_ref<const std::string&>(), *its);
    }
}

}  // namespace

void coerce(std::string_view method_name, Value& params) {
    const Method* method = find_method(method_name);
    if (!method || !params.is_array()) return;
    if (method->name == "system.multicall") return coerce_calls(params);
    if (!params.empty()) to_name(*method, params[0]);
    auto type = method->handler.types.begin();
    for (Value& value : params) {
        if (++type == method->handler.types.end()) return;
        if (*type == "int") to_int(value);
        if (*type == "boolean") to_boolean(value);
    }
}

}  // namespace rpc
