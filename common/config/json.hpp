// A Config as JSON, for the note that the controller leaves for its successor, and for tests.  Nothing is lost: what
// is read back is equal.  Each option has its own name, log files are a path, "auto" or null, numbers are numbers.
#pragma once

#include <optional>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "common/base/result.hpp"
#include "common/config/model.hpp"

namespace config {

[[nodiscard]] nlohmann::ordered_json to_json(const Config& config);
[[nodiscard]] nlohmann::ordered_json to_json(const Group& group);

/// The error names the member that is missing or of another type.
[[nodiscard]] base::Result<Config> config_from_json(const nlohmann::ordered_json& json);
[[nodiscard]] base::Result<Group> group_from_json(const nlohmann::ordered_json& json);

/// JSON as CBOR; nothing: it is none, or larger or deeper than any of ours.
[[nodiscard]] std::optional<nlohmann::ordered_json> from_cbor(std::string_view text);

}  // namespace config
