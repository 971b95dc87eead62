#include "common/config/wildcards.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace fs = std::filesystem;

TEST_CASE("what a pattern fits, as in Python") {
    struct {
        std::string_view pattern, fitting, others;  // names, with blanks between them
    } const rows[] = {
        {"*", "a ab .a", ""},
        {"a*b*c", "abc aXbYc abcbc abbc", "ab ac abcd Xabc"},
        {"?", "a \u00e9 \u65e5", "ab"},
        {"??", "ab \u00e9\u65e5", "\u00e9 a"},
        {"[ab]", "a b", "c ab"},
        {"[a-c]x", "ax bx cx", "dx a"},
        {"[!a-c]", "d ^ \u00e9", "a b"},
        {"[^x]", "^ x", "a"},
        {"[]x]", "] x", "a"},
        {"[!]x]", "a", "] x"},
        {"[x", "[x", "x"},
        {"[]", "[]", "]"},
        {"[!]", "[!]", "a"},
        {"[z-x]", "", "z x y -"},
        {"[!z-x]", "z y", ""},
        {"[a-c-e]", "a b c - e", "d"},
        {"[a-]", "a -", "b"},
        {"[-a]", "a -", "b"},
        {"[\u00e0-\u00ff]", "\u00e9", "e"},
        {"[[:alpha:]]", "a] :]", "a b"},
        {"\\*", "\\x", "*"},
        {"{a,b}", "{a,b}", "a b"},
        {"*.conf", ".conf a.conf", "a.conf~ conf"},
        {"", "", "a"},
    };
    for (const auto& row : rows) {
        const auto each = [&](std::string_view names, bool wanted) {
            while (!names.empty()) {
                const auto name = names.substr(0, names.find(' '));
                names.remove_prefix(std::min(names.size(), name.size() + 1));
                CAPTURE(row.pattern);
                CAPTURE(name);
                CHECK(config::fits(row.pattern, name) == wanted);
            }
        };
        each(row.fitting, true);
        each(row.others, false);
    }
    // Names that are not UTF-8: each byte counts, and is no character.
    CHECK(config::fits("*.conf", "caf\xe9.conf"));
    CHECK(config::fits("caf?.conf", "caf\xe9.conf"));
    CHECK(config::fits("caf[!a].conf", "caf\xe9.conf"));
    CHECK(config::fits("caf\xe9.conf", "caf\xe9.conf"));
    CHECK(config::fits("??\u00e9?", "\xe2\x82\u00e9\xf0"));
    CHECK_FALSE(config::fits("caf\u00e9.conf", "caf\xe9.conf"));
    CHECK_FALSE(config::fits("\u00e9", "\xe9"));
    CHECK_FALSE(config::fits("caf\xe9.conf", "caf\xe8.conf"));
    CHECK(config::fits("", ""));
    CHECK(config::fits("**", ""));
    // A hundred stars, and a name that fits none of them: no longer than it has to take.
    std::string stars;
    for (int i = 0; i < 100; ++i) stars += "*a";
    CHECK_FALSE(config::fits(stars + "b", std::string(10'000, 'a')));
}

TEST_CASE("paths that there are") {
    char made[] = "/tmp/wildcards-test-XXXXXX";
    REQUIRE(::mkdtemp(made));
    const fs::path root = made;
    for (const char* name : {"d/a.conf", "d/b.conf", "d/.h.conf", "d/\u00e9.conf", "e/a.conf", ".hid/a.conf", "f"}) {
        fs::create_directories((root / name).parent_path());
        std::ofstream(root / name) << "";
    }
    fs::create_symlink("/nosuch", root / "d/z.conf");
    const auto names = [&](const std::string& pattern) {
        std::string out;
        for (const auto& path : config::find_paths((root / pattern).string())) out += path.substr(root.string().size()) + " ";
        return out;
    };
    CHECK(names("d/*.conf") == "/d/a.conf /d/b.conf /d/z.conf /d/\u00e9.conf ");
    CHECK(names("d/?.conf") == "/d/a.conf /d/b.conf /d/z.conf /d/\u00e9.conf ");
    CHECK(names("d/[!a].conf") == "/d/b.conf /d/z.conf /d/\u00e9.conf ");
    CHECK(names("d/.*") == "/d/.h.conf ");
    CHECK(names("*/a.conf") == "/d/a.conf /e/a.conf ");
    CHECK(names("**/a.conf") == "/d/a.conf /e/a.conf ");
    CHECK(names(".*/a.conf") == "/.hid/a.conf ");
    CHECK(names("*/a.conf/") == "");
    CHECK(names("d/a.conf/") == "");
    CHECK(names("d/a.conf") == "/d/a.conf ");
    CHECK(names("d/z.conf") == "/d/z.conf ");
    CHECK(names("*/") == "/d/ /e/ ");
    CHECK(names("*/.") == "/d/. /e/. ");
    CHECK(names("d/.") == "/d/. ");
    CHECK(names("./*/../f") == "/./d/../f /./e/../f ");
    CHECK(names("nosuch/*.conf") == "");
    CHECK(names("f/*") == "");
    CHECK(config::find_paths("/").size() == 1);
    CHECK(config::find_paths("/tm[p]").size() == 1);
    fs::remove_all(root);
}

TEST_CASE("a pattern that is longer than a path can be fits nothing, however many wildcards it has") {
    std::string pattern = "/tmp";
    for (int i = 0; i < 1'000'000; ++i) pattern += "/*";
    CHECK(config::find_paths(pattern).empty());
    pattern.resize(4000);
    CHECK(config::find_paths(pattern).empty());
}
