#include "common/config/command.hpp"

#include <doctest/doctest.h>

using Words = std::vector<std::string>;

TEST_CASE("a command is split into the words of a shell, and nothing is expanded") {
    struct {
        std::string_view command;
        Words words;
    } const cases[] = {
        {"", {}},
        {" \t\n ", {}},
        {"a b", {"a", "b"}},
        {"a\rb\tc\nd", {"a", "b", "c", "d"}},
        {"a\vb", {"a\vb"}},
        {"''", {""}},
        {"'' ''x", {"", "x"}},
        {"a''b \"\"", {"ab", ""}},
        {"a#b #c", {"a#b", "#c"}},
        {"a\\ b", {"a b"}},
        {"a\\\nb", {"a\nb"}},
        {"\\'x", {"'x"}},
        {"'a\\'", {"a\\"}},
        {"'a\"b'", {"a\"b"}},
        {"\"a'b\"", {"a'b"}},
        {"\"a\\x\\\"\\\\\"", {"a\\x\"\\"}},
        {"\"\\n\"", {"\\n"}},
        {"x=\"1 2\"'3 4'\\ 5", {"x=1 23 4 5"}},
        {"sh -c 'echo $HOME; *'", {"sh", "-c", "echo $HOME; *"}},
        {"\xc3\xa9 \"\xc3\xbc b\"", {"\xc3\xa9", "\xc3\xbc b"}},
    };
    for (const auto& row : cases) {
        CAPTURE(row.command);
        const auto words = config::split_command(row.command);
        REQUIRE(words.has_value());
        CHECK(*words == row.words);
    }
}

TEST_CASE("an unfinished word is refused") {
    for (const std::string_view command : {"'", "\"", "a 'b", "\"a'", "'a\\", "\"\\\""})
        CHECK(config::split_command(command).error() == "No closing quotation");
    for (const std::string_view command : {"\\", "a\\", "\"a\\"})
        CHECK(config::split_command(command).error() == "No escaped character");
}
