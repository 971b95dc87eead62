#include <doctest/doctest.h>

#include "common/config/ini.hpp"

using config::ini::Document;

namespace {

/// "section.name=value" of all options in order, one a line; newlines in values as "|".
std::string contents(const Document& document) {
    std::string out;
    for (const auto& section : document.sections()) {
        if (section.options.empty()) out += "[" + section.name + "]\n";
        for (const auto& option : section.options) {
            std::string value = option.value;
            for (char& c : value)
                if (c == '\n') c = '|';
            out += section.name + "." + option.name + "=" + value + "\n";
        }
    }
    return out;
}

std::string outcome_of(const std::string& text) {
    Document document;
    const auto refused = document.add(text, "/x.conf");
    return refused.empty() ? contents(document) : refused.front().message;
}

}  // namespace

TEST_CASE("a file means what it means to Supervisor") {
    struct {
        const char* text;
        const char* means;
    } const cases[] = {
        {"[a]\nb=1\nc : 2\n", "a.b=1\na.c=2\n"},
        {"[a]\nb=1\r\nc=2\rd=3", "a.b=1\na.c=2\na.d=3\n"},
        {"\xef\xbb\xbf[a]\nb=1\n", "a.b=1\n"},
        {"[a]\nKey = Value\n", "a.key=Value\n"},
        {"[A]\nb=1\n[a]\nb=2\n", "A.b=1\na.b=2\n"},
        {"[a]\nb=1 ; c\nd=1;2\ne=1 # c\nf=1#2\n", "a.b=1\na.d=1;2\na.e=1\na.f=1#2\n"},
        {"[a]\nb=\"x ; y\"\n", "a.b=\"x\n"},
        {"[a]\nb=;x\nc= ;x\n", "a.b=;x\na.c=\n"},
        {"[a]\n;b=1\n#c=1\n  ; d\n", "[a]\n"},
        {"[a]\nb=1\n  2\n ; no\n\t3 ; cut\n", "a.b=1|2|3\n"},
        {"[a]\nb=1\n\n  2\n\n\nc=3\n\n", "a.b=1||2\na.c=3\n"},
        {"[a]\nb=1\n  c=2\n [x]\n", "a.b=1|c=2|[x]\n"},
        {"[a]\n  b=1\n  c=2\n d=3\n", "a.b=1\na.c=2\na.d=3\n"},
        {"[a]\n  b=1\n  [x]\nc=1\n", "a.b=1\nx.c=1\n"},
        {"[a]x\nb=1\n[c[d]]\ne=1\n[ f ]\ng=1\n", "a.b=1\nc[d].e=1\n f .g=1\n"},
        {"[a]\n[]=1\n", "a.[]=1\n"},
        {"[a]\nb=1\nb=2\n[c]\n[a]\nb=3\nd=4\n", "a.b=3\na.d=4\n[c]\n"},
        {"[a]\nb=x=y:z\n", "a.b=x=y:z\n"},
        {"[a]\nb=\x01\x02\n", "a.b=\x01\x02\n"},
        {"[DEFAULT]\nb=1\n[a]\nc=2\n", "a.c=2\n"},
        {"[a]\nb\u00a0=\u2003 1\u00a0\nc = x\u3000y\u3000\n", "a.b=1\na.c=x\u3000y\n"},
        {"[a]\n\u00a0b=1\n\u00a0\u00a0c=2\nd=3\u00a0; no\n", "a.b=1|c=2\na.d=3\n"},
        {"[a]\n\u00a0\u00a0b=1\n \u00a0c=2\u202f# no\n\u2028\n", "a.b=1\na.c=2\n"},
        {"", ""},
        {"; nothing\n", ""},
    };
    for (const auto& c : cases) {
        CAPTURE(c.text);
        CHECK(outcome_of(c.text) == c.means);
    }
}

TEST_CASE("what cannot be parsed is told in Supervisor's words") {
    struct {
        std::string text;
        const char* message;
    } const cases[] = {
        {"foo=bar\n", "File contains no section headers.\nfile: '/x.conf', line: 1\n'foo=bar\\n'"},
        {"\n\n foo", "File contains no section headers.\nfile: '/x.conf', line: 3\n' foo'"},
        {"[]\n", "File contains no section headers.\nfile: '/x.conf', line: 1\n'[]\\n'"},
        {"[a]\ncommand /bin/cat\n=foo\nb=1\n\n\n\n\n\nlast",
         "Source contains parsing errors: '/x.conf'\n\t[line  2]: 'command /bin/cat\\n'\n\t[line  3]: '=foo\\n'\n"
         "\t[line 10]: 'last'"},
        {"[a]\nb=caf\xe9 x\n", "'utf-8' codec can't decode byte 0xe9 in position 9: invalid continuation byte"},
        {"[a]\nb=\xff\n", "'utf-8' codec can't decode byte 0xff in position 6: invalid start byte"},
        {"[a]\nb=\xe2\x82", "'utf-8' codec can't decode bytes in position 6-7: unexpected end of data"},
        {std::string("[a]\nb=1\0c=2\n", 12), "cannot read /x.conf: line 2 holds a NUL byte"},
    };
    for (const auto& c : cases) {
        CAPTURE(c.text);
        CHECK(outcome_of(c.text) == c.message);
    }
}

TEST_CASE("a continuation behind a bad line is no error of its own") {
    CHECK(outcome_of("[a]\nb=1\nbad\n  more\nc=1\n") == "Source contains parsing errors: '/x.conf'\n\t[line  3]: 'bad\\n'");
    CHECK(outcome_of("[a]\n=1\n  more\nc=1\n") ==
          "Source contains parsing errors: '/x.conf'\n\t[line  2]: '=1\\n'\n\t[line  3]: '  more\\n'");
}

TEST_CASE("lines and names of any length arrive whole, and lines after them keep their numbers") {
    for (const std::size_t length : {1UL, 48UL, 49UL, 50UL, 51UL, 190UL, 195UL, 196UL, 197UL, 198UL, 199UL, 200UL,
                                     201UL, 4096UL, 65536UL, 300000UL}) {
        CAPTURE(length);
        const std::string name(length, 'n'), value = std::string(length, 'v') + " w=19 x:y";
        Document document;
        REQUIRE(document.add("[" + name + "]\n" + name + "=" + value + "\n  " + value + "\nafter=1\n", "/x.conf").empty());
        const auto* section = document.find(name);
        REQUIRE(section);
        REQUIRE(section->options.size() == 2);
        CHECK(section->options[0].name == name);
        CHECK(section->options[0].value == value + "\n" + value);
        CHECK(section->options[0].line == 2);
        CHECK(section->options[1].line == 4);
    }
}

TEST_CASE("sections that begin with the same 60 letters stay apart") {
    const std::string begin(60, 'x');
    CHECK(outcome_of("[" + begin + "1]\na=1\n[" + begin + "2]\na=2\n") == begin + "1.a=1\n" + begin + "2.a=2\n");
}

TEST_CASE("defaults are found where a section has no option of its own") {
    Document document;
    REQUIRE(document.add("[DEFAULT]\nb=1\nc=1\n[a]\nc=2\n", "/x.conf").empty());
    const auto& section = *document.find("a");
    CHECK(document.find(section, "b")->value == "1");
    CHECK(document.find(section, "c")->value == "2");
    CHECK(section.find("b") == nullptr);
    CHECK(document.find("DEFAULT") == nullptr);
}

TEST_CASE("what is odd but accepted is noted with its place") {
    Document document;
    REQUIRE(document.add("[a]\nb=1\nb=2\n[a]\nc=1\n  [x]\n", "/x.conf").empty());
    REQUIRE(document.oddities().size() == 3);
    CHECK(document.oddities()[0].message == "`b` in [a] is given twice (first in /x.conf, line 2); the last one counts");
    CHECK(document.oddities()[0].line == 3);
    CHECK(document.oddities()[1].message ==
          "section [a] is given again (first in /x.conf, line 1); the options of both are merged");
    CHECK(document.oddities()[2].message ==
          "a line of `c` in [a] looks like a section: [x]; it belongs to the value, because it is indented");
    CHECK(document.oddities()[2].line == 6);
}
