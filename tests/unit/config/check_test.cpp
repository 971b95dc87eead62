// What a check says, and with which exit status.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "common/config/check.hpp"
#include "tests/unit/config/machine.hpp"

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* good = "[supervisord]\n[program:web]\ncommand=/bin/cat\nstopsignal=HUP\n";
constexpr const char* odd = "[supervisord]\n[program:web]\ncommand=/bin/cat\nautostrat=no\n";
constexpr const char* bad = "[supervisord]\nminfds=x\n[program:web]\ncomand=/bin/cat\n";

}  // namespace

TEST_CASE("a check is 0 for a good file, 1 for one with warnings, 2 for one that is refused") {
    Machine machine;
    CHECK(config::check_status(machine.read(good)) == 0);
    CHECK(config::check_status(machine.read(odd)) == 1);
    CHECK(config::check_status(machine.read(bad)) == 2);
    CHECK(config::check_status(config::read("/nosuch", machine.surroundings())) == 2);
}

TEST_CASE("a check tells errors first, and counts in its last line") {
    Machine machine;
    CHECK(config::check_text("s.conf", machine.read(good)) == "s.conf: accepted\n");
    CHECK(config::check_text("s.conf", machine.read(odd)) ==
          "/etc/s.conf:4:1: warning: unknown option `autostrat` in [program:web]: did you mean `autostart`?\n"
          "    autostrat=no\n"
          "    ^\n"
          "s.conf: accepted, 1 warning\n");
    const std::string text = config::check_text("s.conf", machine.read(bad));
    CHECK(text.starts_with("/etc/s.conf:2:8: error: invalid literal for int() with base 10: 'x'\n"));
    CHECK(text.ends_with("s.conf: refused, 2 errors, 1 warning\n"));
    CHECK(config::check_text("/nosuch", config::read("/nosuch", machine.surroundings())) ==
          "/nosuch: error: could not find config file /nosuch\n/nosuch: refused, 1 error, 0 warnings\n");
}

TEST_CASE("a check as JSON has what was read, in the fields of the corpus, and each problem with its place") {
    Machine machine;
    const Json accepted = Json::parse(config::check_json("s.conf", machine.read(odd)));
    CHECK(accepted["file"] == "s.conf");
    CHECK(accepted["accepted"] == true);
    CHECK(!accepted.contains("error"));
    CHECK(accepted["supervisord"]["minfds"] == 1024);
    CHECK(accepted["servers"] == Json::array());
    CHECK(accepted["groups"][0]["processes"][0]["command"] == "/bin/cat");
    CHECK(accepted["warnings"].size() == 1);
    CHECK(accepted["diagnostics"][0].dump() ==
          R"({"severity":"warning","message":"unknown option `autostrat` in [program:web]: did you mean `autostart`?",)"
          R"("file":"/etc/s.conf","line":4,"column":1,"section":"program:web","option":"autostrat",)"
          R"("source":"autostrat=no","meant":"autostart"})");

    const Json refused = Json::parse(config::check_json("s.conf", machine.read(bad)));
    CHECK(refused["accepted"] == false);
    CHECK(refused["error"] == "invalid literal for int() with base 10: 'x'");
    CHECK(!refused.contains("groups"));
    CHECK(refused["diagnostics"].size() == 3);
}
