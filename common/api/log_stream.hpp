// What supervisord says to a client that follows a log, besides the log.
#pragma once

#include <string_view>

namespace api {

/// Of an answer: where in its log a stream begins, as FILE:OFFSET.  A client that counts the bytes that came since can ask
/// with it for a stream that goes on there; when that is possible the answer has the same position.
inline constexpr std::string_view log_position_header = "X-Log-Position";

/// Lines in the stream that are in no log: after one of them the count of bytes is no position any more.
inline constexpr std::string_view log_truncated = "==> File truncated <==\n";
inline constexpr std::string_view log_missing = "\n==> Rotated faster than it was read: something may be missing here <==\n";

}  // namespace api
