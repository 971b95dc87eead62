#include "supervisord/log/strip_ansi.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/support/capture.hpp"

namespace {

using logs::StripState;

std::string strip(const std::vector<std::string_view>& pieces) {
    StripState state;
    std::string all;
    for (const auto piece : pieces) {
        std::string out(logs::strip_ansi_room(piece.size()), '?');
        out.resize(logs::strip_ansi(state, piece, out.data()));
        all += out;
    }
    char last = '?';
    if (logs::strip_ansi_end(state, &last)) all.push_back(last);
    CHECK(state == StripState{});
    return all;
}

struct Case {
    std::string_view in, out;
};

constexpr Case cases[] = {
    {"", ""},
    {"plain\n", "plain\n"},
    {"\x1b[32mgreen\x1b[0m\n", "green\n"},
    {"a\x1b[31m red \x1b[0m b \x1b[2;3X z", "a red  b  z"},  // X is a final byte like any other (Q55)
    {"\x1b[1;31;48;5;200mx\x1b[K\x1b[2J\x1b[?25l", "x"},
    {"\x1b[~\x1b[@end", "end"},
    {"\x1b", "\x1b"},
    {"\x1b\x1b[mx", "\x1bx"},
    {"\x1b" "c\x1b]0;title\x07", "\x1b" "c\x1b]0;title\x07"},  // other escapes are none of ours
    {"cut \x1b[31\nnext line\n", "cut \nnext line\n"},
    {"cut \x1b[3\x1b[31mred", "cut red"},
    {"\x1b[1\xc3\xa9t\xc3\xa9", "\xc3\xa9t\xc3\xa9"},
    {"\x1b[", ""},
    {"[31m no escape", "[31m no escape"},
};

}  // namespace

TEST_CASE("control sequences are taken out and all else is left") {
    for (const auto& [in, out] : cases) {
        CAPTURE_BINDING(in);
        CHECK(strip({in}) == out);
    }
}

TEST_CASE("however the bytes are cut into pieces, the same comes out") {
    for (const auto& [in, out] : cases) {
        CAPTURE_BINDING(in);
        for (std::size_t first = 0; first <= in.size(); ++first)
            for (std::size_t second = first; second <= in.size(); ++second)
                CHECK(strip({in.substr(0, first), in.substr(first, second - first), in.substr(second)}) == out);
        std::vector<std::string_view> bytes;
        for (std::size_t i = 0; i < in.size(); ++i) bytes.push_back(in.substr(i, 1));
        CHECK(strip(bytes) == out);
    }
}
