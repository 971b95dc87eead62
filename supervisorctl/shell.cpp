#include "supervisorctl/shell.hpp"

#include "supervisorctl/completion.hpp"
#include "supervisorctl/editor.hpp"

namespace supervisorctl {

namespace {

std::vector<Process> processes_for_completion(Session& session) {
    try {
        const auto processes = session.remote().processes();
        return processes.refused() ? std::vector<Process>{} : processes.value();
    } catch (const Trouble&) {
        return {};  // the command itself will say it
    } catch (const Interrupted&) {
        return {};
    }
}

/// `next` gives the next line, or nothing at the end.
template <class Next>
void run_lines(Session& session, Next next) {
    while (!session.left()) {
        const auto line = next();
        if (!line) return session.say("");
        session.run(*line);
    }
}

}  // namespace

void run_shell(Session& session) {
    Terminal& terminal = session.terminal();
    const std::string prompt = session.settings().prompt + "> ";
    try {
        session.run("status");
        if (!Editor::fits(terminal))
            return run_lines(session, [&] {
                terminal.write(prompt);
                return terminal.read_line();
            });
        std::optional<std::vector<Process>> known;  // asked for once a line
        Editor editor(terminal, prompt, session.settings().history_file, [&](std::string_view before_cursor) {
            return complete(before_cursor, [&] {
                if (!known) known = processes_for_completion(session);
                return *known;
            });
        });
        run_lines(session, [&] {
            known.reset();
            return editor.read_line();
        });
    } catch (const Interrupted&) {
        session.say("");
    }
}

}  // namespace supervisorctl
