// The manual pages say what the tables say.  REWRITE_DOCS=1 in the environment writes the reference of options anew.
#include <doctest/doctest.h>
#include <fcntl.h>

#include <cstdlib>
#include <set>

#include "common/base/fd.hpp"
#include "common/base/text.hpp"
#include "common/config/options.hpp"
#include "supervisorctl/commands.hpp"

namespace {

std::string read_page(const std::string& name) {
    const auto text = base::read_file(base::concat(SOURCE_ROOT "/docs/man/", name), 1 << 20);
    REQUIRE(text.has_value());
    return *text;
}

std::string page() { return base::replace_all(read_page("supervisorctl.1"), "\\-", "-"); }

template <class Target>
void describe_options(std::string& out) {
    for (const auto& option : config::options_of<Target>()) {
        out += base::concat(".TP\n.B ", option.name, '\n', base::replace_all(std::string(option.doc), "\\", "\\e"), '\n');
        if (option.fallback && !option.fallback->empty()) out += base::concat("Default: ", *option.fallback, ".\n");
    }
}

/// The middle of supervisord.conf(5).
std::string options_reference() {
    std::string out;
    const auto section = [&](std::string_view name) { out += base::concat(".SS [", name, "]\n"); };
    section("unix_http_server");
    describe_options<config::UnixServer>(out);
    section("inet_http_server");
    describe_options<config::InetServer>(out);
    section("supervisord");
    describe_options<config::Settings>(out);
    section("supervisorctl");
    describe_options<config::Client>(out);
    section("program:x");
    describe_options<config::Program>(out);
    describe_options<config::Copies>(out);
    section("group:x");
    describe_options<config::GroupSection>(out);
    section("fcgi-program:x");
    out += "All options of [program:x], and\n";
    describe_options<config::FcgiSection>(out);
    section("eventlistener:x");
    out += "All options of [program:x], and\n";
    describe_options<config::ListenerSection>(out);
    section("include");
    describe_options<config::IncludeSection>(out);
    section("rpcinterface:x");
    describe_options<config::RpcInterfaceSection>(out);
    section("ctlplugin:x");
    describe_options<config::CtlPluginSection>(out);
    return out;
}

/// The subsections of COMMANDS.
std::set<std::string> described_commands() {
    std::set<std::string> names;
    bool inside = false;
    const std::string text = page();
    for (const auto line : base::split(text, '\n')) {
        if (line.starts_with(".SH ")) inside = line == ".SH COMMANDS";
        if (inside && line.starts_with(".SS ")) names.emplace(line.substr(4));
    }
    return names;
}

}  // namespace

TEST_CASE("the manual page of supervisorctl describes each command, and no other") {
    std::set<std::string> names;
    for (const auto& command : supervisorctl::commands())
        if (!command.help.empty()) names.emplace(command.name);
    CHECK(described_commands() == names);
}

TEST_CASE("the manual page of supervisorctl shows each way to write a command") {
    const std::string text = page();
    for (const auto& command : supervisorctl::commands())
        for (const auto line : base::split(command.help, '\n')) {
            if (!line.starts_with(command.name)) continue;
            std::string form(base::strip(line.substr(0, line.find('\t'))));
            form = form.substr(0, form.find(" (default"));
            CAPTURE(form);
            CHECK(text.find(base::concat("\n.B ", form, '\n')) != std::string::npos);
        }
}

TEST_CASE("the manual page of supervisorctl explains each switch, and names the commands that have --json") {
    const std::string text = page();
    const auto section = text.substr(text.find(".SH SWITCHES"));
    for (const auto& one : supervisorctl::switches()) {
        CAPTURE(one.name);
        CHECK(section.find(base::concat("\n.B", one.argument.empty() ? " " : "I ", one.name)) != std::string::npos);
    }
    std::vector<std::string> names;
    for (const auto& command : supervisorctl::commands())
        if (command.switches & supervisorctl::takes::json) names.emplace_back(command.name);
    const std::string last = names.back();
    names.pop_back();
    const std::string flowing = base::replace_all(section, "\n", " ");  // it takes more than a line
    CHECK(flowing.find(base::concat(base::join(names, ", "), " and ", last, ". ")) != std::string::npos);
}

TEST_CASE("the manual page of supervisord.conf describes each option as the table does") {
    const std::string text = read_page("supervisord.conf.5");
    const auto begin = text.find('\n', text.find(".\\\" begin of the options")) + 1;
    const auto end = text.find(".\\\" end of the options");
    REQUIRE(end >= begin);
    const std::string wanted = options_reference();
    if (std::getenv("REWRITE_DOCS")) {
        const auto file = base::open_file(SOURCE_ROOT "/docs/man/supervisord.conf.5", O_WRONLY | O_TRUNC);
        REQUIRE(file.has_value());
        REQUIRE(base::write_all(file->get(), base::concat(text.substr(0, begin), wanted, text.substr(end))));
        return;
    }
    CHECK(text.substr(begin, end - begin) == wanted);
}

TEST_CASE("the manual page of supervisord describes each flag of its command line") {
    const std::string text = base::replace_all(read_page("supervisord.8"), "\\-", "-");
    for (const auto& option : config::options_of<config::Settings>()) {
        if (!option.flag) continue;
        CAPTURE(option.name);
        CHECK(text.find(base::concat("--", option.name)) != std::string::npos);
        if (option.flag->letter) CHECK(text.find(base::concat("-", option.flag->letter)) != std::string::npos);
    }
}
