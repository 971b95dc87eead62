#include "supervisord/rpc/jsonrpc.hpp"

#include <exception>
#include <memory>
#include <utility>
#include <variant>

#include <nlohmann/json.hpp>

#include "common/api/jsonrpc.hpp"
#include "common/base/text.hpp"
#include "supervisord/rpc/budget.hpp"
#include "supervisord/rpc/dispatch.hpp"
#include "supervisord/rpc/in_order.hpp"

namespace rpc {

namespace {

using api::jsonrpc::Code;
using Send = std::function<void(std::string)>;

std::string error_text(const api::jsonrpc::Failure& failure) {
    return api::jsonrpc::write_json(api::jsonrpc::write_error(nullptr, failure));
}

Value to_message(const Value& id, Answer answer) {
    if (answer.index() == 1) return api::jsonrpc::write_error(id, api::jsonrpc::to_failure(std::get<1>(answer)));
    return api::jsonrpc::write_result(id, std::get<0>(std::move(answer)));
}

/// Answers one element of a message with a message of its own, null for a notification.
/// heavy: whether it was much, and others should have their turn.
void answer_one(control::Supervisor& supervisor, const Value& message, Budget& budget,
                const std::function<void(Value, bool heavy)>& answered) {
    api::jsonrpc::Request request;
    const bool valid = api::jsonrpc::read_request(message, request);
    const Value id = request.id ? *request.id : Value();
    if (!valid) return answered(api::jsonrpc::write_error(id, api::jsonrpc::to_failure(Code::invalid_request)), false);

    supervisor.log(config::LogLevel::trace, base::concat("JSON-RPC method called: ", shown_method(request.method), "()"));
    const bool wanted = request.id != nullptr;
    const auto told = std::make_shared<bool>(false);
    const auto tell = [answered, id, wanted, told, &budget](Answer answer) {
        *told = true;
        bool heavy = false;
        Answer kept = budget.take(std::move(answer), heavy);
        answered(wanted ? to_message(id, std::move(kept)) : Value(), heavy);
    };
    if (budget.is_spent()) return tell(Answer(std::in_place_index<1>, Budget::refusal()));
    try {
        call(supervisor, request.method, request.params ? *request.params : Value(), tell);
    } catch (const std::exception& error) {
        if (*told) throw;
        supervisor.log(config::LogLevel::critical, base::concat("JSON-RPC method ", shown_method(request.method),
                                                                "() raised an unexpected exception: ", error.what()));
        answered(wanted ? api::jsonrpc::write_error(id, api::jsonrpc::to_failure(Code::internal_error)) : Value(), false);
    }
}

void answer_batch(control::Supervisor& supervisor, Value messages, const Send& answered) {
    const auto batch = std::make_shared<const Value>(std::move(messages));
    const auto answers = std::make_shared<Value>(Value::array());
    const auto budget = std::make_shared<Budget>();
    const auto step = [&supervisor, batch, answers, budget](std::size_t number, const std::function<void()>& next) {
        answer_one(supervisor, (*batch)[number], *budget, [&supervisor, answers, budget, next](Value answer, bool heavy) {
            if (!answer.is_null()) answers->push_back(std::move(answer));
            if (heavy) return supervisor.soon(next);
            next();
        });
    };
    in_order(batch->size(), step,
             [answers, answered] { answered(answers->empty() ? std::string() : api::jsonrpc::write_json(*answers)); });
}

}  // namespace

void answer_json(control::Supervisor& supervisor, std::string_view body, std::function<void(std::string)> answered) {
    auto read = api::jsonrpc::read_message(body);
    if (const auto* failure = std::get_if<api::jsonrpc::Failure>(&read)) return answered(error_text(*failure));
    Value message = std::get<Value>(std::move(read));
    if (message.is_array() && message.empty()) return answered(error_text(api::jsonrpc::to_failure(Code::invalid_request)));
    if (message.is_array()) return answer_batch(supervisor, std::move(message), answered);
    const auto budget = std::make_shared<Budget>();
    answer_one(supervisor, message, *budget, [answered, budget](const Value& answer, bool) {
        answered(answer.is_null() ? std::string() : api::jsonrpc::write_json(answer));
    });
}

}  // namespace rpc
