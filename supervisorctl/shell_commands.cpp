// help, exit, quit, EOF
#include <algorithm>

#include "common/base/text.hpp"
#include "supervisorctl/families.hpp"
#include "supervisorctl/printing.hpp"
#include "supervisorctl/session.hpp"

namespace supervisorctl {

namespace {

constexpr std::size_t screen_width = 79;

void list_commands(Session& session) {
    std::vector<std::string> names;
    for (const Command& command : commands())
        if (command.listed) names.emplace_back(command.name);
    std::ranges::sort(names);
    const std::string title = "default commands (type help <topic>):";
    session.say(base::concat('\n', title, '\n', std::string(title.size(), '='), '\n', columns(names, screen_width)));
}

}  // namespace

void help(Session& session, const Arguments& arguments) {
    if (arguments.empty()) return list_commands(session);
    const std::string topic = base::join(arguments, " ");
    const Command* command = find_command(topic);
    if (command && !command->help.empty())
        session.terminal().write(command->help);
    else
        session.say(base::concat("*** No help on ", topic));
}

void leave(Session& session, const Arguments&) {
    session.say("");
    session.leave();
}

}  // namespace supervisorctl
