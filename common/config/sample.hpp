// The sample configuration, as echo_supervisord_conf prints it, and the reference of options for docs/: both are the
// rows of the option table, put into words.
#pragma once

#include <string>

namespace config {

/// What is not commented out in it is a configuration that works.
[[nodiscard]] std::string sample_text();

/// All sections and options in Markdown, with what is read but not acted on yet.
[[nodiscard]] std::string coverage_text();

}  // namespace config
