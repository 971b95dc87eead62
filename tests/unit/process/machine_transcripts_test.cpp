// Plays tests/transcripts/machine/*.txt.  With REWRITE_TRANSCRIPTS=1 in the environment the right sides are written
// anew instead of compared; commit only differences that you can explain.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include "common/base/text.hpp"
#include "transcript.hpp"

namespace {

std::string read(const std::filesystem::path& path) {
    std::ostringstream out;
    out << std::ifstream(path).rdbuf();
    return out.str();
}

/// The same text with right sides as they are now.
std::string play(const std::string& text) {
    config::Program program;
    process::Machine machine;
    base::Time now{std::chrono::hours(1)};
    std::string out;
    for (const auto row : base::split(std::string_view(text).substr(0, text.rfind('\n')), '\n')) {
        const auto arrow = row.find("->");
        if (row.starts_with("given ")) {
            REQUIRE_MESSAGE(transcript::read_given(row.substr(6), program), row);
            out += row;
        } else if (row.empty() || row.starts_with('#')) {
            out += row;
        } else {
            const auto happening = transcript::read_happening(row.substr(0, arrow));
            REQUIRE_MESSAGE(happening.has_value(), row);
            now += happening->delay;
            const auto step = process::step(machine, program, happening->event, now);
            out += transcript::line(base::strip(row.substr(0, arrow)), transcript::show(machine, step, now));
            machine = step.next;
        }
        out += '\n';
    }
    return out;
}

}  // namespace

TEST_CASE("machines do what the transcripts say") {
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::directory_iterator(TRANSCRIPTS))
        if (entry.path().extension() == ".txt") paths.push_back(entry.path());
    std::ranges::sort(paths);
    CHECK(paths.size() >= 25);
    const bool rewrite = std::getenv("REWRITE_TRANSCRIPTS") != nullptr;
    for (const auto& path : paths) {
        CAPTURE(path.filename().string());
        const std::string expected = read(path);
        const std::string actual = play(expected);
        if (rewrite)
            std::ofstream(path) << actual;
        else
            CHECK(actual == expected);
    }
}
