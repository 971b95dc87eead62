// docs/reference/command-line.md is made from the tables of commands, switches and flags.
#include <doctest/doctest.h>

#include "common/base/text.hpp"
#include "common/config/command_line.hpp"
#include "supervisorctl/arguments.hpp"
#include "supervisorctl/commands.hpp"
#include "tests/support/document.hpp"

using base::concat;

namespace {

std::string reference() {
    using namespace supervisorctl;
    std::string out = concat(
        "# Command lines\n\nMade from the tables of flags, commands and switches; do not edit.\n\n## supervisord\n\n```\n",
        base::strip(config::supervisord_help("supervisord")), "\n```\n\n## supervisorctl\n\n```\n",
        base::strip(help_text("supervisorctl")),
        "\n```\n\n## Switches\n\nWords that may stand anywhere behind a command that knows them.\n\n"
        "| switch | | commands |\n|---|---|---|\n");
    for (const auto& row : switches()) {
        std::vector<std::string> names;
        for (const auto& command : commands())
            if (command.switches & row.bit) names.push_back(concat('`', command.name, '`'));
        out += concat("| `", row.name, row.argument.empty() ? "" : " ", row.argument, "` | ", row.doc, " | ",
                      base::join(names, ", "), " |\n");
    }
    out += "\n## Commands\n";
    for (const auto& command : commands()) {
        if (command.help.empty()) continue;
        std::string help(base::strip_right(command.help));
        for (const char* tabs : {"\t\t\t", "\t\t"}) help = base::replace_all(help, tabs, "\t");
        out += concat("\n### ", command.name, "\n\n```\n", help, "\n```\n");
    }
    return out;
}

}  // namespace

TEST_CASE("docs/reference/command-line.md says what the tables say") {
    check_document("reference/command-line.md", reference());
}
