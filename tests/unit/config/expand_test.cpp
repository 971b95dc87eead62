#include <doctest/doctest.h>

#include "common/config/expand.hpp"

namespace {

std::string expanded(const std::string& text) {
    config::Names outer;
    outer.set("here", "/etc");
    outer.set("percent", "50%");
    config::Names names(outer);
    names.set("program_name", "cat");
    names.set("umlaut", "gr\xc3\xb6\xc3\x9f" "e");
    names.set("process_num", 0);
    names.set("numprocs", 12);
    names.set("minus", -7);
    const auto result = config::expand(text, names, "program:a.command");
    if (const auto* problem = std::get_if<config::Unexpandable>(&result)) return problem->message;
    return std::get<std::string>(result);
}

std::string badly(const std::string& text, const std::string& reason) {
    return "Format string '" + text + "' for 'program:a.command' is badly formatted: " + reason;
}

}  // namespace

TEST_CASE("values are formatted as Python does it") {
    struct {
        const char* text;
        const char* result;
    } const cases[] = {
        {"plain", "plain"},
        {"", ""},
        {"100%%", "100%"},
        {"%(here)s/x", "/etc/x"},
        {"%(percent)s", "50%"},
        {"%(process_num)02d", "00"},
        {"%(process_num)-4d|", "0   |"},
        {"%(numprocs)d", "12"},
        {"%(numprocs)s", "12"},
        {"%(numprocs)05d", "00012"},
        {"%(numprocs)+d", "+12"},
        {"%(numprocs) d", " 12"},
        {"%(numprocs)x", "c"},
        {"%(numprocs)#X", "0XC"},
        {"%(numprocs)o", "14"},
        {"%(numprocs)#o", "0o14"},
        {"%(numprocs).4d", "0012"},
        {"%(numprocs)f", "12.000000"},
        {"%(numprocs).1f", "12.0"},
        {"%(numprocs)e", "1.200000e+01"},
        {"%(numprocs)c", "\x0c"},
        {"%(numprocs)i %(numprocs)u", "12 12"},
        {"%(numprocs)ld", "12"},
        {"%(minus)d", "-7"},
        {"%(minus)x", "-7"},
        {"%(minus)04d", "-007"},
        {"%(program_name)10s|", "       cat|"},
        {"%(program_name)-10s|", "cat       |"},
        {"%(program_name).1s", "c"},
        {"%(program_name)r", "'cat'"},
        {"%(umlaut)7s|", "  gr\xc3\xb6\xc3\x9f" "e|"},
        {"%(umlaut).3s", "gr\xc3\xb6"},
        {"%(umlaut)a", "'gr\\xf6\\xdfe'"},
        {"%(process_num)#x %(process_num)#o", "0x0 0o0"},
        {"%(numprocs)#08x", "0x00000c"},
        {"%(numprocs)+x", "+c"},
        {"%(numprocs)08.4d", "00000012"},
        {"%(minus)08x", "-0000007"},
        {"%(minus)#-6o|", "-0o7  |"},
        {"%(process_num).0d", "0"},
    };
    for (const auto& c : cases) {
        CAPTURE(c.text);
        CHECK(expanded(c.text) == c.result);
    }
}

TEST_CASE("an unknown name is told together with those that are known") {
    CHECK(expanded("a%(foo)s") ==
          "Format string 'a%(foo)s' for 'program:a.command' contains names ('foo') which cannot be expanded. Available "
          "names: here, minus, numprocs, percent, process_num, program_name, umlaut");
}

TEST_CASE("values and places are told as Python writes texts") {
    const config::Names none;
    const auto problem = [&](const char* text, const char* where) {
        return std::get<config::Unexpandable>(config::expand(text, none, where)).message;
    };
    CHECK(problem("it's %", "program:a.command") ==
          "Format string \"it's %\" for 'program:a.command' is badly formatted: incomplete format");
    CHECK(problem("x\n%", "program:it's.command") ==
          "Format string 'x\\n%' for \"program:it's.command\" is badly formatted: incomplete format");
}

TEST_CASE("what cannot be expanded is a name that means nothing, or malformed") {
    const config::Names none;
    const auto problem = [&](const char* text) { return std::get<config::Unexpandable>(config::expand(text, none, "x")); };
    CHECK(problem("%(is badly formatted)s").unknown == "is badly formatted");
    CHECK(problem("%()s").unknown == "");
    CHECK(problem("50%").unknown == std::nullopt);
}

TEST_CASE("bad formats have Python's reasons") {
    struct {
        const char* text;
        const char* reason;
    } const cases[] = {
        {"100%", "incomplete format"},
        {"%(here)", "incomplete format"},
        {"%(here", "incomplete format key"},
        {"%((here)", "incomplete format key"},
        {"%(here)Y", "unsupported format character 'Y' (0x59) at index 7"},
        {"date +%Y", "unsupported format character 'Y' (0x59) at index 7"},
        {"\xc3\xb6 %(here)\xc3\xb6", "unsupported format character '?' (0xf6) at index 9"},
        {"%(here)d", "%d format: a real number is required, not str"},
        {"%(here)x", "%x format: an integer is required, not str"},
        {"%(here)f", "must be real number, not str"},
        {"%(here)c", "%c requires int or char"},
        {"%s", "%s format: a name in parentheses is required"},
        {"%d", "%d format: a real number is required, not dict"},
        {"%(here)s %s", "not enough arguments for format string"},
        {"%(here)*s", "not enough arguments for format string"},
        {"%(here).*s", "not enough arguments for format string"},
        {"%*s", "* wants int"},
        {"%(here)%", "unsupported format character '%' (0x25) at index 7"},
        {"%5%", "unsupported format character '%' (0x25) at index 2"},
        {"%(here)999999999999999999999s", "width too big"},
    };
    for (const auto& c : cases) {
        CAPTURE(c.text);
        CHECK(expanded(c.text) == badly(c.text, c.reason));
    }
}
