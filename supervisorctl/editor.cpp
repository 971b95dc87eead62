#include "supervisorctl/editor.hpp"

#include <fcntl.h>
#include <histedit.h>
#include <termios.h>

#include <clocale>
#include <cstdio>
#include <cwchar>

#include "common/base/text.hpp"
#include "supervisorctl/printing.hpp"

namespace supervisorctl {

namespace {

constexpr int history_length = 1000;
constexpr std::size_t history_file_limit = 1 << 20;  // bytes

/// Whoever shows what is typed himself, as Emacs does, has turned this off; it is not to be shown twice then.
bool is_echoed(int terminal) {
    termios settings{};
    return ::tcgetattr(terminal, &settings) != 0 || (settings.c_lflag & ECHO) != 0;
}

}  // namespace

struct Editor::Inside {
    Terminal& terminal;
    std::string prompt;
    std::optional<std::string> history_file;
    Complete complete;
    std::FILE *in = nullptr, *out = nullptr;  // libedit wants them; bytes are read by next_character()
    EditLine* edit = nullptr;
    History* history = nullptr;
    bool interrupted = false;
    bool shows = true;  // what is typed, as it is edited; else only the prompt

    static Inside& of(EditLine* edit) {
        void* self = nullptr;
        el_get(edit, EL_CLIENTDATA, &self);
        return *static_cast<Inside*>(self);
    }

    static char* show_prompt(EditLine* edit) { return of(edit).prompt.data(); }

    /// One character for libedit: 1, or 0 at the end, or -1.  No exception may pass through its frames.
    static int next_character(EditLine* edit, wchar_t* character) {
        Inside& self = of(edit);
        std::mbstate_t state{};
        try {
            for (;;) {
                const auto byte = self.terminal.read_byte();
                if (!byte) return 0;
                const std::size_t result = std::mbrtowc(character, &*byte, 1, &state);
                if (result == static_cast<std::size_t>(-2)) continue;  // more bytes belong to it
                if (result != static_cast<std::size_t>(-1)) return 1;
                state = {};  // not of this locale: left out
            }
        } catch (const Interrupted&) {
            self.interrupted = true;
            return -1;
        }
    }

    static unsigned char on_tab(EditLine* edit, wint_t) {
        Inside& self = of(edit);
        const LineInfo* line = el_line(edit);
        const std::string_view before(line->buffer, static_cast<std::size_t>(line->cursor - line->buffer));
        const Completion completion = self.complete(before);
        if (completion.candidates.empty()) return CC_ERROR;
        std::string more = common_beginning(completion.candidates).substr(completion.typed.size());
        if (completion.candidates.size() == 1) more += ' ';
        if (!more.empty()) return el_insertstr(edit, more.c_str()) == 0 ? CC_REFRESH : CC_ERROR;
        self.terminal.write(base::concat('\n', columns(completion.candidates, self.terminal.size().columns - 1)));
        return CC_REDISPLAY;
    }

    /// Ctrl-D: as libedit's own, which shows a "^D" where it leaves.
    static unsigned char on_end_or_delete(EditLine* edit, wint_t) {
        const LineInfo* line = el_line(edit);
        if (line->lastchar == line->buffer) return CC_EOF;
        if (line->cursor == line->lastchar) return CC_ERROR;
        el_cursor(edit, 1);
        el_deletestr(edit, 1);
        return CC_REFRESH;
    }

    void load() {
        HistEvent event;
        if (!history_file) return;
        const auto text = base::read_file(*history_file, history_file_limit);
        if (!text) return;  // there is none yet
        for (const auto line : base::split(*text, '\n'))
            if (!line.empty()) ::history(history, &event, H_ENTER, std::string(line).c_str());
    }

    void save() {
        if (!history_file) return;
        std::string text;
        HistEvent event;
        for (int found = ::history(history, &event, H_LAST); found >= 0; found = ::history(history, &event, H_PREV))
            text += base::concat(base::strip_right(event.str), '\n');
        const auto file = base::open_file(*history_file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        if (!file || !base::write_all(file->get(), text))
            terminal.complain(base::concat("cannot write the history: ", file ? *history_file : file.error(), '\n'));
    }
};

Editor::Editor(Terminal& terminal, std::string prompt, std::optional<std::string> history_file, Complete complete)
    : inside_(new Inside{terminal, std::move(prompt), std::move(history_file), std::move(complete)}) {
    if (!std::setlocale(LC_CTYPE, "")) std::setlocale(LC_CTYPE, "C.UTF-8");
    Inside& in = *inside_;
    in.in = ::fdopen(::fcntl(terminal.input_descriptor(), F_DUPFD_CLOEXEC, 0), "r");
    in.shows = is_echoed(terminal.input_descriptor());
    in.out = in.shows ? ::fdopen(::fcntl(terminal.output_descriptor(), F_DUPFD_CLOEXEC, 0), "w") : std::fopen("/dev/null", "we");
    HistEvent event;
    in.history = history_init();
    ::history(in.history, &event, H_SETSIZE, history_length);
    ::history(in.history, &event, H_SETUNIQUE, 1);
    in.load();
    in.edit = el_init_fd("supervisorctl", in.in, in.out, in.out, ::fileno(in.in), terminal.output_descriptor(), ::fileno(in.out));
    el_set(in.edit, EL_CLIENTDATA, &in);
    el_set(in.edit, EL_PROMPT, &Inside::show_prompt);
    el_set(in.edit, EL_EDITOR, "emacs");
    el_set(in.edit, EL_HIST, ::history, in.history);
    el_set(in.edit, EL_GETCFN, &Inside::next_character);
    el_wset(in.edit, EL_ADDFN, L"complete", L"completes the word", &Inside::on_tab);  // el_set() leaks copies of both
    el_set(in.edit, EL_BIND, "^I", "complete", nullptr);
    el_wset(in.edit, EL_ADDFN, L"leave", L"leaves, or deletes a character", &Inside::on_end_or_delete);
    el_set(in.edit, EL_BIND, "^D", "leave", nullptr);
    el_set(in.edit, EL_BIND, "^R", "em-inc-search-prev", nullptr);
}

Editor::~Editor() {
    inside_->save();
    el_end(inside_->edit);
    history_end(inside_->history);
    std::fclose(inside_->in);
    std::fclose(inside_->out);
}

std::optional<std::string> Editor::read_line() {
    inside_->terminal.read_on();
    // libedit itself would show the prompt first: a Ctrl-D typed at it could then still be the line discipline's.
    el_set(inside_->edit, EL_PREP_TERM, 1);
    if (!inside_->shows) inside_->terminal.write(inside_->prompt);
    int count = 0;
    const char* typed = el_gets(inside_->edit, &count);
    if (inside_->interrupted) throw Interrupted{};
    if (!typed || count <= 0) return std::nullopt;
    const std::string line(base::strip_right(std::string_view(typed, static_cast<std::size_t>(count))));
    HistEvent event;
    if (!line.empty()) ::history(inside_->history, &event, H_ENTER, line.c_str());
    return line;
}

bool Editor::fits(const Terminal& terminal) {
    return terminal.is_interactive() && terminal.is_shown();
}

}  // namespace supervisorctl
