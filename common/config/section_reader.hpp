// One section, row by row of the option table: expands, converts, falls back to defaults, and collects what is wrong.
// Knows no rule over several options.
#pragma once

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/text.hpp"
#include "common/config/diagnostic.hpp"
#include "common/config/expand.hpp"
#include "common/config/ini.hpp"
#include "common/config/options.hpp"

namespace config {

/// What all sections of one reading share.
struct Context {
    const ini::Document& document;
    const Surroundings& machine;
    std::vector<Diagnostic>& diagnostics;
    const Names& environment;    // ENV_x
    const Environment& common;   // environment= of [supervisord]

    /// "%(here)s" of a file.
    [[nodiscard]] std::string here(std::size_t file) const;
};

/// What would be right instead of a wrong value; empty: nothing to say.
struct Advice {
    std::string allowed{}, meant{};
};
/// The nearest of the words to a value, or to a part of it between commas, that is none of them; empty: none is near.
[[nodiscard]] std::string nearest(std::string_view value, std::span<const std::string_view> words);

/// The names for each kind of reference, without `here`, which depends on the file of the option.
class Scope {
public:
    explicit Scope(const Names& names) { by_kind_.fill(&names); }
    Scope& set(Refers refers, const Names& names) { return by_kind_[index(refers)] = &names, *this; }
    [[nodiscard]] const Names& operator[](Refers refers) const { return *by_kind_[index(refers)]; }

private:
    static std::size_t index(Refers refers) { return static_cast<std::size_t>(refers); }
    std::array<const Names*, 7> by_kind_{};
};

/// Rows from the first turn on, and before the end.
struct Turns {
    int first = 0, end = std::numeric_limits<int>::max();
};

class SectionReader {
public:
    enum class Suffix { none, section_and_file };  // " in section 'program:x' (file: 'y')" behind errors

    SectionReader(const Context& context, const ini::Section& section, Suffix suffix)
        : context_(context), section_(section), suffix_(suffix) {}

    [[nodiscard]] const ini::Section& section() const { return section_; }
    [[nodiscard]] const ini::Option* find(std::string_view option) const {
        return context_.document.find(section_, option);
    }
    [[nodiscard]] bool failed() const { return failed_; }

    /// The options whose rows refer to what `only` says; all without it.
    template <class Target>
    void fill(Target& target, const Scope& scope, std::optional<Refers> only = std::nullopt, Turns turns = {});
    /// One option; false: an error has been noted.
    template <class Target>
    bool fill_one(Target& target, const Option<Target>& row, const Names& names);

    /// Nothing: an error has been noted.
    [[nodiscard]] std::optional<std::string> expanded(const ini::Option& option, Refers refers, const Names& names);
    /// The same for what is nobody's error.
    [[nodiscard]] Expanded try_expanded(const ini::Option& option, Refers refers, const Names& names) const;

    void error(std::string_view option, std::string message, Advice advice = {});
    void warn(std::string_view option, std::string message, Advice advice = {});
    /// Where an option stands, or, when it is not there, the section; says nothing yet.
    [[nodiscard]] Diagnostic at(std::string_view option) const;

    /// Odd, but accepted: a comment that ends within quotes (Q1).  True: it has warned.
    bool check_comment(std::string_view option);
    /// And words of environment= that Supervisor drops without a word (Q9).
    void check_pairs(const Names& names, Refers refers);

private:
    void add_here(Names& names, const ini::Option& option, Refers refers) const;
    void note(Severity severity, std::string_view option, std::string message, std::string plain, Advice advice);

    const Context& context_;
    const ini::Section& section_;
    Suffix suffix_;
    bool failed_ = false;
};

/// Rows by the turn in which Supervisor reads them.
template <class Target>
const std::vector<const Option<Target>*>& in_turn() {
    static const auto sorted = [] {
        std::vector<const Option<Target>*> rows;
        for (const auto& row : options_of<Target>()) rows.push_back(&row);
        std::ranges::stable_sort(rows, {}, [](const auto* row) { return row->turn; });
        return rows;
    }();
    return sorted;
}

template <class Target>
const Option<Target>& row_of(std::string_view name) {
    return *std::ranges::find(options_of<Target>(), name, &Option<Target>::name);
}

template <class Target>
void SectionReader::fill(Target& target, const Scope& scope, std::optional<Refers> only, Turns turns) {
    for (const auto* row : in_turn<Target>())
        if ((!only || row->refers == *only) && row->turn >= turns.first && row->turn < turns.end)
            fill_one(target, *row, scope[row->refers]);
}

template <class Target>
bool SectionReader::fill_one(Target& target, const Option<Target>& row, const Names& names) {
    const ini::Option* option = find(row.name);
    if (!option) {
        if (row.fallback) (void)row.field.set(target, *row.fallback, context_.machine);
        return true;
    }
    auto text = expanded(*option, row.refers, names);
    if (!text) return false;
    // Supervisor expands these twice, so files have "%%%%" for one "%" (Q7).
    if (row.field.kind == kind::ChildLog::name) text = base::replace_all(std::move(*text), "%%", "%");
    const auto set = row.field.set(target, *text, context_.machine);
    if (!set) {
        std::string message = row.complaint.empty() ? set.error() : base::concat(row.complaint, *text);
        if (row.complains_with_place) message += base::concat(" in [", section_.name, "] ", row.name);
        error(row.name, std::move(message), {std::string(row.field.allowed), nearest(*text, row.field.words())});
        return false;
    }
    const std::string held = row.field.get(target);
    const bool is_last = held == std::to_string(INT64_MAX) || held == std::to_string(INT64_MIN);
    if (is_last && held != base::strip(*text))
        warn(row.name, base::concat("`", row.name, "` in [", section_.name, "] is beyond all numbers here; ", held, " is used"));
    if (row.field.never_negative && held.starts_with('-')) {
        warn(row.name, base::concat("`", row.name, "` in [", section_.name, "] is negative; 0 is used"));
        (void)row.field.set(target, "0", context_.machine);
    }
    return true;
}

}  // namespace config
