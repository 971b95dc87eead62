// What a request asks for, told from its head alone (compat/rpc.md, section 1.3).  Pure.
#pragma once

#include <string>
#include <variant>

#include "supervisord/control/supervisor.hpp"
#include "supervisord/web/message.hpp"

namespace web {

struct CallXml {};
struct CallJson {};
struct FollowProcess {
    std::string name;  // "process" or "group:process"
    control::Channel channel = control::Channel::out;
};
struct FollowMain {};
struct Refuse {
    int status = 404;
};
using Route = std::variant<Refuse, CallXml, CallJson, FollowProcess, FollowMain>;

[[nodiscard]] Route route(const Head& head);

}  // namespace web
