// Log streams on the screen: what `tail -f`, `maintail -f` and `fg` share.
#pragma once

#include <optional>
#include <string>

#include "supervisorctl/client.hpp"
#include "supervisorctl/remote.hpp"

namespace supervisorctl {

class Session;

/// "/logtail/web/stdout"
[[nodiscard]] std::string log_path(const std::string& name, Channel channel);

/// Nothing when it cannot be had: standard error then says why.
[[nodiscard]] std::optional<Stream> open_stream(Session& session, const std::string& path);

/// Prints what comes until the server ends it or Ctrl-C is pressed (true); the exit status is set when it cannot be had.
bool follow(Session& session, const std::string& path);

}  // namespace supervisorctl
