// What is wrong, or odd, in a configuration: where, and what would be right.
#pragma once

#include <string>
#include <string_view>

namespace config {

enum class Severity { error, warning, info };

struct Diagnostic {
    Severity severity = Severity::error;
    std::string message;  // Supervisor's text where it has one, exactly
    std::string file;     // empty: the command line
    int line = 0;         // 0: not known
    std::string section;  // "program:web"
    std::string option;
};

/// "FILE:LINE: MESSAGE", as far as it is known where.
[[nodiscard]] std::string where_and_what(const Diagnostic& diagnostic);

}  // namespace config
