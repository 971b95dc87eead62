// What must be possible before anything is stopped for a reload.  Opens nothing for good: sockets are sockets.hpp.
#pragma once

#include <optional>

#include "common/config/reader.hpp"

namespace control_role {

/// What of [supervisord] cannot be put in force; nothing: all can.  The reading has a configuration.
[[nodiscard]] std::optional<config::Diagnostic> find_obstacle(const config::Reading& next);

}  // namespace control_role
