// What stands in the files, before anything of it is understood: sections and their options in the order in which
// they first appear, each option with its last value and where that stands.  inih does the parsing; lines.hpp gives
// it lines that mean the same to it as to Supervisor's parser.  All files feed one Document, as includes require.
#pragma once

#include <cstddef>
#include <deque>
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
    bool comment = false;      // something was cut off behind it as a comment
    std::string_view source{};  // the line; lives as long as the document
    int name_column = 0, value_column = 0;  // in it, from 1, in characters
};

struct Section {
    std::string name;
    std::size_t file = 0;  // where it first appears
    int line = 0;
    std::string_view source{};  // the line of its header there
    std::size_t last_file = 0;  // where it last appears
    int last_line = 0;
    std::string_view last_source{};
    std::vector<Option> options;
    std::map<std::string, std::size_t, std::less<>> places;  // in options, by name

    /// Only its own; not what [DEFAULT] gives it.
    [[nodiscard]] const Option* find(std::string_view option) const;
};

class Document {
public:
    Document();
    Document(const Document&) = delete;  // what is found in a text points into it
    Document& operator=(const Document&) = delete;

    /// Reads a file's text into this.  Errors are what the file as a whole is refused for: the first has Supervisor's
    /// text, and others are behind it when there are other lines that mean nothing.
    [[nodiscard]] std::vector<Diagnostic> add(std::string text, const std::string& path);

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

    std::deque<std::string> texts_;  // of the files; they stay where they are
    std::vector<std::string> files_;
    std::vector<Section> sections_;
    std::map<std::string, std::size_t, std::less<>> places_;
    Section defaults_;
    std::vector<Diagnostic> oddities_;
};

}  // namespace config::ini
