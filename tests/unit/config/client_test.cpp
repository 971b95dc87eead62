#include <doctest/doctest.h>

#include "common/config/client.hpp"
#include "tests/unit/config/machine.hpp"

namespace {

config::ClientReading read(const std::string& text) {
    Machine machine;
    machine.files["/etc/s.conf"] = text;
    return config::read_client("/etc/s.conf", machine.surroundings());
}

std::string error_in(const std::string& text) {
    const auto reading = read(text);
    return reading.first_error() ? reading.first_error()->message : "";
}

}  // namespace

TEST_CASE("supervisorctl reads its own section and nothing else") {
    const auto reading = read("[include]\nfiles=/nosuch\n[supervisord]\nloglevel=loud\n[supervisorctl]\n"
                              "serverurl=unix://~/x//y.sock\nusername=%(ENV_WHO)s\npassword=p%%\nhistory_file=~/h\n");
    REQUIRE(reading.client);
    CHECK(*reading.client == config::Client{"unix:///home/me/x/y.sock", "you", "p%", "supervisor", "/home/me/h"});
    CHECK(*read("[supervisorctl]\n").client == config::Client{});
    CHECK(read("[supervisorctl]\nserverurl=http://x:1\nprompt=p\n").client->prompt == "p");
}

TEST_CASE("what supervisorctl refuses") {
    CHECK(error_in("[supervisord]\n") == ".ini file does not include supervisorctl section");
    CHECK(error_in("x\n").starts_with("File contains no section headers."));
    CHECK(error_in("[supervisorctl]\nprompt=%(here)s\n") ==
          "Format string '%(here)s' for 'supervisorctl.prompt' contains names ('here') which cannot be expanded. "
          "Available names: ENV_HOME, ENV_WHO");
    CHECK(error_in("[supervisorctl]\n[ctlplugin:x]\n") ==
          "section [ctlplugin:x] does not specify a supervisor.ctl_factory");
    for (const char* known : {"supervisorwildcards:make_wildcards_controllerplugin",
                              "supervisorserialrestart:make_serialrestart_controllerplugin", "supervisor_quick:QuickControllerPlugin"})
        CHECK(error_in(std::string("[supervisorctl]\n[ctlplugin:x]\nsupervisor.ctl_factory=") + known + "\n") == "");
    CHECK(error_in("[supervisorctl]\n[ctlplugin:x]\nsupervisor.ctl_factory=foo:bar\n") ==
          "foo:bar cannot be resolved within [ctlplugin:x]");
    Machine machine;
    CHECK(config::read_client("/nosuch", machine.surroundings()).first_error()->message ==
          "could not find config file /nosuch");
}
