// XML-RPC as Supervisor speaks it (compat/rpc.md, section 2): the body of a request to the body of its answer.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "supervisord/control/supervisor.hpp"

namespace rpc {

struct XmlAnswer {
    int status = 200;  // HTTP: 400 when the request is no XML-RPC, 500 when a method failed in a way it should not
    std::string body;  // empty unless 200
};

/// Called exactly once, at once or later.
void answer_xml(control::Supervisor& supervisor, std::string_view body, std::function<void(XmlAnswer)> answered);

}  // namespace rpc
