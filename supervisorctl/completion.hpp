// What Tab offers (compat/cli.md, section 1.3).  Pure but for the question which processes there are, which is asked
// only when it matters.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "supervisorctl/remote.hpp"

namespace supervisorctl {

struct Completion {
    std::string typed;                    // the word that is being typed; only blanks end a word
    std::vector<std::string> candidates;  // that begin with it, sorted
};

[[nodiscard]] Completion complete(std::string_view before_cursor,
                                  const std::function<std::vector<Process>()>& processes);

/// How far all candidates agree.
[[nodiscard]] std::string common_beginning(const std::vector<std::string>& candidates);

}  // namespace supervisorctl
