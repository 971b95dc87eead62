// What a request asks for, told from its head alone (compat/rpc.md, section 1.3).  Pure.
#pragma once

#include <string>
#include <string_view>
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
struct ShowStatus {};  // or do what the parameters say
struct ShowTail {};
struct ShowOk {};
struct ShowStylesheet {};
struct Refuse {
    int status = 404;
    std::string_view why = {};  // for people; empty: the status says it
};
struct Redirect {
    std::string_view location;  // relative: a proxy may have another name and path than this server
};
using Route = std::variant<Refuse, CallXml, CallJson, FollowProcess, FollowMain, ShowStatus, ShowTail, ShowOk, ShowStylesheet, Redirect>;

/// What our pages set as SameSite=Strict: a browser sends it with no request that another site makes.
inline constexpr std::string_view page_cookie = "supervisord=page";

[[nodiscard]] Route route(const Head& head);

}  // namespace web
