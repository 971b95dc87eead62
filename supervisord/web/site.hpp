// What the server serves: a request to its answer.  Knows no connection: who calls moves the bytes.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <variant>

#include "supervisord/control/supervisor.hpp"
#include "supervisord/log/follower.hpp"
#include "supervisord/web/message.hpp"

namespace web {

/// Of an answer: where in its log a stream begins, as FILE:OFFSET.  A client that counts the bytes that came since can ask
/// with it for a stream that goes on there; when that is possible the answer has the same position.  A line of ours in the
/// middle is no part of the log: to who has asked with this header, whatever it said, the chunk of such a line comes with an
/// extension, position="FILE:OFFSET", that says where the stream is after it.
inline constexpr std::string_view log_position_header = "X-Log-Position";

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
