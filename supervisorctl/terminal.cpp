#include "supervisorctl/terminal.hpp"

#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <stdexcept>

#include "common/base/fd.hpp"
#include "common/base/text.hpp"

namespace supervisorctl {

namespace {

class HiddenTyping {
public:
    explicit HiddenTyping(int fd) : fd_(fd), is_terminal_(::tcgetattr(fd, &before_) == 0) {
        if (!is_terminal_) return;
        termios hidden = before_;
        hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        ::tcsetattr(fd_, TCSAFLUSH, &hidden);
    }
    ~HiddenTyping() {
        if (is_terminal_) ::tcsetattr(fd_, TCSAFLUSH, &before_);
    }
    HiddenTyping(const HiddenTyping&) = delete;
    HiddenTyping& operator=(const HiddenTyping&) = delete;

    [[nodiscard]] bool is_terminal() const { return is_terminal_; }

private:
    int fd_;
    termios before_{};
    bool is_terminal_;
};

}  // namespace

void Terminal::write(std::string_view text) const {
    if (!base::write_all(out_, text))
        throw std::runtime_error(base::concat("cannot write to standard output: ", base::errno_text(errno)));
}

void Terminal::complain(std::string_view text) const { (void)base::write_all(err_, text); }

void Terminal::fill() {
    char buffer[4096];
    const ssize_t count = ::read(in_, buffer, sizeof buffer);
    if (count > 0)
        input_.append(buffer, static_cast<std::size_t>(count));
    else
        ended_ = true;
}

std::optional<std::string> Terminal::take_line() {
    auto newline = input_.find('\n');
    if (newline == std::string::npos) {
        if (!ended_ || input_.empty()) return std::nullopt;
        newline = input_.size();
    }
    std::string line = input_.substr(0, newline);
    input_.erase(0, newline + 1);
    return line;
}

std::optional<std::string> Terminal::read_line() {
    for (;;) {
        if (auto line = take_line()) return line;
        if (ended_) return std::nullopt;
        (void)interrupt_.wait(in_, POLLIN, std::nullopt);
        fill();
    }
}

std::optional<char> Terminal::read_byte() {
    while (input_.empty()) {
        if (ended_) return std::nullopt;
        (void)interrupt_.wait(in_, POLLIN, std::nullopt);
        fill();
    }
    const char byte = input_.front();
    input_.erase(0, 1);
    return byte;
}

std::optional<std::string> Terminal::read_secret(std::string_view question) {
    const HiddenTyping hidden(in_);
    write(question);
    auto line = read_line();
    if (line && hidden.is_terminal()) write("\n");  // the one that was typed is not shown either
    return line;
}

bool Terminal::is_interactive() const { return ::isatty(in_) == 1 && is_shown(); }

bool Terminal::is_shown() const { return ::isatty(out_) == 1; }

bool Terminal::has_screen() const {
    const char* kind = std::getenv("TERM");
    return is_shown() && kind && *kind && std::string_view(kind) != "dumb";
}

Terminal::Size Terminal::size() const {
    winsize size{};
    if (::ioctl(out_, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return {80, 24};
    return {size.ws_col, size.ws_row};
}

bool Terminal::shows_colours() const {
    const char* unwanted = std::getenv("NO_COLOR");
    return has_screen() && !(unwanted && *unwanted);
}

}  // namespace supervisorctl
