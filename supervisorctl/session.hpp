// One run of supervisorctl: the server it talks to, where it prints, and the exit status so far.  Commands are
// functions that are given the session; run() is the one place where what they do not handle becomes a line.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "supervisorctl/remote.hpp"
#include "supervisorctl/terminal.hpp"

namespace supervisorctl {

/// From the command line and the [supervisorctl] section.
struct Settings {
    std::string serverurl = "http://localhost:9001";
    std::optional<std::string> username = std::nullopt;
    std::optional<std::string> password = std::nullopt;
    std::string prompt = "supervisor";
    std::optional<std::string> history_file = std::nullopt;
    bool interactive = false;  // asks: before a shutdown, and for credentials
    std::string configuration = {};  // the file that was named or found; empty: none
};

/// How one command is carried out: what its switches say.
struct Manner {
    unsigned given = 0;  // bits of takes (commands.hpp)
    std::optional<std::chrono::seconds> timeout = std::nullopt;
    std::chrono::milliseconds interval{2000};
};

class Session {
public:
    Session(Settings settings, Terminal& terminal) : settings_(std::move(settings)), terminal_(terminal) {}

    /// One command line; says what went wrong and sets the status.  Throws Interrupted.
    void run(std::string_view line);

    [[nodiscard]] int status() const { return status_; }
    [[nodiscard]] bool left() const { return left_; }
    [[nodiscard]] const Settings& settings() const { return settings_; }

    // For commands.

    /// Throws Trouble when the serverurl is none.  The connection is made by the first call.
    [[nodiscard]] Remote& remote();
    [[nodiscard]] Terminal& terminal() { return terminal_; }

    /// A line, or any text, for people: on standard error where standard output is for JSON.
    void say(std::string_view line);
    void write(std::string_view text);
    [[nodiscard]] bool has(unsigned given) const { return (manner_.given & given) != 0; }
    [[nodiscard]] const Manner& manner() const { return manner_; }
    void set_manner(const Manner& manner);
    /// Success never resets it: the last failure counts.
    void fail(int status) { status_ = status; }
    /// "error: TEXT"; does not set the status.
    void report(const Trouble& trouble);
    /// Whether there is a server that understands us; if not, says why and sets the status.
    [[nodiscard]] bool server_answers();
    /// True without asking when nobody is there to be asked.
    [[nodiscard]] bool is_confirmed(std::string_view question);
    void talk_to(std::string url);
    void leave() { left_ = true; }
    /// After a command inside a command, whose failures do not count.
    void restore_status(int status) { status_ = status; }

private:
    void apply_manner();  // to the remote, which there is
    [[nodiscard]] bool ask_for_credentials();

    Settings settings_;
    Terminal& terminal_;
    std::optional<Remote> remote_;
    Manner manner_;
    int status_ = 0;
    bool left_ = false;
};

}  // namespace supervisorctl
