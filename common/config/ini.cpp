#include "common/config/ini.hpp"

#include <ini.h>

#include <algorithm>
#include <cstring>

#include "common/base/text.hpp"
#include "common/config/lines.hpp"
#include "common/config/utf8.hpp"

namespace config::ini {

namespace {

constexpr std::size_t default_section = static_cast<std::size_t>(-1);

Diagnostic refusal(const std::string& path, int line, std::string message) {
    return {Severity::error, std::move(message), path, line, "", ""};
}

std::optional<Diagnostic> unreadable(std::string_view text, const std::string& path) {
    if (auto reason = undecodable(text)) return refusal(path, 0, std::move(*reason));
    const auto nul = text.find('\0');
    if (nul == std::string_view::npos) return std::nullopt;
    const auto line = static_cast<int>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(nul), '\n'));
    return refusal(path, line + 1, base::concat("cannot read ", path, ": line ", line + 1, " holds a NUL byte"));
}

std::string padded_line(int number) { return base::concat(number < 10 ? " " : "", number); }

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

std::optional<Diagnostic> Document::add(std::string_view text, const std::string& path) {
    if (auto refused = unreadable(text, path)) return refused;
    files_.push_back(path);
    Parse parse{*this, files_.size() - 1, Lines(text)};
    const int failed = ::ini_parse_stream(Parse::read, &parse, Parse::found, &parse);
    for (auto& section : sections_)
        for (auto& option : section.options) option.value.resize(base::strip_right(option.value).size());
    for (auto& option : defaults_.options) option.value.resize(base::strip_right(option.value).size());

    if (const auto& line = parse.lines.headless())
        return refusal(path, line->number,
                       base::concat("File contains no section headers.\nfile: ", base::python_repr(path),
                                    ", line: ", line->number, "\n", base::python_repr(line->text)));
    if (!parse.lines.bad().empty()) {
        std::string message = base::concat("Source contains parsing errors: ", base::python_repr(path));
        for (const auto& line : parse.lines.bad())
            message += base::concat("\n\t[line ", padded_line(line.number), "]: ", base::python_repr(line.text));
        return refusal(path, parse.lines.bad().front().number, std::move(message));
    }
    if (failed) return refusal(path, 0, base::concat("cannot parse ", path));
    return std::nullopt;
}

void Document::Parse::open() {
    const Line& line = lines.line();
    if (line.name == document.defaults_.name) return sections.push_back(default_section);
    auto place = document.places_.find(line.name);
    if (place == document.places_.end()) {
        place = document.places_.emplace(line.name, document.sections_.size()).first;
        document.sections_.push_back({std::string(line.name), file, line.number, file, {}, {}});
    } else {
        Section& section = document.sections_[place->second];
        // A file may add to [supervisord] of another; two files with one [program:x] are an accident.
        if (section.file == file || section.name.find(':') != std::string::npos)
            document.note(*this, section, "",
                          base::concat("section [", section.name, "] is given again (first in ",
                                       document.files_[section.file], ", line ", section.line,
                                       "); the options of both are merged"));
        section.last_file = file;
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
    const auto [place, fresh] = section.places.emplace(key, section.options.size());
    parse.last = place->second;
    if (fresh) {
        section.options.push_back({key, std::string(value), parse.file, line.number, line.comment});
        return;
    }
    Option& option = section.options[place->second];
    note(parse, section, key,
         base::concat("`", key, "` in [", section.name, "] is given twice (first in ", files_[option.file], ", line ",
                      option.line, "); the last one counts"));
    option = {key, std::string(value), parse.file, line.number, line.comment};
}

void Document::note(const Parse& parse, const Section& section, const std::string& option, std::string message) {
    oddities_.push_back({Severity::warning, std::move(message), files_[parse.file], parse.lines.line().number,
                         section.name, option});
}

}  // namespace config::ini
