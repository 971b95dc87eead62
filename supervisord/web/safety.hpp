// What a server must not be: open to anybody from other machines, or with a password that nobody can give.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/config/model.hpp"

namespace web {

struct Danger {
    std::string_view option;  // that is at fault
    std::string why;          // and what would be right
};

/// Nothing: it may be opened.  May ask for the address of a name.
[[nodiscard]] std::optional<Danger> find_danger(const config::Server& server);

}  // namespace web
