// Which release of Supervisor this is compatible with.  Third-party tools compare it (compat/quirks.md, Q119).
#pragma once

#include <string_view>

namespace api {
inline constexpr std::string_view supervisor_version = "4.3.0";
inline constexpr std::string_view api_version = "3.0";
}  // namespace api
