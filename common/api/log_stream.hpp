// What supervisord says to a client that follows a log, besides the log.
#pragma once

#include <string_view>

namespace api {

/// Of an answer: where in its log a stream begins, as FILE:OFFSET.  A client that counts the bytes that came since can ask
/// with it for a stream that goes on there; when that is possible the answer has the same position.  A line of ours in the
/// middle is no part of the log: to who has asked with this header, whatever it said, the chunk of such a line comes with an
/// extension, position="FILE:OFFSET", that says where the stream is after it.
inline constexpr std::string_view log_position_header = "X-Log-Position";

}  // namespace api
