// Where supervisorctl talks: standard input, output and error, which need not be a terminal.  Lines go out at once;
// input is read in pieces and handed out by lines or bytes, so that the shell, its questions and `fg` can take turns.
// Does not edit lines: that is editor.hpp.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "supervisorctl/interrupt.hpp"

namespace supervisorctl {

class Terminal {
public:
    Terminal(int in, int out, int err) : in_(in), out_(out), err_(err) {}

    void write(std::string_view text) const;
    /// On standard error.
    void complain(std::string_view text) const;

    /// Without its newline; nothing at the end of the input.
    [[nodiscard]] std::optional<std::string> read_line();
    [[nodiscard]] std::optional<char> read_byte();
    /// A line that is not shown while it is typed, which is so before the question can be seen.
    [[nodiscard]] std::optional<std::string> read_secret(std::string_view question);

    [[nodiscard]] int output_descriptor() const { return out_; }

    // For those who wait for other things too: when input_descriptor() is ready, fill(); then take the lines.
    [[nodiscard]] int input_descriptor() const { return in_; }
    void fill();
    [[nodiscard]] std::optional<std::string> take_line();
    /// All that has been read.
    [[nodiscard]] std::string take() { return std::exchange(input_, {}); }
    [[nodiscard]] bool at_end() const { return ended_ && input_.empty(); }
    /// At a terminal a Ctrl-D ended what was asked for, and there is more to come.
    void read_on() { ended_ = false; }

    /// Both input and output.
    [[nodiscard]] bool is_interactive() const;
    /// Whether somebody looks at the output: it is a terminal.
    [[nodiscard]] bool is_shown() const;
    /// Whether the output is a terminal whose cursor can be moved: TERM is set, and not "dumb".
    [[nodiscard]] bool has_screen() const;
    struct Size {
        std::size_t columns, rows;
    };
    /// As it is now; 80 by 24 when the output does not say.
    [[nodiscard]] Size size() const;
    /// Whether it has a screen, and nobody has asked for no colours (NO_COLOR).
    [[nodiscard]] bool shows_colours() const;
    [[nodiscard]] const Interrupt& interrupt() const { return interrupt_; }

private:
    int in_, out_, err_;
    std::string input_;  // read, and not yet taken
    bool ended_ = false;
    Interrupt interrupt_;
};

}  // namespace supervisorctl
