// From typed functions to handlers of values: what types a function takes and gives is read from its signature.  Only
// the registry includes this.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>

#include "supervisord/rpc/methods.hpp"
#include "supervisord/rpc/registry.hpp"
#include "supervisord/rpc/shapes.hpp"

namespace rpc::binding {

template <class T, template <class...> class Template>
inline constexpr bool is = false;
template <template <class...> class Template, class... Arguments>
inline constexpr bool is<Template<Arguments...>, Template> = true;

/// The name that XML-RPC has for a type.
template <class T>
constexpr std::string_view type_name() {
    if constexpr (std::same_as<T, Scalar>) return "string";
    else if constexpr (std::same_as<T, bool>) return "boolean";
    else if constexpr (std::integral<T>) return "int";
    else if constexpr (std::same_as<T, std::string>) return "string";
    else if constexpr (is<T, std::optional>) return type_name<typename T::value_type>();
    else if constexpr (is<T, std::variant>) return type_name<std::variant_alternative_t<0, T>>();
    else if constexpr (is<T, std::vector> || is<T, std::tuple>) return "array";
    else return "struct";
}

// Results.

template <class T>
Value to_value(T&& result) {
    using Plain = std::remove_cvref_t<T>;
    if constexpr (is<Plain, std::variant>) {
        const auto convert = [](auto&& one) { return to_value(std::forward<decltype(one)>(one)); };
        return std::visit(convert, std::forward<T>(result));
    } else if constexpr (std::same_as<Plain, std::vector<Value>>) {
        return Value(Value::array_t(std::forward<T>(result)));
    } else if constexpr (is<Plain, std::vector>) {
        Value out = Value::array();
        for (auto& element : result) out.push_back(to_value(std::move(element)));
        return out;
    } else if constexpr (is<Plain, std::tuple>) {
        Value out = Value::array();
        std::apply([&out](auto&... elements) { (out.push_back(to_value(std::move(elements))), ...); }, result);
        return out;
    } else if constexpr (requires { shape(static_cast<Plain*>(nullptr)); }) {
        Value out = Value::object();
        const auto add = [&](const auto& member) {
            out.emplace(member.name, to_value(std::move(result.*member.pointer)));
        };
        std::apply([&](const auto&... members) { (add(members), ...); }, shape(static_cast<Plain*>(nullptr)));
        return out;
    } else {
        return Value(std::forward<T>(result));
    }
}

// Parameters.  A boolean will do for a number and a number for a boolean: clients in languages without booleans send 1.

inline bool from_value(const Value& value, bool& out) {
    if (value.is_boolean()) out = value.get<bool>();
    else if (value.is_number_integer()) out = value.get<std::int64_t>() != 0;
    else return false;
    return true;
}

inline bool from_value(const Value& value, std::int64_t& out) {
    if (value.is_boolean()) out = value.get<bool>() ? 1 : 0;
    else if (value.is_number_unsigned() && value.get<std::uint64_t>() > INT64_MAX) return false;
    else if (value.is_number_integer()) out = value.get<std::int64_t>();
    else return false;
    return true;
}

inline bool from_value(const Value& value, std::string& out) {
    if (!value.is_string()) return false;
    out = value.get_ref<const std::string&>();
    return true;
}

inline bool from_value(const Value& value, Scalar& out) {
    if (value.is_string()) out = value.get<std::string>();
    else if (value.is_boolean()) out = value.get<bool>();
    else if (value.is_number_integer()) out = value.get<std::int64_t>();
    else if (value.is_number_float()) out = value.get<double>();
    else return false;
    return true;
}

inline bool from_value(const Value& value, std::vector<Value>& out) {
    if (!value.is_array()) return false;
    out = value.get_ref<const Value::array_t&>();
    return true;
}

template <class T>
bool from_value(const Value& value, std::optional<T>& out) {
    if (value.is_null()) return true;
    return from_value(value, out.emplace());
}

/// False when number or types are not what the function takes.
template <class... Parameters>
bool read_parameters(const Value& params, std::tuple<Parameters...>& out) {
    if (params.size() > sizeof...(Parameters)) return false;
    std::size_t next = 0;
    const auto read = [&]<class T>(T& parameter) {
        if (next < params.size()) return from_value(params[next++], parameter);
        return is<T, std::optional>;
    };
    return std::apply([&](auto&... parameters) { return (read(parameters) && ...); }, out);
}

// Functions.

template <class T>
struct Result {
    using type = T;
};
template <class T>
struct Result<Returned<T>> {
    using type = T;
};

template <class T>
Answer to_answer(Returned<T> returned) {
    if (returned.index() == 1) return Answer(std::in_place_index<1>, std::get<1>(std::move(returned)));
    return Answer(std::in_place_index<0>, to_value(std::get<0>(std::move(returned))));
}
template <class T>
    requires(!is<T, std::variant>)
Answer to_answer(T result) {
    return Answer(std::in_place_index<0>, to_value(std::move(result)));
}

inline Answer wrong_parameters() {
    return Answer(std::in_place_index<1>, api::Refusal{api::Fault::incorrect_parameters, {}});
}

using Erased = void (*)();

template <class T, class... Parameters>
Handler make(Erased function, Handler::Call call) {
    Handler handler{function, call, {type_name<typename Result<T>::type>(), type_name<Parameters>()...}, 0, true};
    handler.required = (std::size_t{0} + ... + (is<Parameters, std::optional> ? 0 : 1));
    return handler;
}

}  // namespace rpc::binding

namespace rpc {

/// A function that returns its answer: T or Returned<T>.
template <class T, class... Parameters>
Handler answers(T (*function)(Supervisor&, Parameters...)) {
    const Handler::Call call = [](binding::Erased erased, Supervisor& supervisor, const Value& params,
                                  Answered answered) {
        std::tuple<std::remove_cvref_t<Parameters>...> parameters;
        if (!binding::read_parameters(params, parameters)) return answered(binding::wrong_parameters());
        const auto body = reinterpret_cast<T (*)(Supervisor&, Parameters...)>(erased);
        const auto run = [&](const auto&... each) { return body(supervisor, each...); };
        answered(binding::to_answer(std::apply(run, parameters)));
    };
    return binding::make<T, std::remove_cvref_t<Parameters>...>(reinterpret_cast<binding::Erased>(function), call);
}

/// A function that answers through a Reply, now or later.
template <class T, class... Parameters>
Handler promises(void (*function)(Supervisor&, Reply<T>, Parameters...)) {
    const Handler::Call call = [](binding::Erased erased, Supervisor& supervisor, const Value& params,
                                  Answered answered) {
        std::tuple<std::remove_cvref_t<Parameters>...> parameters;
        if (!binding::read_parameters(params, parameters)) return answered(binding::wrong_parameters());
        const auto body = reinterpret_cast<void (*)(Supervisor&, Reply<T>, Parameters...)>(erased);
        const Reply<T> reply([answered](Returned<T> returned) { answered(binding::to_answer<T>(std::move(returned))); });
        const auto run = [&](const auto&... each) { body(supervisor, reply, each...); };
        std::apply(run, parameters);
    };
    return binding::make<T, std::remove_cvref_t<Parameters>...>(reinterpret_cast<binding::Erased>(function), call);
}

/// Also while supervisord is going down.
inline Handler always(Handler handler) {
    handler.guarded = false;
    return handler;
}

}  // namespace rpc
