// Base64 with the standard alphabet (RFC 4648).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace base {

/// On one line, padded.
[[nodiscard]] std::string base64(std::string_view bytes);
/// Whitespace is skipped; nothing when the rest is not padded base64.
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

}  // namespace base
