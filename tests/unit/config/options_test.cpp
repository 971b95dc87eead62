#include <doctest/doctest.h>

#include <set>
#include <sstream>

#include "common/base/text.hpp"
#include "common/config/options.hpp"
#include "common/config/sample.hpp"
#include "tests/support/document.hpp"
#include "tests/unit/config/machine.hpp"

namespace {

template <class Target>
void check_rows() {
    const auto machine = Machine().surroundings();
    std::set<std::string_view> seen;
    for (const auto& option : config::options_of<Target>()) {
        CAPTURE(option.name);
        CHECK(seen.insert(option.name).second);
        CHECK(option.doc.ends_with('.'));
        if (!option.fallback) continue;
        Target target;
        REQUIRE(option.field.set(target, *option.fallback, machine).has_value());
        CHECK(option.field.get(target) == *option.fallback);
    }
}

/// The struct itself has the defaults that the table states, for those who make one without reading.
template <class Target>
void check_struct() {
    const auto machine = Machine().surroundings();
    for (const auto& option : config::options_of<Target>()) {
        CAPTURE(option.name);
        if (option.fallback) CHECK(option.field.get(Target{}) == *option.fallback);
    }
}

}  // namespace

TEST_CASE("every default can be read, and is written back as it stands in the table") {
    check_rows<config::Settings>();
    check_rows<config::UnixServer>();
    check_rows<config::InetServer>();
    check_rows<config::Client>();
    check_rows<config::Program>();
    check_rows<config::Copies>();
    check_rows<config::GroupSection>();
    check_rows<config::FcgiSection>();
    check_rows<config::ListenerSection>();
    check_rows<config::IncludeSection>();
    check_rows<config::RpcInterfaceSection>();
    check_rows<config::CtlPluginSection>();
    check_struct<config::Program>();
    check_struct<config::Client>();
}

TEST_CASE("the sample is a configuration with the values of Supervisor's") {
    Machine machine;
    const auto reading = machine.read(config::sample_text());
    CHECK(reading.diagnostics.empty());
    REQUIRE(reading.config);
    CHECK(reading.config->settings.logfile == "/tmp/supervisord.log");
    CHECK(reading.config->settings.pidfile == "/tmp/supervisord.pid");
    CHECK(!reading.config->settings.nodaemon);
    REQUIRE(reading.config->servers.size() == 1);
    CHECK(reading.config->servers[0].file == "/tmp/supervisor.sock");
    CHECK(reading.config->rpcinterfaces.size() == 1);
    CHECK(reading.config->groups.empty());
    const auto client = config::read_client("/etc/s.conf", machine.surroundings());
    REQUIRE(client.client);
    CHECK(client.client->serverurl == "unix:///tmp/supervisor.sock");
}

TEST_CASE("all sections of the sample can be put in force at once, but for users and paths of one's own") {
    Machine machine;
    machine.directories.insert({"/a", "/var/run"});
    std::istringstream lines(config::sample_text());
    std::string text;
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with(';') && !line.starts_with("; ") && line.size() > 1) line.erase(0, 1);
        if (line.starts_with("user=") || line.starts_with("socket_owner=")) continue;
        if (line.starts_with("programs=")) line = "programs=theprogramname";
        text += line + "\n";
    }
    const auto reading = machine.read(text);
    CHECK(error_of(reading) == "");
    CHECK(reading.config);
    for (const auto& diagnostic : reading.diagnostics) CHECK(diagnostic.message.find("unknown") == std::string::npos);
}

TEST_CASE("misspelt names are recognised, others are not guessed at") {
    const auto known = config::known_options("program:x")->options;
    CHECK(config::similar("comand", known) == "command");
    CHECK(config::similar("stdout_logfil", known) == "stdout_logfile");
    CHECK(config::similar("std_logfile", known));
    CHECK(!config::similar("xyzzy", known));
    CHECK(!config::known_options("somebody's-own-section"));
    CHECK(!config::similar_section("somebody's-own-section"));
    CHECK(config::similar_section("programs:x") == "program:x");
}

TEST_CASE("docs/reference/configuration.md says what the table says") {
    check_document("reference/configuration.md", config::coverage_text());
}
