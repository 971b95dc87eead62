#include "common/config/ini.hpp"

#include <ini.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "common/base/text.hpp"
#include "common/config/lines.hpp"
#include "common/config/utf8.hpp"

namespace config::ini {

namespace {

constexpr std::size_t default_section = static_cast<std::size_t>(-1);

constexpr std::size_t most_bad_lines = 100;  // that are told one by one

int column_of(std::string_view source, std::string_view part) {
    const std::string_view before = source.substr(0, static_cast<std::size_t>(part.data() - source.data()));
    return static_cast<int>(base::utf8_length(before)) + 1;
}

Diagnostic refusal(const std::string& path, int line, std::string message) {
    return {Severity::error, std::move(message), path, line, "", ""};
}

Diagnostic refusal(const std::string& path, const Lines::Bad& line, std::string message, std::string plain) {
    Diagnostic diagnostic = refusal(path, line.number, std::move(message));
    diagnostic.plain = std::move(plain);
    diagnostic.source = base::strip_right(line.text);
    const std::string_view source = diagnostic.source;
    diagnostic.column = column_of(source, base::strip(source));
    diagnostic.allowed = "[SECTION], OPTION=VALUE, or a comment that begins with ; or #";
    return diagnostic;
}

int line_at(std::string_view text, std::size_t position) {
    return 1 + static_cast<int>(std::ranges::count(text.substr(0, position), '\n'));
}

std::optional<Diagnostic> unreadable(std::string_view text, const std::string& path) {
    if (auto reason = undecodable(text)) {
        Diagnostic diagnostic = refusal(path, line_at(text, reason->position), std::move(reason->message));
        const auto begin = text.substr(0, reason->position).rfind('\n') + 1;  // 0 when there is none before
        diagnostic.source = base::to_utf8(base::strip_right(text.substr(begin, text.find('\n', begin) - begin)));
        diagnostic.column = static_cast<int>(base::utf8_length(text.substr(begin, reason->position - begin))) + 1;
        diagnostic.allowed = "UTF-8";
        return diagnostic;
    }
    const auto nul = text.find('\0');
    if (nul == std::string_view::npos) return std::nullopt;
    const int line = line_at(text, nul);
    Diagnostic diagnostic = refusal(path, line, base::concat("cannot read ", path, ": line ", line, " holds a NUL byte"));
    const auto begin = text.substr(0, nul).rfind('\n') + 1;  // 0 when there is none before
    diagnostic.source = base::to_utf8(base::strip_right(text.substr(begin, text.find('\n', begin) - begin)));
    diagnostic.column = static_cast<int>(base::utf8_length(text.substr(begin, nul - begin))) + 1;
    diagnostic.allowed = "text";
    return diagnostic;
}

std::string padded_line(int number) { return base::concat(number < 10 ? " " : "", number); }

/// One for each line; the first has Supervisor's text, which lists them all.
std::vector<Diagnostic> refusals(const std::string& path, const std::vector<Lines::Bad>& lines) {
    std::string message = base::concat("Source contains parsing errors: ", base::python_repr(path));
    for (const auto& line : lines)
        message += base::concat("\n\t[line ", padded_line(line.number), "]: ", base::python_repr(line.text));
    std::vector<Diagnostic> errors;
    for (const auto& line : lines) {
        if (errors.size() == most_bad_lines) break;
        const std::string_view text = base::strip(line.text);
        const bool nameless = text.starts_with('=') || text.starts_with(':');
        const std::string plain = nameless ? "this option has no name" : "this line is no option: it has neither = nor :";
        errors.push_back(refusal(path, line, std::exchange(message, plain), plain));
    }
    return errors;
}

}  // namespace

/// One file on its way through inih: it asks for a line, and then says what it found in it.
struct Document::Parse {
    Document& document;
    std::size_t file;
    Lines lines;
    std::vector<std::size_t> sections{};  // those of the document, by the number that inih sees
    std::size_t last = 0;                 // the option that lines continue, in its section

    /// As fgets(3).
    static char* read(char* buffer, int size, void* parse_) {
        auto& parse = *static_cast<Parse*>(parse_);
        const auto text = parse.lines.next(static_cast<std::size_t>(size) - 1);
        if (!text) return nullptr;
        if (parse.lines.line().kind == Line::Kind::header) parse.open();
        std::memcpy(buffer, text->data(), text->size());
        std::memcpy(buffer + text->size(), "\n", 2);
        return buffer;
    }

    static int found(void* parse_, const char* section, const char* name, const char* value) {
        auto& parse = *static_cast<Parse*>(parse_);
        std::size_t number = 0;
        if (!base::parse_digits(section, number)) return 0;
        parse.document.take(parse, parse.sections[number], name, value);
        return 1;
    }

    void open();
};

const Option* Section::find(std::string_view option) const {
    const auto place = places.find(option);
    return place == places.end() ? nullptr : &options[place->second];
}

Document::Document() { defaults_.name = "DEFAULT"; }

const Section* Document::find(std::string_view section) const {
    const auto place = places_.find(section);
    return place == places_.end() ? nullptr : &sections_[place->second];
}

const Option* Document::find(const Section& section, std::string_view option) const {
    const Option* own = section.find(option);
    return own ? own : defaults_.find(option);
}

std::vector<Diagnostic> Document::add(std::string contents, const std::string& path) {
    const std::string_view text = texts_.emplace_back(std::move(contents));
    if (auto refused = unreadable(text, path)) return {std::move(*refused)};
    files_.push_back(path);
    Parse parse{*this, files_.size() - 1, Lines(text)};
    const int failed = ::ini_parse_stream(Parse::read, &parse, Parse::found, &parse);
    for (auto& section : sections_)
        for (auto& option : section.options) option.value.resize(base::strip_right(option.value).size());
    for (auto& option : defaults_.options) option.value.resize(base::strip_right(option.value).size());

    if (const auto& line = parse.lines.headless())
        return {refusal(path, *line,
                        base::concat("File contains no section headers.\nfile: ", base::python_repr(path),
                                     ", line: ", line->number, "\n", base::python_repr(line->text)),
                        "a section has to begin before this line")};
    if (!parse.lines.bad().empty()) return refusals(path, parse.lines.bad());
    if (failed) return {refusal(path, 0, base::concat("cannot parse ", path))};
    return {};
}

void Document::Parse::open() {
    const Line& line = lines.line();
    if (line.name == document.defaults_.name) return sections.push_back(default_section);
    auto place = document.places_.find(line.name);
    if (place == document.places_.end()) {
        place = document.places_.emplace(line.name, document.sections_.size()).first;
        document.sections_.push_back({std::string(line.name), file, line.number, line.source, file, line.number, line.source, {}, {}});
    } else {
        Section& section = document.sections_[place->second];
        // A file may add to [supervisord] of another; two files with one [program:x] are an accident.
        if (section.file == file || section.name.find(':') != std::string::npos)
            document.note(*this, section, "",
                          base::concat("section [", section.name, "] is given again (first in ",
                                       document.files_[section.file], ", line ", section.line,
                                       "); the options of both are merged"));
        section.last_file = file;
        section.last_line = line.number;
        section.last_source = line.source;
    }
    sections.push_back(place->second);
}

void Document::take(Parse& parse, std::size_t number, std::string_view name, std::string_view value) {
    const Line& line = parse.lines.line();
    Section& section = number == default_section ? defaults_ : sections_[number];
    if (value == mark) value = line.value;
    if (line.kind == Line::Kind::continuation) {
        auto& option = section.options[parse.last];
        option.value.append("\n").append(value);
        option.comment |= line.comment;
        if (value.starts_with('[') && value.ends_with(']'))
            note(parse, section, option.name,
                 base::concat("a line of `", option.name, "` in [", section.name, "] looks like a section: ", value,
                              "; it belongs to the value, because it is indented"));
        return;
    }
    const std::string key = base::lower(name == mark ? line.name : name);
    Option fresh{key, std::string(value), parse.file, line.number, line.comment, line.source,
                 column_of(line.source, line.name), column_of(line.source, line.value)};
    const auto [place, first] = section.places.emplace(key, section.options.size());
    parse.last = place->second;
    if (first) return section.options.push_back(std::move(fresh));
    Option& option = section.options[place->second];
    // That one of an included file does not count is said where files are included.
    if (section.name != "include" || option.file == parse.file) note(parse, section, key,
         base::concat("`", key, "` in [", section.name, "] is given twice (first in ", files_[option.file], ", line ",
                      option.line, "); the last one counts"));
    option = std::move(fresh);
}

void Document::note(const Parse& parse, const Section& section, const std::string& option, std::string message) {
    const Line& line = parse.lines.line();
    Diagnostic odd{Severity::warning, std::move(message), files_[parse.file], line.number, section.name, option};
    odd.source = line.source;
    odd.column = column_of(line.source, base::strip(line.source));
    oddities_.push_back(std::move(odd));
}

}  // namespace config::ini
