// The listening sockets of a controller, which the keeper holds for those after it: taken over, opened, given up.  Before
// a reload those are opened that the new configuration has besides: what cannot be opened then leaves all as it is.
// Does not serve them (web/server.hpp).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/base/fd.hpp"
#include "common/base/result.hpp"
#include "common/config/reader.hpp"
#include "supervisord/control/link.hpp"
#include "supervisord/keeper/table.hpp"

namespace control_role {

class Sockets {
public:
    Sockets(const keeper::Snapshot& snapshot, control::Link& link);

    /// Closes those that no server has any more.
    void give_up_others(const std::vector<config::Server>& servers);
    /// That of a server, held or new.  An error of owner and mode only is in `problem`.
    [[nodiscard]] base::Result<base::Fd> take(const config::Server& server, std::string& problem);
    /// What is wrong with a server of a configuration that is to come; nothing: its sockets are open.
    [[nodiscard]] std::optional<config::Diagnostic> prepare(const config::Reading& next);

private:
    struct Opened {
        std::string name;  // as the keeper knows it
        base::Fd fd;
    };

    struct Held {
        base::Fd fd;
        std::uint32_t inode = 0;  // as the keeper has it: of the name of a Unix socket
    };

    control::Link& link_;
    std::map<std::string, Held> held_;
    std::vector<config::Server> servers_;  // whose sockets were taken

    [[nodiscard]] bool is_open(const config::Server& server) const;
    [[nodiscard]] base::Result<base::Fd> open(const config::Server& server) const;
    [[nodiscard]] std::optional<config::Diagnostic> open_missing(const config::Reading& next, std::vector<Opened>& opened) const;
    [[nodiscard]] std::optional<config::Diagnostic> change_owners(const config::Reading& next) const;
    void hold(std::string name, base::Fd fd);
};

/// Makes the keeper hold a copy of a descriptor under a name.
void put(control::Link& link, std::string_view name, int fd);

}  // namespace control_role
