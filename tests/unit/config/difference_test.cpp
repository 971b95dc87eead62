#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "common/config/difference.hpp"
#include "common/config/json.hpp"
#include "tests/unit/config/machine.hpp"

namespace {

std::vector<config::Group> groups(const std::string& text) {
    Machine machine;
    auto reading = machine.read(with(text));
    REQUIRE(reading.config);
    return reading.config->groups;
}

std::string told(const config::Difference& difference) {
    std::string out;
    for (const auto& name : difference.added) out += "+" + name + " ";
    for (const auto& name : difference.changed) out += "~" + name + " ";
    for (const auto& name : difference.removed) out += "-" + name + " ";
    return out;
}

const std::string a = "[program:a]\ncommand=x\n";

}  // namespace

TEST_CASE("a reread finds what was added, changed and removed") {
    const std::string b = "[program:b]\ncommand=x\n", c = "[program:c]\ncommand=x\n";
    CHECK(told(difference(groups(a + b), groups(a + b))) == "");
    CHECK(told(difference(groups(a + b), groups(b + c + "startsecs=2\n"))) == "+c -a ");
    CHECK(told(difference(groups(c + b + a), groups(c + "priority=1\n" + b + "command=y\n"))) == "~c ~b -a ");
    CHECK(told(difference(groups(a), groups("[group:g]\nprograms=a\n" + a))) == "+g -a ");
    CHECK(told(difference(groups("[program:e]\ncommand=x\npriority=-1\n"),
                          groups("[eventlistener:e]\ncommand=x\nevents=EVENT\n"))) == "~e ");
}

TEST_CASE("the path that an AUTO log was given is no change, another kind of log is") {
    auto active = groups(a);
    active[0].processes[0].out.logfile.path = "/tmp/a-stdout---supervisor-x1y2z3.log";
    CHECK(same(active[0], groups(a)[0]));
    CHECK(!same(active[0], groups(a + "stdout_logfile=/tmp/x\n")[0]));
    CHECK(!same(groups(a + "stdout_logfile=/tmp/x\n")[0], active[0]));
    CHECK(!same(active[0], groups(a + "stdout_logfile=NONE\n")[0]));
}

TEST_CASE("owner, mode and backlog of a socket count") {
    const std::string f = "[fcgi-program:f]\ncommand=x\nsocket=unix:///tmp/x\n";
    for (const char* line : {"socket_mode=0600\n", "socket_backlog=5\n", "socket_owner=daemon\n"})
        CHECK(!same(groups(f)[0], groups(f + line)[0]));
}

TEST_CASE("a configuration survives the way to JSON and back") {
    Machine machine;
    const auto reading = machine.read(
        "[supervisord]\nuser=daemon\nenvironment=A=\"\xc3\xb6\"\ndirectory=/tmp\n"
        "[unix_http_server]\nfile=/tmp/x\nchown=daemon\nusername=u\npassword=p\n[inet_http_server:x]\nport=9001\n"
        "[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory="
        "supervisor.rpcinterface:make_main_rpcinterface\n"
        "[eventlistener:e]\ncommand=x\nevents=EVENT,TICK_5\nautorestart=true\n"
        "[fcgi-program:f]\ncommand=x\nsocket=unix:///tmp/x\nuser=daemon\nsocket_owner=root\nautorestart=false\n"
        "[fcgi-program:g]\ncommand=x\nsocket=tcp://a:1\nsocket_backlog=3\n[group:h]\nprograms=g\n"
        "[program:p]\ncommand=x\numask=0\nexitcodes=\ndirectory=/\nserverurl=http://x\nstdout_logfile=/tmp/auto\n"
        "stderr_logfile=NONE\nnumprocs=3\nprocess_name=%(process_num)d\n");
    CHECK(error_of(reading) == "");
    REQUIRE(reading.config);
    auto config = *reading.config;
    config.groups[1].processes[0].out.logfile.path = "/tmp/filled-in";
    const auto text = config::to_json(config).dump();
    const auto back = config::config_from_json(nlohmann::ordered_json::parse(text));
    REQUIRE(back.has_value());
    CHECK(*back == config);
    for (const auto& group : config.groups) {
        const auto one = config::group_from_json(config::to_json(group));
        REQUIRE(one.has_value());
        CHECK(*one == group);
    }
}

TEST_CASE("JSON that is no configuration names what is wrong with it") {
    Machine machine;
    auto json = config::to_json(*machine.read(with(a)).config);
    CHECK(config::config_from_json(json).has_value());
    auto broken = json;
    broken["groups"][0]["processes"][0]["startsecs"] = "soon";
    CHECK(config::config_from_json(broken).error() ==
          "cannot read a configuration from JSON: groups[0].processes[0].startsecs is of another type");
    broken = json;
    broken["supervisord"].erase("loglevel");
    CHECK(config::config_from_json(broken).error() ==
          "cannot read a configuration from JSON: supervisord.loglevel is missing");
    CHECK(!config::config_from_json(nlohmann::ordered_json::array()).has_value());
    CHECK(!config::config_from_json(nullptr).has_value());
}
