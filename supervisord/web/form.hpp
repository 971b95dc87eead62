// Parameters of a page: from the query of a URL and from the body of a form.  Pure.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

namespace web {

/// Names and values as text.  Of a name that stands several times in the query the first value counts, in the body the
/// last one; the body comes before the query.  Values that are empty count as not there.
class Form {
public:
    /// Longer bodies are nobody's form: whoever answers refuses them.
    static constexpr std::size_t most_bytes = 64 * 1024;

    Form(std::string_view target, std::string_view body);

    /// Empty: it is not there.
    [[nodiscard]] std::string get(std::string_view name) const;

private:
    std::map<std::string, std::string, std::less<>> values_;
};

/// As it may stand in a query: all but letters, digits and `_.-~/` as %XX.
[[nodiscard]] std::string percent_encoded(std::string_view text);

}  // namespace web
