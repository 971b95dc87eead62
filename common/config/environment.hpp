// The value of environment=: KEY="value" pairs, cut into words as a shell would, with the limits of Python's lexer
// (compat/config.md, section 11, head).  Expands nothing.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/config/model.hpp"

namespace config {

struct Pairs {
    Environment environment;
    /// Words that stand where a "," or ";" should and are dropped (Q9).
    std::vector<std::string> dropped;
};

[[nodiscard]] base::Result<Pairs> parse_pairs(std::string_view text);

/// Written so that parse_pairs() reads it back.
[[nodiscard]] std::string write_pairs(const Environment& environment);

}  // namespace config
