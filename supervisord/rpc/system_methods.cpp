#include <memory>

#include <nlohmann/json.hpp>

#include "supervisord/rpc/budget.hpp"
#include "supervisord/rpc/dispatch.hpp"
#include "supervisord/rpc/in_order.hpp"
#include "supervisord/rpc/methods.hpp"
#include "supervisord/rpc/registry.hpp"

namespace rpc {

namespace {

constexpr std::size_t most_calls = 10'000;
constexpr std::string_view own_name = "system.multicall";

Value fault(const api::Refusal& refusal) {
    Value out;
    out["faultCode"] = api::code(refusal.fault);
    out["faultString"] = refusal.text();
    return out;
}

Value fault(std::string_view detail) { return fault({api::Fault::incorrect_parameters, std::string(detail)}); }

Value to_result(Answer answer) {
    if (answer.index() == 1) return fault(std::get<1>(answer));
    return std::get<0>(std::move(answer));
}

/// What a call of a multicall is answered with by itself, whatever it asks for; null when it has to be made.
Value refused(const Value& call) {
    if (!call.is_object()) return fault("No methodName");
    const auto name = call.find("methodName");
    if (name == call.end() || !name->is_string()) return fault("No methodName");
    if (*name == own_name) return fault("Recursive system.multicall forbidden");
    return nullptr;
}

}  // namespace

std::vector<std::string> list_methods(Supervisor& supervisor) {
    std::vector<std::string> names = method_names();
    std::erase_if(names, [&](const std::string& name) { return !is_served(supervisor, name); });
    return names;
}

Returned<std::string> method_help(Supervisor& supervisor, const std::string& name) {
    const Method* method = find_method(name);
    if (!method || !is_served(supervisor, name)) return api::Refusal{api::Fault::signature_unsupported, {}};
    return help(*method);
}

Returned<std::vector<std::string>> method_signature(Supervisor& supervisor, const std::string& name) {
    const Method* method = find_method(name);
    if (!method || !is_served(supervisor, name)) return api::Refusal{api::Fault::signature_unsupported, {}};
    return std::vector<std::string>(method->handler.types.begin(), method->handler.types.end());
}

void multicall(Supervisor& supervisor, Reply<std::vector<Value>> reply, const std::vector<Value>& calls) {
    if (calls.size() > most_calls) return reply.refuse(api::Fault::incorrect_parameters, "too many calls");
    const auto made = std::make_shared<const std::vector<Value>>(calls);
    const auto results = std::make_shared<std::vector<Value>>();
    const auto budget = std::make_shared<Budget>();
    const auto step = [&supervisor, made, results, budget](std::size_t number, const std::function<void()>& next) {
        const Value& one = (*made)[number];
        if (Value refusal = refused(one); !refusal.is_null()) {
            results->push_back(std::move(refusal));
            return next();
        }
        if (budget->is_spent()) {
            results->push_back(fault(Budget::refusal()));
            return next();
        }
        const auto params = one.find("params");
        call(supervisor, one["methodName"].get_ref<const std::string&>(), params == one.end() ? Value() : *params,
             [&supervisor, results, budget, next](Answer answer) {
                 bool heavy = false;
                 results->push_back(to_result(budget->take(std::move(answer), heavy)));
                 if (heavy) return supervisor.soon(next);
                 next();
             });
    };
    in_order(calls.size(), step, [results, reply] { reply(std::move(*results)); });
}

}  // namespace rpc
