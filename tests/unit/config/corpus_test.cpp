// Real configuration files, and what Supervisor 4.2.5 made of each.  The corpus lies beside the checkout, in
// ../shared/corpus, or where CORPUS says; without it this is skipped.
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "common/base/text.hpp"
#include "common/config/check.hpp"
#include "common/config/json.hpp"
#include "tests/support/capture.hpp"
#include "tests/unit/config/machine.hpp"

namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

std::string contents(const fs::path& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

fs::path corpus() {
    if (const char* given = std::getenv("CORPUS")) return given;
    return fs::path(SOURCE_ROOT) / "../shared/corpus";
}

/// Supervisor warns of these; of more do we alone.
bool is_supervisors(std::string_view warning) {
    return warning.starts_with("No file matches via include") || warning.starts_with("For [");
}

config::Reading read(const fs::path& folder, const Json& expected, Machine& machine) {
    const std::string path = "/corpus/" + expected["file"].get<std::string>();
    machine.files[path] = contents(folder / expected["file"].get<std::string>());
    machine.directories = {"/", "/corpus", "/tmp"};
    machine.cwd = "/corpus";
    for (const auto& directory : expected["directories"])
        machine.directories.insert(base::absolute_path(directory.get<std::string>(), machine.cwd));
    machine.environment = {{"HOME", "/home/corpus"}, {"LANG", "C.UTF-8"}, {"LC_ALL", "C.UTF-8"}, {"TZ", "UTC"},
                           {"PATH", "/usr/bin:/bin"}};
    for (const auto& [name, value] : expected["environment"].items()) machine.environment[name] = value;
    auto surroundings = machine.surroundings();
    surroundings.host_node_name = "corpus-host";
    if (expected["mode"] == "main") return config::read(path, surroundings);
    machine.files["/corpus/main"] =
        "[supervisord]\n[include]\nfiles = " + expected["file"].get<std::string>() + "\n";
    return config::read("/corpus/main", surroundings);
}

/// Everything that is expected is there and equal; what we have besides is known.
void compare(const Json& ours, const Json& expected, const std::string& place) {
    CAPTURE(place);
    if (!expected.is_object()) {
        if (expected.is_array() && !expected.empty() && expected[0].is_object()) {
            REQUIRE(ours.size() == expected.size());
            for (std::size_t i = 0; i < expected.size(); ++i)
                compare(ours[i], expected[i], place + "[" + std::to_string(i) + "]");
            return;
        }
        CHECK(ours == expected);
        return;
    }
    for (const auto& [name, value] : expected.items()) {
        CAPTURE_BINDING(name);
        REQUIRE(ours.contains(name));
        compare(ours[name], value, place + "." + name);
    }
    if (place.ends_with("environment") || place.ends_with("options")) CHECK(ours.size() == expected.size());
}

void check_error(const config::Reading& reading, const Json& expected) {
    const std::string error = error_of(reading), wanted = expected["error"].get<std::string>();
    // The list of names depends on the whole environment.
    const std::string names = "Available names:";
    CHECK(error.substr(0, error.find(names)) == wanted.substr(0, wanted.find(names)));
}

void check_warnings(const config::Reading& reading, const Json& expected) {
    std::vector<std::string> warnings;
    for (const auto& diagnostic : reading.diagnostics)
        if (diagnostic.severity == config::Severity::warning && is_supervisors(diagnostic.message))
            warnings.push_back(diagnostic.message);
    CHECK(warnings == expected["warnings"].get<std::vector<std::string>>());
}

}  // namespace

TEST_CASE("real files are read as Supervisor reads them") {
    if (!fs::exists(corpus() / "INDEX.tsv")) {
        MESSAGE("skipped: there is no corpus at " << corpus().string());
        return;
    }
    int files = 0;
    for (const auto& entry : fs::directory_iterator(corpus() / "expected")) {
        const Json expected = Json::parse(contents(entry.path()));
        CAPTURE(expected["file"]);
        Machine machine;
        const auto reading = read(corpus(), expected, machine);
        CHECK(reading.config.has_value() == expected["accepted"].get<bool>());
        ++files;
        if (!expected["accepted"].get<bool>()) {
            check_error(reading, expected);
            continue;
        }
        CHECK(error_of(reading) == "");
        if (!reading.config) continue;
        // What people compare with has the very fields, and no others.
        const Json report = Json::parse(config::check_json("x", reading));
        for (const char* part : {"supervisord", "servers", "serverurl", "rpcinterfaces", "groups"}) {
            compare(report[part], expected[part], part);
            CHECK(nlohmann::json(report[part]) == nlohmann::json(expected[part]));
        }
        check_warnings(reading, expected);
        CHECK(*config::config_from_json(config::to_json(*reading.config)) == *reading.config);
    }
    CHECK(files > 80);
}
