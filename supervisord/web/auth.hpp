// Basic authentication of a server section (compat/rpc.md, section 1.4).  Pure.
#pragma once

#include <optional>
#include <string>

#include "common/config/model.hpp"

namespace web {

enum class Verdict { welcome, unauthorized, malformed };

/// A section without a username lets everybody in.  Takes the same time however much of a password is right.
[[nodiscard]] Verdict check_credentials(const config::Server& server, const std::optional<std::string>& authorization);

}  // namespace web
