// [unix_http_server] and [inet_http_server], and the plugins that a server would publish.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/config/model.hpp"
#include "common/config/section_reader.hpp"

namespace config {

/// inet first, then unix, as they are opened.  What is wrong is noted in the context.
[[nodiscard]] std::vector<Server> read_servers(const Context& context);

/// What children are told as SUPERVISOR_SERVER_URL: the first unix server, else the last inet one.
[[nodiscard]] std::optional<std::string> default_serverurl(const std::vector<Server>& servers);

[[nodiscard]] std::vector<RpcInterface> read_rpcinterfaces(const Context& context);

}  // namespace config
