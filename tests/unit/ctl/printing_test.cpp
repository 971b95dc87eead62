#include <doctest/doctest.h>

#include "common/base/text.hpp"
#include "supervisorctl/printing.hpp"

using namespace supervisorctl;

namespace {

Process row(const std::string& group, const std::string& name, const char* statename, const char* description) {
    Process process;
    process.group = group;
    process.name = name;
    process.statename = statename;
    process.description = description;
    return process;
}

}  // namespace

TEST_CASE("the status table has the columns that scripts cut it by") {
    const std::vector<Process> processes = {row("a", "a", "RUNNING", "pid 17180, uptime 0:00:04"),
                                            row("b", "b", "STOPPED", "Not started"), row("g", "x", "STARTING", "")};
    CHECK(status_table(processes) ==
          "a                                RUNNING   pid 17180, uptime 0:00:04\n"
          "b                                STOPPED   Not started\n"
          "g:x                              STARTING  \n");
    CHECK(status_table({}) == "");
}

TEST_CASE("the first column of the status table is as wide as the longest name and three") {
    const std::string longest(40, 'n');
    CHECK(status_table({row(longest, longest, "FATAL", "why"), row("b", "b", "EXITED", "when")}) ==
          base::concat(longest, "   FATAL     why\nb", std::string(42, ' '), "EXITED    when\n"));
}

TEST_CASE("a name with letters of several bytes is as wide as it looks") {
    CHECK(status_table({row("\xc3\xa9", "\xc3\xa9", "RUNNING", "d")}) ==
          base::concat("\xc3\xa9", std::string(32, ' '), "RUNNING   d\n"));
}

TEST_CASE("avail has a line for each process, and a blank after the longest name") {
    CHECK(avail_line({.group = "b", .name = "b", .in_use = true, .group_priority = 999, .process_priority = 999}) ==
          "b                                in use    manual    999:999\n");
    CHECK(avail_line({.group = "g", .name = "x", .autostart = true, .group_priority = -1, .process_priority = 5}) ==
          "g:x                              avail     auto      -1:5\n");
    const std::string longest(40, 'n');
    CHECK(avail_line({.group = longest, .name = longest, .in_use = true}) == longest + " in use    manual    0:0\n");
}

TEST_CASE("columns fill the width from the top down") {
    CHECK(columns({}, 79) == "");
    CHECK(columns({"one"}, 79) == "one\n");
    CHECK(columns({"one", "two"}, 79) == "one  two\n");
    CHECK(columns({"a", "bbbb", "cc", "d", "e"}, 11) == "a     cc  e\nbbbb  d    \n");
    CHECK(columns({"wider", "than", "that"}, 3) == "wider\nthan \nthat \n");
}

TEST_CASE("a colour is that of a whole line, which stays the same between its ends") {
    Process up, down, lost;
    up.group = up.name = "up", up.state = 20, up.statename = "RUNNING", up.description = "pid 1";
    down.group = down.name = "down", down.state = 0, down.statename = "STOPPED";
    lost.group = lost.name = "lost", lost.state = 200, lost.statename = "FATAL";
    const auto plain = [](const Process& process) { return status_table({process}); };
    const auto without_end = [&](const Process& process) { return plain(process).substr(0, plain(process).size() - 1); };
    CHECK(status_table({up, down, lost}, true) == "\x1b[32m" + without_end(up) + "\x1b[0m\n" + plain(down) +
                                                      "\x1b[31m" + without_end(lost) + "\x1b[0m\n");
}

TEST_CASE("below each process stands what it has started, and what that has, indented") {
    const auto one = [](const char* name, int pid, int parent, const char* command) {
        return Descendant{.group = name, .name = name, .pid = pid, .parent = parent, .command = command, .json = {}};
    };
    const std::vector<Process> processes = {row("a", "a", "RUNNING", "pid 10"), row("b", "b", "STOPPED", ""), row("c", "c", "RUNNING", "pid 20")};
    const std::vector<Descendant> trees = {one("c", 20, 1, "cc"), one("a", 10, 1, "aa -x"), one("a", 12, 11, "\x1b[2Jdeep\n"),
                                           one("a", 11, 10, "child"), one("a", 13, 10, "child"), one("a", 15, 14, "left alone"),
                                           one("a", 16, 15, "below")};
    CHECK(tree_table(processes, trees, false) ==
          "a                                RUNNING   pid 10\n"
          "  10 aa -x\n"
          "    11 child\n"
          "      12 ?[2Jdeep?\n"
          "    13 child\n"
          "  15 left alone (orphan)\n"
          "    16 below\n"
          "b                                STOPPED   \n"
          "c                                RUNNING   pid 20\n"
          "  20 cc\n");
    CHECK(tree_table({}, trees, false) == "");
    CHECK(tree_table({processes[2]}, {one("c", 20, 1, "cc"), one("c", 21, 22, "x"), one("c", 22, 21, "y")}, false) ==
          "c                                RUNNING   pid 20\n  20 cc\n");
}

TEST_CASE("what a server says of its processes does not command a terminal") {
    Process process;
    process.group = "g\x1b]0;x\x07";
    process.name = "a\nb";
    process.statename = "RUN\x7fNING";
    process.description = "pid 1\xc2\x9b" "2J \r\xc3\xa9 \xc2\xa0";
    const std::string table = supervisorctl::status_table({process});
    CHECK(table.starts_with("g?]0;x?:a?b "));
    CHECK(table.ends_with("RUN?NING  pid 1?2J ?\xc3\xa9 \xc2\xa0\n"));
    CHECK(supervisorctl::shortened("a\x1b\xc2\x9b\xc3\xa9z", 4) == "a??\xc3\xa9");
    CHECK(supervisorctl::columns({"a\x1b", "b"}, 80) == "a?  b\n");
    CHECK(supervisorctl::harmless("a\tb\nc\x1b", "\n\t") == "a\tb\nc?");
}
