#include "supervisorctl/watch.hpp"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <functional>
#include <set>

#include "common/api/names.hpp"
#include "common/api/states.hpp"
#include "supervisorctl/follow.hpp"
#include "supervisorctl/full_screen.hpp"
#include "supervisorctl/outcome.hpp"
#include "supervisorctl/selection.hpp"
#include "supervisorctl/session.hpp"
#include "supervisorctl/watch_frame.hpp"

namespace supervisorctl {

using base::concat;
using std::chrono::milliseconds;

namespace {

constexpr std::chrono::seconds patience{5};  // for an answer, unless --timeout says something else
constexpr std::chrono::seconds notices_stay{10};
constexpr milliseconds while_it_stops{250};  // a process that is to start again

std::chrono::seconds patience_of(const Session& session) { return session.manner().timeout.value_or(patience); }

/// What there is now, and nothing of what keeps us from knowing: that is thrown as Trouble.
Selection look(Session& session, const Arguments& names) {
    session.remote().give_up_after(patience_of(session));
    const auto processes = session.remote().processes();
    if (processes.refused_for(api::Fault::shutdown_state))
        throw Trouble(Trouble::Kind::other, "supervisord is shutting down");
    return select(processes.value(), names);
}

std::string lost(const Session& session, const Trouble& trouble) {
    const std::string& url = session.settings().serverurl;
    if (trouble.kind == Trouble::Kind::refused_connection) return url + " refused connection";
    if (trouble.kind == Trouble::Kind::no_such_file) return url + " no such file";
    return trouble.text;
}

std::string time_of_day() {
    const std::time_t now = std::time(nullptr);
    std::tm local{};
    ::localtime_r(&now, &local);
    char text[16];
    return std::string(text, std::strftime(text, sizeof text, "%H:%M:%S", &local));
}

class LiveView {
public:
    LiveView(Session& session, const Arguments& names)
        : session_(session), names_(names), coloured_(session.terminal().shows_colours()), screen_(session.terminal()) {
        watched_.server = session.settings().serverurl;
    }

    /// Until a key ends it.  Throws Interrupted.
    void run() {
        while (!over_ || !to_start_.empty()) {
            if (base::now() >= next_look_) look_again();
            const auto [columns, rows] = session_.terminal().size();
            // Not the last column: what erases the rest of a full line would erase its last character.
            screen_.show(frame(watched_, columns - 1, rows, coloured_));
            wait();
        }
    }

private:
    void look_again() {
        const milliseconds interval = session_.manner().interval;
        next_look_ = base::now() + (to_start_.empty() ? interval : std::min(interval, while_it_stops));
        try {
            auto [processes, unknown] = look(session_, names_);
            watched_.processes = std::move(processes);
            watched_.chosen = moved(watched_.processes, watched_.chosen, 0);
            watched_.time = time_of_day();
            if (std::exchange(watched_.is_lost, false)) say(concat("supervisord answers again since ", watched_.time));
            if (base::now() >= notice_ends_ && !question_) watched_.notice = base::join(unknown, "  ");
            start_what_has_stopped();
        } catch (const Trouble& trouble) {
            if (!std::exchange(watched_.is_lost, true)) lost_since_ = time_of_day();
            question_ = nullptr;
            to_start_.clear();
            watched_.notice = concat("No answer since ", lost_since_, ": ", lost(session_, trouble));
        }
    }

    void wait() {
        Terminal& terminal = session_.terminal();
        pollfd all[] = {{terminal.interrupt().descriptor(), POLLIN, 0},
                        {screen_.descriptor(), POLLIN, 0},
                        {terminal.at_end() ? -1 : terminal.input_descriptor(), POLLIN, 0}};
        const auto left = std::chrono::ceil<milliseconds>(next_look_ - base::now());
        if (::poll(all, std::size(all), static_cast<int>(std::max<std::int64_t>(left.count(), 0))) <= 0) return;
        if (all[0].revents != 0) {
            terminal.interrupt().forget();
            throw Interrupted{};
        }
        while (const auto signal = screen_.take_signal()) {
            screen_.forget();
            if (*signal != SIGWINCH) screen_.let_happen(*signal);
        }
        if (all[2].revents == 0) return;
        terminal.fill();
        typed_ += terminal.take();
        while (const auto key = take_key(typed_)) press(*key);
    }

    void press(int pressed) {
        if (question_) {
            const auto answered = std::exchange(question_, nullptr);
            watched_.notice.clear();
            if (pressed == 'y' || pressed == 'Y') answered();
            return;
        }
        const auto page = std::max<std::int64_t>(static_cast<std::int64_t>(session_.terminal().size().rows) - 4, 1);
        const auto all = static_cast<std::int64_t>(watched_.processes.size());
        switch (pressed) {
            case 'q': case 'Q': case key::end_of_input: return finish();
            case key::up: case 'k': return move(-1);
            case key::down: case 'j': return move(1);
            case key::page_up: return move(-page);
            case key::page_down: return move(page);
            case key::first: return move(-all);
            case key::last: return move(all);
            case key::redraw: return screen_.forget();
            default: break;
        }
        if (watched_.chosen.empty() || watched_.is_lost) return;
        const std::string name = watched_.chosen;
        switch (pressed) {
            case 's': return start(name);
            case 'x': return ask("Stop ", name, [this, name] { stop(name); });
            case 'r': return ask("Restart ", name, [this, name] { restart(name); });
            case 'l': case '\n': return show_log(name, Channel::out);
            case 'e': return show_log(name, Channel::err);
            default: return;
        }
    }

    void finish() {
        over_ = true;
        if (!to_start_.empty()) say("Ends when what is to be restarted has been started; Ctrl-C leaves it stopped");
    }

    void move(std::int64_t lines) { watched_.chosen = moved(watched_.processes, watched_.chosen, lines); }

    void say(std::string text) {
        watched_.notice = std::move(text);
        notice_ends_ = base::now() + notices_stay;
    }

    void ask(std::string_view what, const std::string& name, std::function<void()> answered) {
        watched_.notice = concat(what, name, "? y/N");
        question_ = std::move(answered);
    }

    /// What became of it, as the command says it.  False: it was refused.
    bool tell(Verb verb, const std::string& name, const Answer<bool>& answer) {
        const api::ProcessName parts = api::parse_name(name);
        Outcome outcome{parts.group, *parts.process, api::Fault::success, ""};
        if (const Refused* no = answer.refused()) {
            outcome.status = no->fault;
            outcome.description = no->text;
            const auto told = report(verb, outcome);
            say(told ? told->line : no->text);
        } else {
            say(concat(name, verb == Verb::start ? ": is being started" : ": is being stopped"));
        }
        next_look_ = base::now();
        return !answer.refused();
    }

    /// A call of a key, whose failure is the next look's to tell.
    template <class Call>
    void attempt(Call call) {
        try {
            session_.remote().give_up_after(patience_of(session_));
            call();
        } catch (const Trouble&) {
            next_look_ = base::now();
        }
    }

    void start(const std::string& name) {
        attempt([&] { (void)tell(Verb::start, name, session_.remote().start(name, false)); });
    }

    void stop(const std::string& name) {
        attempt([&] { (void)tell(Verb::stop, name, session_.remote().stop(name, false)); });
    }

    void restart(const std::string& name) {
        attempt([&] {
            const auto answer = session_.remote().stop(name, false);
            if (answer.refused_for(api::Fault::not_running) || tell(Verb::stop, name, answer)) to_start_.insert(name);
            next_look_ = base::now();
        });
    }

    void start_what_has_stopped() {
        std::erase_if(to_start_, [&](const std::string& name) { return moved(watched_.processes, name, 0) != name; });
        for (const Process& process : watched_.processes) {
            const std::string name = api::full_name(process.group, process.name);
            if (api::is_stopped(static_cast<api::State>(process.state)) && to_start_.erase(name) > 0) start(name);
        }
    }

    void show_log(const std::string& name, Channel channel) {
        const int status = session_.status();
        screen_.leave();
        if (!follow(session_, log_path(name, channel))) {
            session_.say("==> Press Enter to go back <==");
            (void)session_.terminal().read_line();
        }
        screen_.enter();
        session_.restore_status(status);
    }

    Session& session_;
    const Arguments& names_;
    bool coloured_;
    FullScreen screen_;
    Watched watched_;
    std::string typed_, lost_since_;
    base::Time next_look_{}, notice_ends_{};
    std::function<void()> question_;   // what a "y" does
    std::set<std::string> to_start_;   // when they have stopped
    bool over_ = false;
};

/// What a line of the table says but for the time that the process has been up.
std::string lasting(const std::vector<Process>& processes) {
    std::string out;
    for (const Process& process : processes)
        out += concat(process.group, ':', process.name, ' ', process.state, ' ', process.pid, ' ',
                      process.pid == 0 ? process.description : "", '\n');
    return out;
}

/// Tables with an empty line between; until nobody reads them.
void print_changes(Session& session, const Arguments& names, PrintProcesses print) {
    std::string printed;
    for (bool is_first = true, is_lost = false;;) {
        try {
            const auto [processes, unknown] = look(session, names);
            const std::string now = concat(lasting(processes), base::join(unknown, "\n"));
            if (is_first || is_lost || now != printed) {
                if (!is_first && !session.has(takes::json)) session.say("");
                for (const std::string& line : unknown) session.say(line);
                print(session, processes);
            }
            printed = now;
            is_lost = false;
        } catch (const Trouble& trouble) {
            if (!std::exchange(is_lost, true)) session.say(concat(is_first ? "" : "\n", lost(session, trouble)));
        }
        is_first = false;
        const Terminal& terminal = session.terminal();
        if (terminal.interrupt().wait(terminal.output_descriptor(), 0, session.manner().interval)) return;
    }
}

}  // namespace

void watch(Session& session, const Arguments& names, PrintProcesses print) {
    try {
        if (session.terminal().has_screen() && !session.has(takes::json))
            LiveView(session, names).run();
        else
            print_changes(session, names, print);
    } catch (const Interrupted&) {
        // the other way out
    }
}

}  // namespace supervisorctl
