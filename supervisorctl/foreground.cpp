// fg: what the program says on the screen, what is typed to the program, until one of both has enough.  Not a
// terminal for the program: Ctrl-C ends fg, not the program.
#include <poll.h>

#include "common/api/states.hpp"
#include "supervisorctl/exit_status.hpp"
#include "supervisorctl/families.hpp"
#include "supervisorctl/follow.hpp"
#include "supervisorctl/session.hpp"

namespace supervisorctl {

using base::concat;

namespace {

constexpr int look_again_after = 1000;  // milliseconds: whether the program is still there

class Foreground {
public:
    Foreground(Session& session, const Process& process, std::string name) : session_(session), name_(std::move(name)) {
        if (!process.stdout_logfile.empty()) out_ = open_stream(session, log_path(name_, Channel::out));
        if (!process.stderr_logfile.empty()) err_ = open_stream(session, log_path(name_, Channel::err));
    }

    /// Returns when the program is gone or the input has ended.
    void run() {
        while (!session_.terminal().at_end()) {
            const bool nothing_came = !wait();
            print(out_);
            print(err_);
            if (!pass_lines_on() || (nothing_came && is_gone())) {
                print(out_);
                print(err_);
                return session_.say("Process got killed");
            }
        }
    }

private:
    /// False when the time is over.  Throws Interrupted.
    bool wait() {
        Terminal& terminal = session_.terminal();
        pollfd all[] = {{terminal.interrupt().descriptor(), POLLIN, 0},
                        {terminal.input_descriptor(), POLLIN, 0},
                        {out_ ? out_->descriptor() : -1, POLLIN, 0},
                        {err_ ? err_->descriptor() : -1, POLLIN, 0}};
        const int ready = ::poll(all, std::size(all), look_again_after);
        if (all[0].revents != 0) {
            terminal.interrupt().forget();
            throw Interrupted{};
        }
        if (all[1].revents != 0) terminal.fill();
        return ready > 0;
    }

    void print(std::optional<Stream>& stream) {
        if (!stream) return;
        const auto news = stream->take();
        if (news)
            session_.terminal().write(*news);
        else
            stream.reset();
    }

    /// False when nobody is there to take them.
    bool pass_lines_on() {
        while (const auto line = session_.terminal().take_line()) {
            const auto sent = session_.remote().send_input(name_, *line + '\n');
            if (sent.refused_for(api::Fault::not_running) || sent.refused_for(api::Fault::no_file)) return false;
            sent.must_be_granted();
        }
        return true;
    }

    bool is_gone() {
        const auto process = session_.remote().process(name_);
        return process.refused() || api::is_stopped(static_cast<api::State>(process.value().state));
    }

    Session& session_;
    std::string name_;
    std::optional<Stream> out_, err_;
};

void refuse(Session& session, std::string_view why) {
    session.say(why);
    session.fail(exit_status::generic);
}

}  // namespace

void fg(Session& session, const Arguments& names) {
    if (names.empty()) {
        say_with_help(session, "ERROR: no process name supplied", "fg");
        return session.fail(exit_status::generic);
    }
    if (names.size() > 1) return refuse(session, "ERROR: too many process names supplied");
    const auto process = session.remote().process(names[0]);
    if (process.refused_for(api::Fault::bad_name)) return refuse(session, "ERROR: bad process name supplied");
    if (const Refused* no = process.refused()) return session.say(concat("ERROR: ", no->text));
    if (process.value().state != api::code(api::State::running)) return refuse(session, "ERROR: process not running");
    session.say("==> Press Ctrl-C to exit <==");
    try {
        Foreground(session, process.value(), names[0]).run();
    } catch (const Interrupted&) {
        // as good a way out as any
    }
    session.say("Exiting foreground");
}

}  // namespace supervisorctl
