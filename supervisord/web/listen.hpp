// Listening sockets of [unix_http_server] and [inet_http_server] (compat/signals.md, section 7).  A Unix socket appears
// under its name when it has its owner and its mode and listens, never before, and never in the place of one that
// somebody listens on.  Does not serve them, and does not remove them at the end.
#pragma once

#include <span>

#include "common/base/fd.hpp"
#include "common/base/result.hpp"
#include "common/config/model.hpp"

namespace web {

/// The error is the text of Supervisor's usage error ("Another program is already listening on a port ...").  A stale
/// socket is removed, which is told on stderr as Supervisor does.  May take some seconds when another supervisord
/// starts at the same time.
[[nodiscard]] base::Result<base::Fd> open_unix(const config::Server& server);
/// Also beside these sockets of ours that listen on the same port of other addresses.
[[nodiscard]] base::Result<base::Fd> open_inet(const config::Server& server, std::span<const int> beside = {});
/// For a socket that has been open since before a reload: its owner and mode as the section has them now.
[[nodiscard]] base::Result<void> set_owner_and_mode(const config::Server& server);
/// One or the other, as its family says.
[[nodiscard]] base::Result<base::Fd> open_listening(const config::Server& server, std::span<const int> beside = {});

}  // namespace web
