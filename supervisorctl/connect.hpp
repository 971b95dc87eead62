// A connected socket to a server.  Bounded in time; names are looked up only when they are no addresses.
#pragma once

#include "common/base/fd.hpp"
#include "common/config/server_url.hpp"
#include "supervisorctl/interrupt.hpp"

namespace supervisorctl {

/// Not blocking.  Throws Trouble, whose text is "[Errno 111] Connection refused" as Python says it: scripts know it.
[[nodiscard]] base::Fd connect_to(const config::ServerUrl& url, const Interrupt& interrupt);

}  // namespace supervisorctl
