// What this program is: for `supervisord --build-info` (compat/quirks.md, Q119).
#pragma once

#include <string>

namespace launch {
[[nodiscard]] std::string build_info();
}
