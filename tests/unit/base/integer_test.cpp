#include <doctest/doctest.h>

#include <cstdint>

#include "common/base/text.hpp"

TEST_CASE("integers are read as Python's int() reads them") {
    struct {
        std::string_view text;
        std::int64_t number;
    } const cases[] = {
        {"0", 0},     {"42", 42},           {" 42\n", 42},           {"-7", -7},
        {"+7", 7},    {"007", 7},           {"1_000", 1000},         {"9223372036854775807", INT64_MAX},
        {"-0", 0},    {"0_0", 0},           {"-9223372036854775808", INT64_MIN},
    };
    for (const auto& row : cases) {
        CAPTURE(row.text);
        const auto number = base::parse_int(row.text);
        REQUIRE(number.has_value());
        CHECK(*number == row.number);
    }
}

TEST_CASE("what is no integer is refused in Python's words") {
    for (const std::string_view text : {"", " ", "a", "1a", "1.0", "0x10", "--1", "+-1", "- 1", "1 2", "_1", "1_", "1__0", "-_1", "1e3"}) {
        CAPTURE(text);
        REQUIRE_FALSE(base::parse_int(text).has_value());
        CHECK(base::parse_int(text).error() ==
              base::concat("invalid literal for int() with base 10: ", base::python_repr(text)));
    }
}

TEST_CASE("an integer too large for us is refused, too") {
    for (const std::string_view text : {"9223372036854775808", "-9223372036854775809", "99999999999999999999999"}) {
        REQUIRE_FALSE(base::parse_int(text).has_value());
        CHECK(base::parse_int(text).error() == base::concat("number too large: '", text, "'"));
    }
}

TEST_CASE("protocols know digits and nothing else") {
    int number = -1;
    CHECK(base::parse_digits("0", number));
    CHECK(number == 0);
    CHECK(base::parse_digits("2147483647", number));
    CHECK(number == 2147483647);
    for (const std::string_view text : {"", "-1", "+1", " 1", "1 ", "1x", "2147483648"}) {
        CAPTURE(text);
        CHECK_FALSE(base::parse_digits(text, number));
    }
    std::uint64_t large = 0;
    CHECK(base::parse_digits("18446744073709551615", large));
    CHECK(large == UINT64_MAX);
}
