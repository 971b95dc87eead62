// What `supervisord --check` and `supervisorctl check` say about a reading: to people, or as JSON.  Pure.
#pragma once

#include <string>

#include "common/config/reader.hpp"

namespace config {

/// 0: nothing to complain about, 1: warnings, 2: refused.
[[nodiscard]] int check_status(const Reading& reading);

/// Each diagnostic with its line, and a last line that counts them.
[[nodiscard]] std::string check_text(const std::string& path, const Reading& reading);

/// One object: file, accepted, error (the first, when refused), diagnostics, and of what is accepted supervisord,
/// servers, serverurl, rpcinterfaces, groups and warnings, as in json.hpp.
[[nodiscard]] std::string check_json(const std::string& path, const Reading& reading);

}  // namespace config
