// What supervisorctl reads of the same file: its [supervisorctl] section (compat/cli.md, section 1.1; compat/config.md,
// section 7.4).  [include] is ignored, and nothing of the rest is checked but the grammar.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/config/diagnostic.hpp"
#include "common/config/model.hpp"
#include "common/config/surroundings.hpp"

namespace config {

struct Client {
    std::string serverurl = "http://localhost:9001";  // unix:// paths are absolute and normalised
    std::optional<std::string> username;
    std::optional<std::string> password;  // clear text
    std::string prompt = "supervisor";
    std::optional<std::string> history_file;  // absolute

    bool operator==(const Client&) const = default;
};

struct ClientReading {
    std::optional<Client> client;  // nothing when there is an error
    std::vector<Diagnostic> diagnostics;

    [[nodiscard]] const Diagnostic* first_error() const;
};

/// When no file is named and find_file() finds none, the defaults apply: Client{}.
[[nodiscard]] ClientReading read_client(const std::string& path, const Surroundings& surroundings);

struct Context;
/// What supervisord does not read, but whoever checks its file wants to know: warns of a serverurl that leads nowhere.
void check_client(const Context& context, const std::vector<Server>& servers);

}  // namespace config
