// AUTO logs: names, creation and removal (compat/logging.md, section 3.1; quirks.md, Q57).
//     <childlogdir>/<process>-<stdout|stderr>---<identifier>-<8 random characters>.log
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "supervisord/log/stream.hpp"

namespace logs {

using AutoLetters = std::array<char, 8>;  // the random characters of a name, from which all of it can be made again

struct AutoLog {
    std::string path;
    AutoLetters letters{};
};

/// A new empty file, mode 0600; its path is absolute and has no `//` even when the directory ends in a slash.
[[nodiscard]] base::Result<AutoLog> create_auto_log(const std::string& directory, std::string_view process,
                                                    Channel channel, std::string_view identifier);

/// The path of the one that was made with these letters, when it is still there: a file, and ours.
[[nodiscard]] std::optional<std::string> find_auto_log(const std::string& directory, std::string_view process, Channel channel,
                                                       std::string_view identifier, const AutoLetters& letters);

/// PURE.  Whether a file name is that of an AUTO log of this identifier, or of a backup of one.
[[nodiscard]] bool is_auto_log(std::string_view file_name, std::string_view identifier);

/// Removes those of earlier runs.  What went wrong, as lines for the activity log (WARN).
[[nodiscard]] std::vector<std::string> remove_auto_logs(const std::string& directory, std::string_view identifier);

}  // namespace logs
