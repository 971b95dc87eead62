// Lines typed at a terminal, with editing, history and Tab: libedit.  Bytes come through the Terminal, so that Ctrl-C
// and what was typed ahead are treated alike everywhere.  libedit stays in editor.cpp.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "supervisorctl/completion.hpp"
#include "supervisorctl/terminal.hpp"

namespace supervisorctl {

class Editor {
public:
    using Complete = std::function<Completion(std::string_view before_cursor)>;

    /// The history file (one line each, as GNU readline has it) is read now and written at the end.
    Editor(Terminal& terminal, std::string prompt, std::optional<std::string> history_file, Complete complete);
    ~Editor();
    Editor(const Editor&) = delete;
    Editor& operator=(const Editor&) = delete;

    /// Nothing at the end of the input.  Throws Interrupted.
    [[nodiscard]] std::optional<std::string> read_line();

    /// Whether this terminal can be edited on.
    [[nodiscard]] static bool fits(const Terminal& terminal);

private:
    struct Inside;
    std::unique_ptr<Inside> inside_;
};

}  // namespace supervisorctl
