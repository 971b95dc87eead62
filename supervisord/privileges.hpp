// What supervisord does to itself before it does anything for others: gives up root, raises its limits.  Texts and
// order are those of compat/signals.md, sections 5 and 6.  Done once, by the launcher.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/base/result.hpp"
#include "common/config/diagnostic.hpp"
#include "common/config/model.hpp"

namespace launch {

/// A line for the activity log, which is not open yet.
struct Message {
    config::LogLevel level;
    std::string text;
};

/// What the log says of the user, at the start and again at a reload; nothing when settings.user is not in force.
[[nodiscard]] std::optional<Message> user_message(const config::Settings& settings);

/// Becomes settings.user; the error is a usage error.
[[nodiscard]] base::Result<void> drop_privileges(const config::Settings& settings, std::vector<Message>& messages);

/// minfds and minprocs; the error is a usage error.
[[nodiscard]] base::Result<void> raise_limits(const config::Settings& settings, std::vector<Message>& messages);

}  // namespace launch
