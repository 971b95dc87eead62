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

    std::string plain{};    // the message without what the place says anyway; empty: the message as it is
    int column = 0;         // from 1, in characters; 0: not known
    std::string source{};   // the line as it stands in the file
    std::string allowed{};  // what would be right, for people
    std::string meant{};    // the nearest known name
    bool unknown = false;   // a name that means nothing: an error when reading strictly
};

/// "FILE:LINE: MESSAGE", as far as it is known where.
[[nodiscard]] std::string where_and_what(const Diagnostic& diagnostic);

/// "FILE:LINE:COLUMN", as far as it is known; empty for the command line.
[[nodiscard]] std::string place(const Diagnostic& diagnostic);
/// The line with a mark under the column, what is allowed, and what may have been meant, each line indented and ended.
[[nodiscard]] std::string excerpt(const Diagnostic& diagnostic);
/// "PLACE: error: WHAT", and the excerpt.
[[nodiscard]] std::string explain(const Diagnostic& diagnostic);

/// "error", "warning" or "info".
[[nodiscard]] std::string_view name(Severity severity);

}  // namespace config
