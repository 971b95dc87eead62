#include "supervisorctl/dialect.hpp"

#include <nlohmann/json.hpp>

#include "common/api/jsonrpc.hpp"
#include "common/api/xmlrpc.hpp"

namespace supervisorctl {

using Value = nlohmann::ordered_json;
using base::concat;

namespace {

/// The two faults for which JSON-RPC has codes of its own get Supervisor's numbers back.
Refused refused(const api::jsonrpc::Failure& failure, std::string_view where) {
    using api::jsonrpc::Code;
    switch (static_cast<Code>(failure.code)) {
        case Code::method_not_found: return {api::Fault::unknown_method, "UNKNOWN_METHOD"};
        case Code::invalid_params: return {api::Fault::incorrect_parameters, failure.message};
        case Code::parse_error:
        case Code::invalid_request:
        case Code::internal_error: throw Trouble(Trouble::Kind::other, concat(where, ": ", failure.message));
    }
    return {static_cast<api::Fault>(failure.code), failure.message};
}

Refused refused(const api::xmlrpc::Failure& failure, std::string_view where) {
    if (failure.code == 0) throw Trouble(Trouble::Kind::other, concat(where, ": ", failure.message));
    return {static_cast<api::Fault>(failure.code), failure.message};
}

template <class Failure>
std::variant<Value, Refused> granted_or_refused(std::variant<Value, Failure> answer, std::string_view where) {
    if (const auto* failure = std::get_if<Failure>(&answer)) return refused(*failure, where);
    return std::get<Value>(std::move(answer));
}

}  // namespace

std::string_view path_of(Dialect dialect) { return dialect == Dialect::json ? "/rpc" : "/RPC2"; }

std::string_view content_type_of(Dialect dialect) { return dialect == Dialect::json ? "application/json" : "text/xml"; }

std::string write_call(Dialect dialect, std::int64_t id, std::string_view method, const Value& params) {
    return dialect == Dialect::json ? api::jsonrpc::write_request(id, method, params)
                                    : api::xmlrpc::write_call(method, params);
}

std::variant<Value, Refused> read_answer(Dialect dialect, std::string_view text, std::string_view where) {
    if (dialect == Dialect::json) return granted_or_refused(api::jsonrpc::read_answer(text), where);
    return granted_or_refused(api::xmlrpc::read_answer(text), where);
}

}  // namespace supervisorctl
