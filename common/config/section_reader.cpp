#include "common/config/section_reader.hpp"

#include "common/base/fd.hpp"
#include "common/config/environment.hpp"

namespace config {

namespace {

/// Whether quotes are open at the end, as a shell counts them.
bool ends_in_quotes(std::string_view text) {
    char quote = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        if (c == '\\' && quote != '\'')
            ++at;
        else if (quote)
            quote = c == quote ? 0 : quote;
        else if (c == '"' || c == '\'')
            quote = c;
    }
    return quote != 0;
}

/// What errors of expansion call the place; these two of a program are told without their section.
std::string place(const std::string& section, const std::string& option) {
    if (section != "supervisord" && (option == "environment" || option == "process_name")) return option;
    return base::concat(section, '.', option);
}

Advice advice_on(const Unexpandable& problem, const Names& names) {
    if (!problem.unknown) return {"%(NAME)s for a value that has a name, %% for a percent sign"};
    const auto known = names.all();
    Advice advice;
    for (const auto& name : known)
        if (!name.starts_with("ENV_")) advice.allowed += name + ", ";
    advice.allowed += "and ENV_X for a variable X of the environment";
    advice.meant = similar(*problem.unknown, std::vector<std::string_view>(known.begin(), known.end())).value_or("");
    return advice;
}

}  // namespace

std::string Context::here(std::size_t file) const {
    return base::directory_of(base::absolute_path(document.files()[file], machine.cwd));
}

void SectionReader::add_here(Names& names, const ini::Option& option, Refers refers) const {
    // With an [include], Supervisor replaces %(here)s everywhere, by the directory of the file it stands in.
    if (refers != Refers::environment || context_.document.find("include")) names.set("here", context_.here(option.file));
}

Expanded SectionReader::try_expanded(const ini::Option& option, Refers refers, const Names& outer) const {
    if (option.value.find('%') == std::string::npos) return option.value;
    Names names(outer);
    add_here(names, option, refers);
    return expand(option.value, names, place(section_.name, option.name));
}

std::optional<std::string> SectionReader::expanded(const ini::Option& option, Refers refers, const Names& outer) {
    auto result = try_expanded(option, refers, outer);
    if (auto* text = std::get_if<std::string>(&result)) return std::move(*text);
    auto& problem = std::get<Unexpandable>(result);
    Names names(outer);
    add_here(names, option, refers);
    error(option.name, std::move(problem.message), advice_on(problem, names));
    return std::nullopt;
}

std::string nearest(std::string_view value, std::span<const std::string_view> words) {
    std::vector<std::string> lower;
    for (const auto word : words) lower.push_back(base::lower(word));
    const std::vector<std::string_view> names(lower.begin(), lower.end());
    for (const auto part : base::split(value, ',')) {
        const std::string given = base::lower(base::strip(part));
        if (given.empty() || std::ranges::find(names, given) != names.end()) continue;
        const auto near = similar(given, names);
        // "warning" is no slip of the finger: it goes on where a word ends.
        const auto begins = [&](auto name) { return name.size() > 2 && given.starts_with(name); };
        const auto found = near ? std::ranges::find(names, *near) : std::ranges::find_if(names, begins);
        if (found != names.end()) return std::string(words[static_cast<std::size_t>(found - names.begin())]);
    }
    return "";
}

void SectionReader::error(std::string_view option, std::string message, Advice advice) {
    failed_ = true;
    std::string plain;
    if (suffix_ == Suffix::section_and_file) {
        plain = message;
        message += base::concat(" in section ", base::python_repr(section_.name), " (file: ",
                                base::python_repr(context_.document.files()[section_.file]), ")");
    }
    note(Severity::error, option, std::move(message), std::move(plain), std::move(advice));
}

void SectionReader::warn(std::string_view option, std::string message, Advice advice) {
    note(Severity::warning, option, std::move(message), "", std::move(advice));
}

Diagnostic SectionReader::at(std::string_view name) const {
    const ini::Option* option = find(name);
    Diagnostic place;
    place.file = context_.document.files()[option ? option->file : section_.file];
    place.line = option ? option->line : section_.line;
    place.section = section_.name;
    place.option = name;
    place.column = option ? option->value_column : 1;
    place.source = option ? option->source : section_.source;
    return place;
}

void SectionReader::note(Severity severity, std::string_view name, std::string message, std::string plain,
                         Advice advice) {
    Diagnostic diagnostic = at(name);
    diagnostic.severity = severity;
    diagnostic.message = std::move(message);
    diagnostic.plain = std::move(plain);
    diagnostic.allowed = std::move(advice.allowed);
    diagnostic.meant = std::move(advice.meant);
    // A section can be read more than once: for each of its processes, for each group that has it.
    const auto said = [](const Diagnostic& one) -> const std::string& { return one.plain.empty() ? one.message : one.plain; };
    const auto known = [&](const Diagnostic& other) {
        return other.line == diagnostic.line && said(other) == said(diagnostic) && other.file == diagnostic.file;
    };
    if (std::ranges::none_of(context_.diagnostics, known)) context_.diagnostics.push_back(std::move(diagnostic));
}

bool SectionReader::check_comment(std::string_view name) {
    const ini::Option* option = find(name);
    const bool cut = option && option->comment && ends_in_quotes(option->value);
    if (cut)
        warn(name, base::concat("`", name, "` in [", section_.name,
                                "] ends within quotes, because \" ;\" or \" #\" begins a comment even there"),
             {"a ; or # that has no blank in front of it"});
    return cut;
}

void SectionReader::check_pairs(const Names& names, Refers refers) {
    const ini::Option* option = find("environment");
    if (!option) return;
    check_comment("environment");
    const auto text = expanded(*option, refers, names);
    const auto pairs = text ? parse_pairs(*text) : base::Result<Pairs>(Pairs{});
    if (!pairs || pairs->dropped.empty()) return;
    warn("environment", base::concat("`environment` in [", section_.name, "]: ", base::python_repr(pairs->dropped.front()),
                                     " stands where a comma should, and is dropped"),
         {std::string(kind::Variables::allowed)});
}

}  // namespace config
