// The text of a file as a row of lines that inih can read and that mean to it what they mean to Supervisor's parser
// (compat/config.md, section 3): comments are cut, indentation decides about continuations, headers are replaced by
// their number, and what inih would cut or misread (long, starting with "[", with control characters) is kept here
// and replaced by a mark.  Does not know sections or options as such; ini.hpp does.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace config::ini {

/// Stands for text that is in Line instead.
inline constexpr std::string_view mark = "\x01";

struct Line {
    enum class Kind { header, option, continuation };
    Kind kind = Kind::header;
    int number = 0;          // from 1, of the physical line
    bool comment = false;    // something was cut off behind it
    std::string_view source;  // the whole line; name and value are parts of it
    std::string_view name;   // of a section, or of an option as it is spelt
    std::string_view value;  // of an option, or of one line of it
};

class Lines {
public:
    /// The text must outlive this.  A byte order mark at its beginning is skipped.
    explicit Lines(std::string_view text);

    /// The next line for inih, without its end, shorter than room; nothing at the end of the text, or behind a line
    /// that no section precedes.
    [[nodiscard]] std::optional<std::string> next(std::size_t room);
    /// What the last line was.
    [[nodiscard]] const Line& line() const { return line_; }

    struct Bad {
        int number;
        std::string text;  // with its end
    };
    /// Lines with neither "=" nor ":", or with nothing in front of it.
    [[nodiscard]] const std::vector<Bad>& bad() const { return bad_; }
    /// The line with which the file begins, when that is no header.
    [[nodiscard]] const std::optional<Bad>& headless() const { return headless_; }

private:
    struct Physical {
        std::string_view text;
        bool ended = false;
    };
    [[nodiscard]] Physical take();
    [[nodiscard]] std::string option(std::string_view text, std::size_t delimiter, std::size_t room);

    std::string_view rest_;
    Line line_;
    int number_ = 0;
    int sections_ = 0;
    bool open_ = false;  // an option that lines can continue
    std::size_t indent_ = 0;
    std::vector<Bad> bad_;
    std::optional<Bad> headless_;
};

}  // namespace config::ini
