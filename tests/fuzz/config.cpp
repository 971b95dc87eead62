// Configuration files: up to two zeros the main one, behind them one that may be included.
#include <nlohmann/json.hpp>

#include <set>

#include "common/config/check.hpp"
#include "common/config/client.hpp"
#include "common/config/json.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/unit/config/machine.hpp"

using fuzz::must;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view both = fuzz::view(data, size);
    const auto end = both.find(std::string_view("\0\0", 2));
    const std::string_view included = end == std::string_view::npos ? "" : both.substr(end + 2);
    Machine machine;
    machine.files = {{"/etc/s.conf", std::string(both.substr(0, end))}, {"/etc/d/one.conf", std::string(included)}};
    auto surroundings = machine.surroundings();
    surroundings.strict = size % 2 != 0;
    std::set<std::string> given = {"/etc/s.conf"};
    surroundings.read_file = [&](const std::string& path) -> base::Result<std::string> {
        must(given.contains(path), "no file is read but the one that was named, and what a pattern has found");
        return machine.files[path];
    };
    surroundings.glob = [&](const std::string& pattern) -> std::vector<std::string> {
        if (pattern.find("d/") == std::string::npos) return {};
        given.insert("/etc/d/one.conf");
        return {"/etc/d/one.conf", "/etc/s.conf"};
    };
    const auto reading = config::read("/etc/s.conf", surroundings);
    must(reading.config.has_value() == (reading.first_error() == nullptr), "what is accepted has no errors");
    for (const auto& diagnostic : reading.diagnostics) must(!diagnostic.message.empty(), "a diagnostic says something");
    const auto report = nlohmann::json::parse(config::check_json("/etc/s.conf", reading), nullptr, false);
    must(report.is_object() && report["accepted"] == reading.config.has_value(), "the report is JSON");
    must(!config::check_text("/etc/s.conf", reading).empty(), "the report is text");
    if (reading.config) {
        const auto back = config::config_from_json(config::to_json(*reading.config));
        must(back && *back == *reading.config, "a configuration comes back from JSON");
    }
    (void)config::read_client("/etc/s.conf", surroundings);
    return 0;
}
