// The manual pages say what the tables say.
#include <doctest/doctest.h>

#include <set>

#include "common/base/fd.hpp"
#include "common/base/text.hpp"
#include "supervisorctl/commands.hpp"

namespace {

std::string page() {
    const auto text = base::read_file(SOURCE_ROOT "/docs/man/supervisorctl.1", 1 << 20);
    REQUIRE(text.has_value());
    return base::replace_all(*text, "\\-", "-");
}

/// The subsections of COMMANDS.
std::set<std::string> described_commands() {
    std::set<std::string> names;
    bool inside = false;
    const std::string text = page();
    for (const auto line : base::split(text, '\n')) {
        if (line.starts_with(".SH ")) inside = line == ".SH COMMANDS";
        if (inside && line.starts_with(".SS ")) names.emplace(line.substr(4));
    }
    return names;
}

}  // namespace

TEST_CASE("the manual page of supervisorctl describes each command, and no other") {
    std::set<std::string> names;
    for (const auto& command : supervisorctl::commands())
        if (!command.help.empty()) names.emplace(command.name);
    CHECK(described_commands() == names);
}

TEST_CASE("the manual page of supervisorctl shows each way to write a command") {
    const std::string text = page();
    for (const auto& command : supervisorctl::commands())
        for (const auto line : base::split(command.help, '\n')) {
            if (!line.starts_with(command.name)) continue;
            std::string form(base::strip(line.substr(0, line.find('\t'))));
            form = form.substr(0, form.find(" (default"));
            CAPTURE(form);
            CHECK(text.find(base::concat("\n.B ", form, '\n')) != std::string::npos);
        }
}
