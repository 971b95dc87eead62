// %-expansion of values: Python's %-formatting with names (compat/config.md, section 6), with its error texts.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace config {

/// What a value may refer to.  Names of an outer set are seen through an inner one, which must not outlive it.
class Names {
public:
    using Value = std::variant<std::string, std::int64_t>;

    Names() = default;
    explicit Names(const Names& outer) : outer_(&outer) {}

    void set(std::string name, std::string value) { own_.insert_or_assign(std::move(name), std::move(value)); }
    void set(std::string name, std::int64_t value) { own_.insert_or_assign(std::move(name), value); }

    [[nodiscard]] const Value* find(std::string_view name) const;
    [[nodiscard]] std::vector<std::string> all() const;  // sorted

private:
    const Names* outer_ = nullptr;
    std::map<std::string, Value, std::less<>> own_;
};

/// Why there is no value.
struct Unexpandable {
    std::string message;                 // Supervisor's
    std::optional<std::string> unknown;  // the name that means nothing; nothing: the format is malformed
};
using Expanded = std::variant<std::string, Unexpandable>;

/// where is what errors call the place: "program:web.command".
[[nodiscard]] Expanded expand(std::string_view value, const Names& names, std::string_view where);

}  // namespace config
