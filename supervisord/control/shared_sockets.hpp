// The sockets of [fcgi-program:x] sections (compat/process.md, section 10).  The processes of a section share one: it
// is made when the first of them is to start, and closed when the last has gone.  The keeper holds it meanwhile, so
// that it outlives the controller.  Accepts nothing.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "common/base/fd.hpp"
#include "common/base/result.hpp"
#include "common/config/model.hpp"
#include "supervisord/keeper/table.hpp"
#include "supervisord/log/activity.hpp"

namespace control {

class Link;

/// A socket that listens.  A unix socket that nobody answers at is replaced; any other file there is an error.  The
/// error begins with "Could not create FastCGI socket".
[[nodiscard]] base::Result<base::Fd> open_fcgi_socket(const config::FcgiSocket& socket);

class SharedSockets {
public:
    SharedSockets(Link& link, logs::Activity& activity);
    ~SharedSockets();

    /// What the keeper has held for controllers before.  To be followed by close_unused() when every process that
    /// still uses one has said so.
    void adopt(const keeper::Header& header);
    void close_unused();

    class Socket;
    /// Held for as long as somebody has it; name: of the section.
    using Use = std::shared_ptr<Socket>;
    [[nodiscard]] base::Result<Use> use(const std::string& name, const config::FcgiSocket& socket);
    [[nodiscard]] static int fd(const Use& use);

private:
    struct Shared;
    std::shared_ptr<Shared> shared_;
};

}  // namespace control
