#include "common/config/diagnostic.hpp"

#include "common/base/text.hpp"

namespace config {

std::string where_and_what(const Diagnostic& diagnostic) {
    if (diagnostic.file.empty()) return diagnostic.message;
    if (diagnostic.line == 0) return base::concat(diagnostic.file, ": ", diagnostic.message);
    return base::concat(diagnostic.file, ':', diagnostic.line, ": ", diagnostic.message);
}

}  // namespace config
