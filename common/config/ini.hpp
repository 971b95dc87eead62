// What stands in the files, before anything of it is understood: sections and their options in the order in which
// they first appear, each option with its last value and where that stands.  inih does the parsing; lines.hpp gives
// it lines that mean the same to it as to Supervisor's parser.  All files feed one Document, as includes require.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/config/diagnostic.hpp"

namespace config::ini {

struct Option {
    std::string name;  // lower case
    std::string value;
    std::size_t file = 0;  // of Document::files
    int line = 0;
    bool comment = false;  // something was cut off behind it as a comment
};

struct Section {
    std::string name;
    std::size_t file = 0;  // where it first appears
    int line = 0;
    std::size_t last_file = 0;  // where it last appears
    std::vector<Option> options;
    std::map<std::string, std::size_t, std::less<>> places;  // in options, by name

    /// Only its own; not what [DEFAULT] gives it.
    [[nodiscard]] const Option* find(std::string_view option) const;
};

class Document {
public:
    Document();

    /// Reads a file's text into this.  The error is one that the file as a whole is refused for.
    [[nodiscard]] std::optional<Diagnostic> add(std::string_view text, const std::string& path);

    [[nodiscard]] const std::vector<std::string>& files() const { return files_; }
    [[nodiscard]] const std::vector<Section>& sections() const { return sections_; }
    [[nodiscard]] const Section* find(std::string_view section) const;
    /// The section's own option, or that of [DEFAULT].
    [[nodiscard]] const Option* find(const Section& section, std::string_view option) const;
    [[nodiscard]] const Section& defaults() const { return defaults_; }

    /// Accepted, but odd: what is given twice, headers inside values.
    [[nodiscard]] const std::vector<Diagnostic>& oddities() const { return oddities_; }

private:
    struct Parse;
    void take(Parse& parse, std::size_t section, std::string_view name, std::string_view value);
    void note(const Parse& parse, const Section& section, const std::string& option, std::string message);

    std::vector<std::string> files_;
    std::vector<Section> sections_;
    std::map<std::string, std::size_t, std::less<>> places_;
    Section defaults_;
    std::vector<Diagnostic> oddities_;
};

}  // namespace config::ini
