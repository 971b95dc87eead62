#include "supervisorctl/full_screen.hpp"

#include <sys/signalfd.h>
#include <unistd.h>

#include "common/base/text.hpp"

namespace supervisorctl {

namespace {

constexpr int taken[] = {SIGWINCH, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};

// What every terminal of today understands: the other screen, no cursor, lines that are cut and not wrapped.
constexpr std::string_view begin = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[H\x1b[2J";
constexpr std::string_view end = "\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l";

}  // namespace

FullScreen::FullScreen(Terminal& terminal)
    : terminal_(terminal), has_keys_(::tcgetattr(terminal.input_descriptor(), &before_) == 0) {
    sigemptyset(&mask_);
    for (const int signal : taken) sigaddset(&mask_, signal);
    signals_ = base::Fd(::signalfd(-1, &mask_, SFD_CLOEXEC | SFD_NONBLOCK));
    enter();
}

FullScreen::~FullScreen() { leave(); }

void FullScreen::enter() {
    ::pthread_sigmask(SIG_BLOCK, &mask_, &mask_before_);
    if (has_keys_) {
        termios keys = before_;
        keys.c_lflag &= ~static_cast<tcflag_t>(ECHO | ICANON);
        keys.c_cc[VMIN] = 1;
        keys.c_cc[VTIME] = 0;
        ::tcsetattr(terminal_.input_descriptor(), TCSADRAIN, &keys);
    }
    (void)base::write_all(terminal_.output_descriptor(), begin);
    forget();
}

void FullScreen::leave() {
    (void)base::write_all(terminal_.output_descriptor(), end);
    if (has_keys_) ::tcsetattr(terminal_.input_descriptor(), TCSADRAIN, &before_);
    ::pthread_sigmask(SIG_SETMASK, &mask_before_, nullptr);
}

void FullScreen::show(const std::string& lines) {
    if (lines == shown_) return;
    // Nothing is erased before it is written over, so nothing flickers.
    std::string out = "\x1b[0m\x1b[?7l\x1b[?25l\x1b[H";
    out += base::replace_all(lines, "\n", "\x1b[K\r\n");
    terminal_.write(out += "\x1b[K\x1b[J");
    shown_ = lines;
}

std::optional<int> FullScreen::take_signal() {
    signalfd_siginfo one;
    if (::read(signals_.get(), &one, sizeof one) != sizeof one) return std::nullopt;
    return static_cast<int>(one.ssi_signo);
}

void FullScreen::let_happen(int signal) {
    leave();
    ::raise(signal);
    enter();
}

}  // namespace supervisorctl
