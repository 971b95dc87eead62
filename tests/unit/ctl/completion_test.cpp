#include <doctest/doctest.h>

#include "supervisorctl/completion.hpp"

using namespace supervisorctl;
using Names = std::vector<std::string>;

namespace {

std::vector<Process> some_processes() {
    std::vector<Process> processes;
    for (const auto& [group, name] : {std::pair{"g", "a"}, {"g", "b"}, {"solo", "solo"}}) {
        auto& process = processes.emplace_back();
        process.group = group;
        process.name = name;
    }
    return processes;
}

Names offered(std::string_view before_cursor) { return complete(before_cursor, some_processes).candidates; }

}  // namespace

TEST_CASE("the first word is a command") {
    CHECK(offered("sta") == Names{"start", "status"});
    CHECK(offered("avai") == Names{"avail"});
    CHECK(offered("  qu") == Names{"quit"});
    CHECK(offered("h") == Names{"help"});
    CHECK(offered("E").empty());
    CHECK(offered("help st") == Names{"start", "status", "stop"});
    CHECK(offered("? st") == Names{"start", "status", "stop"});
}

TEST_CASE("commands for processes complete names, in the long form once a colon is typed") {
    CHECK(offered("start ") == Names{"g:*", "g:a", "g:b", "solo"});
    CHECK(offered("start g:a so") == Names{"solo"});
    CHECK(offered("pid solo:") == Names{"solo:*", "solo:solo"});
    CHECK(offered("stop g:") == Names{"g:*", "g:a", "g:b"});
    CHECK(offered("signal HUP s") == Names{"solo"});
}

TEST_CASE("commands for groups complete groups; others complete nothing") {
    CHECK(offered("update ") == Names{"g", "solo"});
    CHECK(offered("add s") == Names{"solo"});
    CHECK(offered("version ").empty());
    CHECK(offered("nosuch ").empty());
}

TEST_CASE("processes are asked for only when one is completed") {
    int asked = 0;
    const auto count = [&] { return ++asked, std::vector<Process>{}; };
    (void)complete("sta", count);
    (void)complete("help sta", count);
    (void)complete("maintail ", count);
    CHECK(asked == 0);
    (void)complete("stop ", count);
    CHECK(asked == 1);
}

TEST_CASE("what all candidates agree on can be filled in") {
    CHECK(common_beginning({}) == "");
    CHECK(common_beginning({"status"}) == "status");
    CHECK(common_beginning({"start", "status"}) == "sta");
    CHECK(common_beginning({"a", "b"}) == "");
}
