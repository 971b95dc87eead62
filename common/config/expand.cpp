#include "common/config/expand.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <set>

#include "common/base/result.hpp"
#include "common/base/text.hpp"
#include "common/config/utf8.hpp"

namespace config {

const Names::Value* Names::find(std::string_view name) const {
    const auto own = own_.find(name);
    if (own != own_.end()) return &own->second;
    return outer_ ? outer_->find(name) : nullptr;
}

std::vector<std::string> Names::all() const {
    std::set<std::string> sorted;
    for (const Names* names = this; names; names = names->outer_)
        for (const auto& [name, value] : names->own_) sorted.insert(name);
    return {sorted.begin(), sorted.end()};
}

namespace {

/// A width that no configuration means, but that an accident could make of a value a megabyte.
constexpr std::size_t widest = 65536;

/// %(name)<flags><width>.<precision><type>
struct Directive {
    std::optional<std::string_view> name;
    std::string flags;
    std::size_t width = 0;
    std::optional<std::size_t> precision;
    char type = 0;

    [[nodiscard]] bool has(char flag) const { return flags.find(flag) != std::string::npos; }
};

base::Error refused(std::string reason) { return {std::move(reason)}; }

std::string ascii_repr(std::string_view text) {
    std::string out;
    char escape[12];
    for (const char32_t code : code_points(base::python_repr(text))) {
        const char* format = code < 0x80 ? "%c" : code < 0x100 ? "\\x%02x" : code < 0x10000 ? "\\u%04x" : "\\U%08x";
        std::snprintf(escape, sizeof escape, format, static_cast<unsigned>(code));
        out += escape;
    }
    return out;
}

std::string padded(std::string text, const Directive& directive) {
    const std::size_t length = code_points(text).size();
    if (length >= directive.width) return text;
    const std::string blanks(directive.width - length, ' ');
    return directive.has('-') ? text + blanks : blanks + text;
}

std::string cut(std::string text, const std::optional<std::size_t>& length) {
    if (!length) return text;
    std::string out;
    for (const char32_t code : code_points(text).substr(0, *length)) out += utf8(code);
    return out;
}

/// Not C's printf: Python has a sign in every base, and zeros in front whatever the precision.
std::string integer(std::int64_t value, const Directive& directive) {
    const bool is_octal = directive.type == 'o', is_hex = directive.type == 'x' || directive.type == 'X';
    char buffer[24];
    const std::uint64_t magnitude = value < 0 ? -static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, magnitude, is_octal ? 8 : is_hex ? 16 : 10).ptr;
    std::string digits = directive.type == 'X' ? base::upper({buffer, end}) : std::string(buffer, end);
    std::string before = value < 0 ? "-" : directive.has('+') ? "+" : directive.has(' ') ? " " : "";
    if (directive.has('#') && (is_octal || is_hex)) before += {'0', directive.type};
    std::size_t wanted = directive.precision.value_or(0);
    if (directive.has('0') && !directive.has('-') && directive.width > before.size())
        wanted = std::max(wanted, directive.width - before.size());
    if (digits.size() < wanted) digits.insert(0, wanted - digits.size(), '0');
    return padded(before + digits, directive);
}

std::string floating(std::int64_t value, const Directive& directive) {
    std::string format = base::concat('%', directive.flags, directive.width);
    if (directive.width == 0) format.pop_back();
    if (directive.precision) format += base::concat('.', *directive.precision);
    format += directive.type;
    std::string out(directive.width + directive.precision.value_or(0) + 400, '\0');
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    const int length = std::snprintf(out.data(), out.size(), format.c_str(), static_cast<double>(value));
#pragma GCC diagnostic pop
    out.resize(static_cast<std::size_t>(std::max(length, 0)));
    return out;
}

base::Result<std::string> formatted(const Names::Value& value, const Directive& directive) {
    const auto* text = std::get_if<std::string>(&value);
    const std::string plain = text ? *text : std::to_string(std::get<std::int64_t>(value));
    switch (directive.type) {
    case 's':
        return padded(cut(plain, directive.precision), directive);
    case 'r':
        return padded(cut(text ? base::python_repr(plain) : plain, directive.precision), directive);
    case 'a':
        return padded(cut(text ? ascii_repr(plain) : plain, directive.precision), directive);
    case 'c':
        if (!text) {
            const std::int64_t code = std::get<std::int64_t>(value);
            if (code < 0 || code > 0x10ffff) return refused("%c arg not in range(0x110000)");
            return padded(utf8(static_cast<char32_t>(code)), directive);
        }
        if (code_points(plain).size() != 1) return refused("%c requires int or char");
        return padded(plain, directive);
    case 'e': case 'E': case 'f': case 'F': case 'g': case 'G':
        if (text) return refused("must be real number, not str");
        return floating(std::get<std::int64_t>(value), directive);
    case 'd': case 'i': case 'u':
        if (text) return refused(base::concat('%', directive.type, " format: a real number is required, not str"));
        return integer(std::get<std::int64_t>(value), directive);
    default:
        if (text) return refused(base::concat('%', directive.type, " format: an integer is required, not str"));
        return integer(std::get<std::int64_t>(value), directive);
    }
}

class Expansion {
public:
    Expansion(std::string_view value, const Names& names) : value_(value), names_(names) {}

    /// Nothing: a name is unknown, and unknown() tells which.
    base::Result<std::string> run() {
        std::string out;
        while (at_ < value_.size()) {
            const auto percent = std::min(value_.find('%', at_), value_.size());
            out += value_.substr(at_, percent - at_);
            at_ = percent;
            if (at_ == value_.size()) break;
            ++at_;
            auto part = directive();
            if (!part) return part;
            out += *part;
        }
        return out;
    }

    [[nodiscard]] const std::optional<std::string>& unknown() const { return unknown_; }

private:
    [[nodiscard]] bool at_end() const { return at_ == value_.size(); }

    bool take_number(std::size_t& number) {
        for (number = 0; !at_end() && value_[at_] >= '0' && value_[at_] <= '9'; ++at_) {
            number = number * 10 + static_cast<std::size_t>(value_[at_] - '0');
            if (number > widest) return false;
        }
        return true;
    }

    base::Result<std::string> directive() {
        Directive directive;
        const Names::Value* value = nullptr;
        if (!at_end() && value_[at_] == '%') return std::string(1, value_[at_++]);
        if (!at_end() && value_[at_] == '(') {
            const std::size_t begin = ++at_;
            for (int depth = 1; depth > 0; ++at_) {
                if (at_end()) return refused("incomplete format key");
                depth += value_[at_] == '(' ? 1 : value_[at_] == ')' ? -1 : 0;
            }
            directive.name = value_.substr(begin, at_ - 1 - begin);
            value = names_.find(*directive.name);
            if (!value) {
                unknown_ = *directive.name;
                return refused("");
            }
        }
        while (!at_end() && std::string_view("-+ #0").find(value_[at_]) != std::string_view::npos) {
            if (!directive.has(value_[at_])) directive.flags += value_[at_];
            ++at_;
        }
        const auto star = [&] { return refused(directive.name ? "not enough arguments for format string" : "* wants int"); };
        if (!at_end() && value_[at_] == '*') return star();
        if (!take_number(directive.width)) return refused("width too big");
        if (!at_end() && value_[at_] == '.') {
            ++at_;
            if (!at_end() && value_[at_] == '*') return star();
            if (!take_number(directive.precision.emplace())) return refused("precision too big");
        }
        if (!at_end() && std::string_view("hlL").find(value_[at_]) != std::string_view::npos) ++at_;
        if (at_end()) return refused("incomplete format");
        directive.type = value_[at_++];
        if (!directive.name && consumed_) return refused("not enough arguments for format string");
        consumed_ = true;
        if (std::string_view("sraduioxXeEfFgGc").find(directive.type) == std::string_view::npos) return unsupported();
        if (!directive.name) return nameless(directive.type);
        return formatted(*value, directive);
    }

    /// Python has the whole dictionary as the value then, which nobody means (Q8).
    static base::Error nameless(char type) {
        switch (type) {
        case 's': case 'r': case 'a':
            return refused(base::concat('%', type, " format: a name in parentheses is required"));
        case 'c':
            return refused("%c requires int or char");
        case 'e': case 'E': case 'f': case 'F': case 'g': case 'G':
            return refused("must be real number, not dict");
        case 'd': case 'i': case 'u':
            return refused(base::concat('%', type, " format: a real number is required, not dict"));
        default:
            return refused(base::concat('%', type, " format: an integer is required, not dict"));
        }
    }

    [[nodiscard]] base::Error unsupported() const {
        const std::u32string before = code_points(value_.substr(0, at_ - 1));
        const char32_t code = code_points(value_.substr(at_ - 1)).front();
        char hexadecimal[12];
        std::snprintf(hexadecimal, sizeof hexadecimal, "0x%x", static_cast<unsigned>(code));
        return refused(base::concat("unsupported format character '", code >= 31 && code <= 126 ? utf8(code) : "?",
                                    "' (", hexadecimal, ") at index ", before.size()));
    }

    std::string_view value_;
    const Names& names_;
    std::size_t at_ = 0;
    bool consumed_ = false;
    std::optional<std::string> unknown_;
};

}  // namespace

Expanded expand(std::string_view value, const Names& names, std::string_view where) {
    if (value.find('%') == std::string_view::npos) return std::string(value);
    Expansion expansion(value, names);
    auto expanded = expansion.run();
    if (expanded) return std::move(*expanded);
    const std::string begin = base::concat("Format string ", base::python_repr(value), " for ", base::python_repr(where), " ");
    if (expansion.unknown())
        return Unexpandable{base::concat(begin, "contains names (", base::python_repr(*expansion.unknown()),
                                         ") which cannot be expanded. Available names: ", base::join(names.all(), ", ")),
                            expansion.unknown()};
    return Unexpandable{base::concat(begin, "is badly formatted: ", expanded.error()), std::nullopt};
}

}  // namespace config
