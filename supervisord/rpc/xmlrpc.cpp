#include "supervisord/rpc/xmlrpc.hpp"

#include <exception>
#include <memory>

#include <nlohmann/json.hpp>

#include "common/api/xmlrpc.hpp"
#include "common/base/text.hpp"
#include "supervisord/rpc/coercion.hpp"
#include "supervisord/rpc/dispatch.hpp"

namespace rpc {

namespace {

constexpr std::size_t most_shown = 4096;  // bytes of a request that a line of the log holds

std::string shown(std::string_view body) { return base::python_repr(base::to_utf8(body.substr(0, most_shown))); }

void refuse(control::Supervisor& supervisor, std::string_view body, std::string_view why) {
    supervisor.log(config::LogLevel::error, base::concat("XML-RPC request data ", shown(body), " is invalid: ", why));
}

XmlAnswer to_text(control::Supervisor& supervisor, const std::string& method, const Answer& answer) {
    if (const auto* refusal = std::get_if<api::Refusal>(&answer)) {
        supervisor.log(config::LogLevel::trace,
                       base::concat("XML-RPC method ", shown_method(method), "() returned fault: [",
                                    api::code(refusal->fault), "] ", refusal->text()));
        return {200, api::xmlrpc::write_fault(*refusal)};
    }
    supervisor.log(config::LogLevel::trace,
                   base::concat("XML-RPC method ", shown_method(method), "() returned successfully"));
    return {200, api::xmlrpc::write_result(std::get<Value>(answer))};
}

}  // namespace

void answer_xml(control::Supervisor& supervisor, std::string_view body, std::function<void(XmlAnswer)> answered) {
    std::optional<api::xmlrpc::Call> request = api::xmlrpc::read_call(body);
    if (!request) {
        refuse(supervisor, body, "unmarshallable");
        return answered({400, {}});
    }
    if (request->method.empty()) {
        refuse(supervisor, body, "no method name");
        return answered({400, {}});
    }

    supervisor.log(config::LogLevel::trace, base::concat("XML-RPC method called: ", shown_method(request->method), "()"));
    const auto told = std::make_shared<bool>(false);
    const auto tell = [&supervisor, method = request->method, answered, told](const Answer& answer) {
        *told = true;
        answered(to_text(supervisor, method, answer));
    };
    try {
        Value params(Value::array_t(std::move(request->params)));
        coerce(request->method, params);
        call(supervisor, request->method, params, tell);
    } catch (const std::exception& error) {
        if (*told) throw;
        supervisor.log(config::LogLevel::critical, base::concat("Handling XML-RPC request with data ", shown(body),
                                                                " raised an unexpected exception: ", error.what()));
        answered({500, {}});
    }
}

}  // namespace rpc
