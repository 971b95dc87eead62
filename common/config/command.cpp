#include "common/config/command.hpp"

#include <optional>
#include <utility>

namespace config {

base::Result<std::vector<std::string>> split_command(std::string_view command) {
    std::vector<std::string> words;
    std::optional<std::string> word;  // '' is a word, too
    char quote = 0;
    for (std::size_t i = 0; i < command.size(); ++i) {
        const char c = command[i];
        const bool last = i + 1 == command.size();
        if (quote == '\'' && c != '\'') {
            *word += c;
        } else if (quote != 0 && c == quote) {
            quote = 0;
        } else if (c == '\\') {
            if (last) return base::Error{"No escaped character"};
            const char escaped = command[++i];
            if (!word) word.emplace();
            if (quote == '"' && escaped != '"' && escaped != '\\') *word += c;
            *word += escaped;
        } else if (quote == 0 && (c == '\'' || c == '"')) {
            quote = c;
            if (!word) word.emplace();
        } else if (quote == 0 && (c == ' ' || c == '\t' || c == '\r' || c == '\n')) {
            if (word) words.push_back(*std::exchange(word, std::nullopt));
        } else {
            if (!word) word.emplace();
            *word += c;
        }
    }
    if (quote != 0) return base::Error{"No closing quotation"};
    if (word) words.push_back(*word);
    return words;
}

}  // namespace config
