#include "common/api/jsonrpc.hpp"

#include <array>
#include <cstddef>

#include <nlohmann/json.hpp>

#include "common/base/text.hpp"

namespace api::jsonrpc {

namespace {

constexpr std::size_t deepest = 32;
struct Most {
    std::size_t elements;  // in a whole message
    std::size_t members;   // of one object: each is compared with all before it
};
constexpr Most of_a_request{200'000, 64};
constexpr Most of_an_answer{4'000'000, 256};  // all options of as many processes as there can be are fewer

constexpr std::string_view text_of(Code code) {
    switch (code) {
        case Code::parse_error: return "Parse error";
        case Code::invalid_request: return "Invalid Request";
        case Code::method_not_found: return "Method not found";
        case Code::invalid_params: return "Invalid params";
        case Code::internal_error: return "Internal error";
    }
    return "Internal error";
}

/// What there is too much of, counted before anything is allocated; nothing: it is modest.  Text that is no JSON may
/// pass: the parser refuses it.
std::string excess_of(std::string_view text, const Most& most) {
    std::array<std::size_t, deepest + 1> members{};  // of each open bracket; the elements of arrays have no limit here
    std::array<bool, deepest + 1> is_object{};
    std::size_t depth = 0;
    std::size_t elements = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (in_string) {
            if (c == '\\') ++i;
            if (c == '"') in_string = false;
            continue;
        }
        if (c == '"') in_string = true;
        if ((c == ']' || c == '}') && depth > 0) --depth;
        if (c == ',' && ++members[depth] > most.members && is_object[depth])
            return base::concat("an object has more than ", most.members, " members");
        if (c == '[' || c == '{') {
            if (++depth > deepest) return base::concat("it is nested more than ", deepest, " deep");
            members[depth] = 1;
            is_object[depth] = c == '{';
        }
        if ((c == '[' || c == '{' || c == ',') && ++elements > most.elements)
            return base::concat("it has more than ", most.elements, " elements");
    }
    return "";
}

const Value* member(const Value& object, const char* name) {
    const auto found = object.find(name);
    return found == object.end() ? nullptr : &*found;
}

std::string text_member(const Value& object, const char* name) {
    const Value* found = object.is_object() ? member(object, name) : nullptr;
    return found && found->is_string() ? found->get<std::string>() : std::string();
}

Failure no_answer(std::string message) {
    return {static_cast<int>(Code::internal_error), std::move(message), {}, {}};
}

}  // namespace

Failure to_failure(Code code) { return {static_cast<int>(code), std::string(text_of(code)), {}, {}}; }

Failure to_failure(const Refusal& refusal) {
    Failure failure{code(refusal.fault), refusal.text(), std::string(name(refusal.fault)), refusal.detail};
    if (refusal.fault == Fault::unknown_method) failure.code = static_cast<int>(Code::method_not_found);
    if (refusal.fault == Fault::incorrect_parameters) failure.code = static_cast<int>(Code::invalid_params);
    return failure;
}

std::string write_request(std::int64_t id, std::string_view method, const Value& params) {
    Value message;
    message["jsonrpc"] = "2.0";
    message["method"] = method;
    message["params"] = params;
    message["id"] = id;
    return write_json(message);
}

std::variant<Value, Failure> read_answer(std::string_view text) {
    // Texts are as long as they like, for a log is one.  Who writes it again would need a stack as deep as it is.
    if (const std::string excess = excess_of(text, of_an_answer); !excess.empty()) return no_answer(base::concat("the answer cannot be read: ", excess));
    Value message = Value::parse(text, nullptr, false);
    if (!message.is_object()) return no_answer("the answer is not a JSON-RPC message");
    if (const auto result = message.find("result"); result != message.end()) return std::move(*result);
    const Value* error = member(message, "error");
    if (!error || !error->is_object()) return no_answer("the answer has neither a result nor an error");

    Failure failure;
    const Value* number = member(*error, "code");
    if (!number || !number->is_number_integer()) return no_answer("the answer is an error without a code");
    failure.code = number->get<int>();
    failure.message = text_member(*error, "message");
    if (const Value* about = member(*error, "data")) {
        failure.name = text_member(*about, "name");
        failure.detail = text_member(*about, "detail");
    }
    return failure;
}

std::variant<Value, Failure> read_message(std::string_view text) {
    if (const std::string excess = excess_of(text, of_a_request); !excess.empty()) {
        Failure failure = to_failure(Code::invalid_request);
        failure.message += base::concat(": ", excess);
        return failure;
    }
    Value message = Value::parse(text, nullptr, false);
    if (message.is_discarded()) return to_failure(Code::parse_error);
    return message;
}

bool read_request(const Value& message, Request& request) {
    request = {};
    if (!message.is_object()) return false;
    if (const Value* id = member(message, "id")) {
        if (!id->is_string() && !id->is_number() && !id->is_null()) return false;
        request.id = id;
    }
    if (text_member(message, "jsonrpc") != "2.0") return false;
    const Value* method = member(message, "method");
    if (!method || !method->is_string()) return false;
    request.method = method->get<std::string>();
    if (const Value* params = member(message, "params")) {
        if (!params->is_array() && !params->is_object()) return false;
        request.params = params;
    }
    return true;
}

Value write_result(const Value& id, Value result) {
    Value message;
    message["jsonrpc"] = "2.0";
    message["result"] = std::move(result);
    message["id"] = id;
    return message;
}

Value write_error(const Value& id, const Failure& failure) {
    Value error;
    error["code"] = failure.code;
    error["message"] = failure.message;
    if (!failure.name.empty()) {
        error["data"]["name"] = failure.name;
        error["data"]["detail"] = failure.detail;
    }
    Value message;
    message["jsonrpc"] = "2.0";
    message["error"] = std::move(error);
    message["id"] = id;
    return message;
}

std::string write_json(const Value& value) { return value.dump(-1, ' ', false, Value::error_handler_t::replace); }

}  // namespace api::jsonrpc
