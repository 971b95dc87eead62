// How tests of this folder call methods.
#pragma once

#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "supervisord/rpc/dispatch.hpp"
#include "tests/support/fake_supervisor.hpp"

namespace asking {

/// What a call was answered with so far: JSON text, or "fault 10 BAD_NAME: x"; nothing when it still waits.
inline std::shared_ptr<std::optional<std::string>> ask(fake::Supervisor& supervisor, const std::string& method,
                                                       const std::string& params = "[]") {
    const auto answered = std::make_shared<std::optional<std::string>>();
    rpc::call(supervisor, method, rpc::Value::parse(params), [answered](const rpc::Answer& answer) {
        REQUIRE_FALSE(answered->has_value());
        if (const auto* refusal = std::get_if<api::Refusal>(&answer))
            *answered = "fault " + std::to_string(api::code(refusal->fault)) + " " + refusal->text();
        else
            *answered = std::get<rpc::Value>(answer).dump(-1, ' ', false, rpc::Value::error_handler_t::replace);
    });
    return answered;
}

/// The same, for what does not take longer than what is due anyway.
inline std::string now(fake::Supervisor& supervisor, const std::string& method, const std::string& params = "[]") {
    const auto answered = ask(supervisor, method, params);
    supervisor.run();
    return answered->value_or("no answer");
}

}  // namespace asking
