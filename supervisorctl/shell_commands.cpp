// help, exit, quit, EOF
#include <algorithm>
#include <initializer_list>

#include "common/base/text.hpp"
#include "supervisorctl/families.hpp"
#include "supervisorctl/printing.hpp"
#include "supervisorctl/session.hpp"

namespace supervisorctl {

namespace {

constexpr std::size_t screen_width = 79;

void list_commands(Session& session, std::initializer_list<Listed> which, std::string_view title) {
    std::vector<std::string> names;
    for (const Command& command : commands())
        if (std::ranges::find(which, command.listed) != which.end()) names.emplace_back(command.name);
    std::ranges::sort(names);
    session.say(base::concat('\n', title, '\n', std::string(title.size(), '='), '\n', columns(names, screen_width)));
}

// As wide as "--interval SECONDS" and two blanks.
constexpr std::size_t doc_column = 20;

void list_switches(Session& session, const Command& command) {
    std::string lines;
    for (const Switch& row : switches()) {
        if ((command.switches & row.bit) == 0) continue;
        std::string word = base::concat(row.name, row.argument.empty() ? "" : " ", row.argument);
        word.resize(std::max(word.size() + 1, doc_column), ' ');
        lines += base::concat("  ", word, row.doc, '\n');
    }
    if (!lines.empty()) session.terminal().write(base::concat("\nswitches, anywhere behind the command:\n", lines));
}

}  // namespace

void help(Session& session, const Arguments& arguments) {
    if (arguments.empty()) {
        list_commands(session, {Listed::as_default}, "default commands (type help <topic>):");
        // Not for programs: they find what the original prints, and nothing else.
        if (session.terminal().is_shown()) list_commands(session, {Listed::as_more, Listed::of_plugin}, "more commands (type help <topic>):");
        return;
    }
    const std::string topic = base::join(arguments, " ");
    const Command* command = find_command(topic);
    if (!command || command->help.empty()) return session.say(base::concat("*** No help on ", topic));
    session.terminal().write(command->help);
    if (session.terminal().is_shown()) list_switches(session, *command);
}

void leave(Session& session, const Arguments&) {
    session.say("");
    session.leave();
}

}  // namespace supervisorctl
