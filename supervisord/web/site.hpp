// What the server serves: a request to its answer.  Knows no connection: who calls moves the bytes.
#pragma once

#include <functional>
#include <string>
#include <variant>

#include "supervisord/control/supervisor.hpp"
#include "supervisord/log/follower.hpp"
#include "supervisord/web/message.hpp"

namespace web {

/// A log that the client follows: all that comes, until one side ends it.
struct Stream {
    Headers headers;
    std::string path;  // what to watch
    logs::Follower follower;
};
using Answer = std::variant<Response, Stream>;

/// Called at most once, at once or later from the loop.
void answer(control::Supervisor& supervisor, const Request& request, std::function<void(Answer)> answered);

}  // namespace web
