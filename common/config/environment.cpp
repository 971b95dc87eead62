#include "common/config/environment.hpp"

#include <algorithm>
#include <optional>

#include "common/base/text.hpp"
#include "common/config/utf8.hpp"

namespace config {

namespace {

using base::Error;
using base::Result;

bool is_blank(char32_t c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool is_quote(char32_t c) { return c == '\'' || c == '"'; }

/// What may stand in a word without quotes; the letters of Latin-1 are all of 0xc0 to 0xff but the two signs.
bool is_word(char32_t c) {
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) return true;
    if (c < 0x80) return c != 0 && std::string_view("_/.+-():").find(static_cast<char>(c)) != std::string_view::npos;
    return c >= 0xc0 && c <= 0xff && c != 0xd7 && c != 0xf7;
}

class Lexer {
public:
    explicit Lexer(std::string_view text) : text_(code_points(text)) {}

    /// Nothing at the end.
    Result<std::optional<std::string>> next() {
        skip_blanks();
        if (at_ == text_.size()) return std::optional<std::string>();
        if (const char32_t c = text_[at_]; !is_word(c) && !is_quote(c) && c != '\\') {
            ++at_;
            return std::optional<std::string>(utf8(c));
        }
        std::string word;
        while (at_ < text_.size()) {
            const char32_t c = text_[at_];
            if (is_quote(c)) {
                if (auto read = quoted(word); !read) return Error{read.error()};
            } else if (c == '\\') {
                if (at_ + 1 == text_.size()) return Error{"No escaped character"};
                word += utf8(text_[at_ + 1]);
                at_ += 2;
            } else if (is_word(c)) {
                word += utf8(c);
                ++at_;
            } else {
                break;
            }
        }
        return std::optional<std::string>(std::move(word));
    }

private:
    void skip_blanks() {
        for (; at_ < text_.size(); ++at_) {
            if (text_[at_] == '#')
                while (at_ < text_.size() && text_[at_] != '\n') ++at_;
            else if (!is_blank(text_[at_]))
                return;
            if (at_ == text_.size()) return;
        }
    }

    Result<void> quoted(std::string& word) {
        const char32_t quote = text_[at_++];
        for (; at_ < text_.size(); ++at_) {
            char32_t c = text_[at_];
            if (c == quote) return ++at_, Result<void>();
            if (c == '\\' && quote == '"') {
                if (++at_ == text_.size()) return Error{"No escaped character"};
                c = text_[at_];
                if (c != '"' && c != '\\') word += '\\';
            }
            word += utf8(c);
        }
        return Error{"No closing quotation"};
    }

    std::u32string text_;
    std::size_t at_ = 0;
};

}  // namespace

Result<Pairs> parse_pairs(std::string_view text) {
    Lexer lexer(text);
    std::vector<std::string> words;
    for (;;) {
        auto word = lexer.next();
        if (!word) return Error{word.error()};
        if (!*word) break;
        words.push_back(std::move(**word));
    }
    Pairs pairs;
    for (std::size_t at = 0; at < words.size(); at += 4) {
        if (words.size() - at < 3 || words[at + 1] != "=")
            return Error{base::concat("Unexpected end of key/value pairs in value '", text, "'")};
        pairs.environment[words[at]] = words[at + 2];
        if (at + 3 < words.size() && words[at + 3] != "," && words[at + 3] != ";")
            pairs.dropped.push_back(words[at + 3]);
    }
    return pairs;
}

namespace {

std::string quoted(std::string_view text) {
    return base::concat('"', base::replace_all(base::replace_all(std::string(text), "\\", "\\\\"), "\"", "\\\""), '"');
}

bool is_one_word(const std::string& text) { return !text.empty() && std::ranges::all_of(code_points(text), is_word); }

}  // namespace

std::string write_pairs(const Environment& environment) {
    std::string out;
    for (const auto& [key, value] : environment) {
        if (!out.empty()) out += ',';
        out += base::concat(is_one_word(key) ? key : quoted(key), '=', quoted(value));
    }
    return out;
}

}  // namespace config
