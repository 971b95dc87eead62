#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "common/config/difference.hpp"
#include "common/config/json.hpp"
#include "common/config/options.hpp"
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

TEST_CASE("a reload leaves in force what only a start changes") {
    config::Settings active, fresh;
    active.user_name = "joe";
    active.user = 1000;
    active.umask = 022;
    active.minfds = 512;
    fresh.nodaemon = true;
    fresh.directory = "/srv";
    fresh.logfile = "/tmp/log";
    fresh.identifier = "fresh";
    config::Settings wanted = active;
    wanted.logfile = "/tmp/log";
    wanted.identifier = "fresh";
    CHECK(config::after_reload(active, fresh) == wanted);
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
        "[eventlistener:e]\ncommand=x\nevents=EVENT,TICK_5\nautorestart=true\nevent_len=bytes\n"
        "[fcgi-program:f]\ncommand=x\nsocket=unix:///tmp/x\nuser=daemon\nsocket_owner=root\nautorestart=false\n"
        "[fcgi-program:g]\ncommand=x\nsocket=tcp://a:1\nsocket_backlog=3\n[group:h]\nprograms=g\n"
        "[program:p]\ncommand=x\nkillmode=tree\nsigpipe=default\numask=0\nexitcodes=\ndirectory=/\nserverurl=http://x\nstdout_logfile=/tmp/auto\n"
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

TEST_CASE("every option of a process in which two groups differ is told, as it is written in the file") {
    const auto machine = Machine().surroundings();
    const config::Group group = groups("[program:a]\ncommand=x\n")[0];
    CHECK(config::option_changes(group, group).empty());
    for (const auto& row : config::options_of<config::Program>()) {
        CAPTURE(row.name);
        config::Group other = group;
        const std::string old = row.field.get(group.processes[0]);
        for (const char* text : {"7", "true", "false", "TERM", "HUP", "unexpected", "/tmp", "A=\"1\"", "daemon", "tree", "default"})
            if (row.field.get(other.processes[0]) == old)
                (void)row.field.set(other.processes[0], text, machine);
        const std::string fresh = row.field.get(other.processes[0]);
        REQUIRE(fresh != old);
        CHECK(!config::same(group, other));
        CHECK(config::option_changes(group, other) ==
              std::vector<config::OptionChange>{{"a", std::string(row.name), old, fresh}});
    }
}

TEST_CASE("what makes two groups differ besides the options of a process is told too") {
    const auto told = [](const config::Group& old, const config::Group& fresh) {
        REQUIRE(!config::same(old, fresh));
        std::string out;
        for (const auto& change : config::option_changes(old, fresh))
            out += change.process + "." + change.option + ":" + change.old + ">" + change.fresh + " ";
        return out;
    };
    const auto of = [](const std::string& text) { return groups(text)[0]; };
    CHECK(told(of("[group:g]\nprograms=a\n[program:a]\ncommand=x\n"),
               of("[group:g]\nprograms=a,b\npriority=5\n[program:a]\ncommand=x\n[program:b]\ncommand=x\n")) ==
          ".priority:999>5 .processes:a>a, b ");
    CHECK(told(of("[eventlistener:e]\ncommand=x\nevents=TICK_5\n"),
               of("[eventlistener:e]\ncommand=x\nevents=TICK_5,TICK_60\nbuffer_size=20\n")) ==
          ".events:TICK_5>TICK_5,TICK_60 .buffer_size:10>20 ");
    CHECK(told(of("[eventlistener:e]\ncommand=x\nevents=EVENT\n"),
               of("[eventlistener:e]\ncommand=x\nevents=EVENT\nbusy_timeout=7\nevent_len=Bytes\n")) ==
          ".busy_timeout:0>7 .event_len:characters>bytes ");
    CHECK(told(of("[fcgi-program:f]\ncommand=x\nsocket=tcp://a:1\n"),
               of("[fcgi-program:f]\ncommand=x\nsocket=tcp://a:2\nsocket_backlog=5\n")) ==
          "f.socket:tcp://a:1>tcp://a:2 f.socket_backlog:>5 ");
    CHECK(told(of("[program:f]\ncommand=x\n"), of("[fcgi-program:f]\ncommand=x\nsocket=tcp://a:1\n"))
              .starts_with(".type:program>fcgi-program f.section:program:f>fcgi-program:f f.socket:>tcp://a:1 "));
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
