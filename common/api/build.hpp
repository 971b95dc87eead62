// What this program is, beside the release of Supervisor that it is compatible with (compat/quirks.md, Q119).
#pragma once

#include <string>

namespace api {

struct Build {
    std::string version;   // ours
    std::string commit;    // what `git describe` says of the sources; "unknown" where there was no repository
    std::string compiler;  // and its version
};
[[nodiscard]] Build build();

/// "supervisord 0.1.0 (1a2b3c4d5e), compatible with Supervisor 4.3.0".
[[nodiscard]] std::string build_title();

}  // namespace api
