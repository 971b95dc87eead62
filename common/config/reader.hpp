// From a file to a Config: grammar, includes, expansion, defaults, checks, groups in start order (compat/config.md).
// Used by supervisord at start and at each reread.  Does not do anything that the configuration asks for: no
// directory is made, no file is opened for writing, no process knows of it.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/config/diagnostic.hpp"
#include "common/config/model.hpp"
#include "common/config/surroundings.hpp"

namespace config {

struct Reading {
    std::optional<Config> config;  // nothing when there is an error
    /// In the order in which they were met.  The first error is the one that Supervisor reports; its message is
    /// Supervisor's text.  Warnings and infos go to the activity log once it is open: warnings before infos.
    std::vector<Diagnostic> diagnostics;

    std::vector<LeftOut> left_out;

    [[nodiscard]] const Diagnostic* first_error() const;

    struct Place {
        std::string file;
        int line = 0, column = 0;
        std::string source{};
    };
    /// Where the options of [supervisord] and of the servers stand, as "SECTION.OPTION".
    std::map<std::string, Place, std::less<>> places;
    /// An error about one of them that shows only when it is put in force.
    [[nodiscard]] Diagnostic cannot_apply(std::string_view section, std::string_view option, std::string_view why) const;
    /// A warning for each option of [supervisord] that is another one here, and that a reload does not put in force.
    [[nodiscard]] std::vector<Diagnostic> left_for_a_start(const Settings& active) const;

private:
    [[nodiscard]] Diagnostic about(std::string_view section, std::string_view option, std::string message) const;
};

/// The path is named in messages as given here, and made absolute in the Config.
[[nodiscard]] Reading read(const std::string& path, const Surroundings& surroundings);

/// What the user set to something else than its default although the program does not act on it yet: one warning
/// for each option of each section.
[[nodiscard]] std::vector<Diagnostic> not_acted_on(const Config& config);

/// Where a file is looked for when none is named (section 2); exec_path is argv[0] as the kernel was given it
/// (AT_EXECFN).
[[nodiscard]] std::vector<std::string> default_paths(const std::string& exec_path);
/// The first of them that exists.
[[nodiscard]] std::optional<std::string> find_file(const std::string& exec_path, const Surroundings& surroundings);
/// What to say when there is none.
[[nodiscard]] std::string no_file_found(const std::string& exec_path);
/// What supervisord warns of on standard error when it runs as root and has searched ("UserWarning: " precedes it).
[[nodiscard]] std::string searched_as_root();

}  // namespace config
