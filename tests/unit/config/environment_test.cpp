#include <doctest/doctest.h>

#include "common/config/environment.hpp"

namespace {

/// "A=1 B=2", or the error.
std::string parsed(const std::string& text) {
    const auto pairs = config::parse_pairs(text);
    if (!pairs) return pairs.error();
    std::string out;
    for (const auto& [key, value] : pairs->environment) out += (out.empty() ? "" : " ") + key + "=<" + value + ">";
    return out;
}

std::string unexpected_end(const std::string& text) {
    return "Unexpected end of key/value pairs in value '" + text + "'";
}

}  // namespace

TEST_CASE("environment= is cut as Python's lexer cuts it") {
    struct {
        const char* text;
        const char* result;
    } const cases[] = {
        {"", ""},
        {"  \n ", ""},
        {"A=1,B=2", "A=<1> B=<2>"},
        {"A=1;B=2", "A=<1> B=<2>"},
        {" A = 1 ,\n  B = 2 ", "A=<1> B=<2>"},
        {"A=1,", "A=<1>"},
        {"A=\"1,2\",B='x y'", "A=<1,2> B=<x y>"},
        {"A=\"x\\\"y\"", "A=<x\"y>"},
        {"A=\"a b\"c", "A=<a bc>"},
        {"A=a\\ b", "A=<a b>"},
        {"A=\"back\\\\slash\"", "A=<back\\slash>"},
        {"A=\"a\\b\"", "A=<a\\b>"},
        {"A='a\\b'", "A=<a\\b>"},
        {"A=foo bar", "A=<foo>"},
        {"A=a#b,C=d", "A=<a>"},
        {"A=\"a#b\"", "A=<a#b>"},
        {"A=\"b\"#c\n,D=1", "A=<b> D=<1>"},
        {"A=$HOME", "A=<$>"},
        {"A=~/x", "A=<~>"},
        {"A=http://x/?y=1", "A=<http://x/> y=<1>"},
        {"A=\"\",B=c", "A=<> B=<c>"},
        {"\"A B\"=1", "A B=<1>"},
        {"A=1,A=2", "A=<2>"},
        {"A=\xc3\xb6\xc3\xa4", "A=<\xc3\xb6\xc3\xa4>"},
        {"A=\"\xe2\x80\xa6\"", "A=<\xe2\x80\xa6>"},
        {"A=(1:2+3)", "A=<(1:2+3)>"},
        {"A=\"%\"", "A=<%>"},
    };
    for (const auto& c : cases) {
        CAPTURE(c.text);
        CHECK(parsed(c.text) == c.result);
    }
}

TEST_CASE("what is no list of pairs is refused") {
    for (const char* text : {"A", "A=", "A=1,B", "A=foo bar,B=2", "A=,B=c", "A=a@b", "A={\"k\":\"v\"}", "A:1", "ENVIRONMENT"})
        CHECK(parsed(text) == unexpected_end(text));
    CHECK(parsed("A=\"x") == "No closing quotation");
    CHECK(parsed("A='x") == "No closing quotation");
    CHECK(parsed("A=x\\") == "No escaped character");
    CHECK(parsed("A=\"x\\") == "No escaped character");
}

TEST_CASE("words in the place of a comma are told") {
    CHECK(config::parse_pairs("A=foo bar")->dropped == std::vector<std::string>{"bar"});
    CHECK(config::parse_pairs("A=1,B=2;C=3")->dropped.empty());
}

TEST_CASE("what is written is read back") {
    const config::Environment environment = {{"A", "x \"y\" \\ z"}, {"B", ""}, {"C", "a,b=c;#\n'"}, {"D\"=", "x"}, {"", "y"}};
    CHECK(config::parse_pairs(config::write_pairs(environment))->environment == environment);
}
