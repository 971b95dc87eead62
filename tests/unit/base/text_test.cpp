#include "common/base/text.hpp"

#include <doctest/doctest.h>

using namespace std::string_literals;
using Pieces = std::vector<std::string_view>;

TEST_CASE("texts and integers are joined as they are") {
    CHECK(base::concat() == "");
    CHECK(base::concat("a", 'b', std::string("c"), 1, -2L, 3U, std::size_t{4}) == "abc1-234");
    CHECK(base::concat(INT64_MIN, " ", UINT64_MAX) == "-9223372036854775808 18446744073709551615");
}

TEST_CASE("whitespace is what Python strips off ASCII text") {
    CHECK(base::strip(" \t\n\v\f\r\x1c\x1d\x1e\x1f x y \x1f") == "x y");
    CHECK(base::strip("\xc2\xa0x") == "\xc2\xa0x");  // bytes, not characters
    CHECK(base::strip(" \n ") == "");
    CHECK(base::strip_right(" a ") == " a");
}

TEST_CASE("case is a matter of ASCII letters only") {
    CHECK(base::lower("AbZ[\xc3\x84") == "abz[\xc3\x84");
    CHECK(base::upper("aBz{\xc3\xa4") == "ABZ{\xc3\xa4");
}

TEST_CASE("splitting keeps empty pieces, words does not") {
    CHECK(base::split("", ',') == Pieces{""});
    CHECK(base::split("a,,b,", ',') == Pieces{"a", "", "b", ""});
    CHECK(base::words("") == Pieces{});
    CHECK(base::words("  a \t b\nc ") == Pieces{"a", "b", "c"});
    CHECK(base::join({}, ", ") == "");
    CHECK(base::join({"a"}, ", ") == "a");
    CHECK(base::join({"a", "", "b"}, ", ") == "a, , b");
}

TEST_CASE("every occurrence is replaced, but not in what was put in") {
    CHECK(base::replace_all("%%%%a%%", "%%", "%") == "%%a%");
    CHECK(base::replace_all("aaa", "a", "aa") == "aaaaaa");
    CHECK(base::replace_all("abc", "x", "y") == "abc");
}

TEST_CASE("texts are shown as Python's repr shows them") {
    struct {
        std::string text;
        std::string_view shown;
    } const cases[] = {
        {"", "''"},
        {"abc", "'abc'"},
        {"it's", "\"it's\""},
        {"say \"x\"", "'say \"x\"'"},
        {"both ' and \"", "'both \\' and \"'"},
        {"back\\slash", "'back\\\\slash'"},
        {"\n\t\r", "'\\n\\t\\r'"},
        {"\0\x1b\x7f"s, "'\\x00\\x1b\\x7f'"},
        {"\xc3\xa4", "'\xc3\xa4'"},                   // ä
        {"\xc2\xa0\xc2\xad", "'\\xa0\\xad'"},         // no-break space, soft hyphen
        {"\xe2\x82\xac", "'\xe2\x82\xac'"},           // euro sign
        {"\xe2\x80\xa8", "'\\u2028'"},                // line separator
        {"\xef\xbb\xbf", "'\\ufeff'"},
        {"\xf0\x9f\x90\x8d", "'\xf0\x9f\x90\x8d'"},   // snake
        {"\xf3\xa0\x80\x81", "'\\U000e0001'"},
        {"bad\xff", "'bad\\udcff'"},
        {"\xc3", "'\\udcc3'"},
    };
    for (const auto& row : cases) CHECK(base::python_repr(row.text) == row.shown);
}

TEST_CASE("numbers are padded with zeros, never cut") {
    CHECK(base::padded(7, 2) == "07");
    CHECK(base::padded(0, 3) == "000");
    CHECK(base::padded(1234, 2) == "1234");
}

TEST_CASE("what is not UTF-8 is told, counted and replaced") {
    struct {
        std::string_view text;
        bool valid;
        std::size_t length;
        std::string_view repaired;
    } const cases[] = {
        {"", true, 0, ""},
        {"abc", true, 3, "abc"},
        {"d\xc3\xa4t\xc3\xa4", true, 4, "d\xc3\xa4t\xc3\xa4"},
        {"\xe2\x82\xac\xf0\x9f\x90\x8d", true, 2, "\xe2\x82\xac\xf0\x9f\x90\x8d"},
        {"\xf4\x8f\xbf\xbf", true, 1, "\xf4\x8f\xbf\xbf"},
        {"a\xff" "b", false, 3, "a\xef\xbf\xbd" "b"},
        {"\xc0\x80", false, 2, "\xef\xbf\xbd\xef\xbf\xbd"},                         // overlong
        {"\xe0\x80\x80", false, 3, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},         // overlong
        {"\xed\xa0\x80", false, 3, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},         // a surrogate
        {"\xf4\x90\x80\x80", false, 4, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},  // beyond the last
        {"\x80", false, 1, "\xef\xbf\xbd"},
    };
    for (const auto& row : cases) {
        CAPTURE(base::python_repr(row.text));
        CHECK(base::is_utf8(row.text) == row.valid);
        CHECK(base::utf8_length(row.text) == row.length);
        CHECK(base::to_utf8(row.text) == row.repaired);
    }
    CHECK_FALSE(base::is_utf8("cut \xe2\x82"));
    CHECK(base::to_utf8("cut \xe2\x82").starts_with("cut \xef\xbf\xbd"));
}

TEST_CASE("a slip of the finger is one edit") {
    struct {
        std::string_view a, b;
        std::size_t edits;
    } const cases[] = {
        {"", "", 0},
        {"", "abc", 3},
        {"comand", "command", 1},
        {"autorstart", "autostart", 1},
        {"stopwaitsec", "stopwaitsecs", 1},
        {"strat", "start", 1},  // a swap
        {"command", "comnamd", 2},
        {"user", "umask", 4},
    };
    for (const auto& row : cases) {
        CHECK(base::distance(row.a, row.b) == row.edits);
        CHECK(base::distance(row.b, row.a) == row.edits);
    }
}
