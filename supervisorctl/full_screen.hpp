// The terminal as a screen of its own: what stood there before comes back when this goes, however it goes.  While it
// lives, keys come at once and are not shown, and the signals that would end or stop this program wait to be taken.
#pragma once

#include <signal.h>
#include <termios.h>

#include <optional>
#include <string>

#include "supervisorctl/terminal.hpp"

namespace supervisorctl {

class FullScreen {
public:
    explicit FullScreen(Terminal& terminal);
    ~FullScreen();
    FullScreen(const FullScreen&) = delete;
    FullScreen& operator=(const FullScreen&) = delete;

    /// The lines take the place of those that stand there, in one write; nothing is written when they are the same.
    void show(const std::string& lines);
    /// The next show() writes everything.
    void forget() { shown_.clear(); }

    /// For poll(2): ready when take_signal() has one.
    [[nodiscard]] int descriptor() const { return signals_.get(); }
    [[nodiscard]] std::optional<int> take_signal();
    /// Gives the terminal and the signals back, as for good, and takes them again.
    void leave();
    void enter();
    /// A signal does what it does; when that was no end, it goes on.
    void let_happen(int signal);

private:
    Terminal& terminal_;
    termios before_{};
    bool has_keys_;  // standard input is a terminal
    sigset_t mask_{}, mask_before_{};
    base::Fd signals_;
    std::string shown_;
};

}  // namespace supervisorctl
