// Plays tests/transcripts/pool/*.txt.  With REWRITE_TRANSCRIPTS=1 in the environment the right sides are written anew
// instead of compared; commit only differences that you can explain.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

#include "common/base/text.hpp"
#include "supervisord/event/pool.hpp"

namespace {

using base::concat;
using event::Pool;

std::string unescaped(std::string_view text) { return base::replace_all(std::string(text), "\\n", "\n"); }

struct Play {
    std::optional<Pool> pool;
    std::uint64_t serial = 0;
    base::Time now{std::chrono::hours(1)};

    /// given buffer_size=3 busy_timeout=5 listeners=a,b
    void given(std::string_view text) {
        Pool::Options options{.name = "p", .server = "s"};
        std::vector<std::string> listeners = {"a"};
        for (const auto word : base::words(text)) {
            const auto equals = word.find('=');
            const auto value = word.substr(equals + 1);
            if (word.starts_with("buffer_size=")) REQUIRE(base::parse_digits(value, options.buffer_size));
            if (word.starts_with("busy_timeout=")) REQUIRE(base::parse_digits(value, options.busy_timeout));
            if (!word.starts_with("listeners=")) continue;
            listeners.clear();
            for (const auto listener : base::split(value, ',')) listeners.emplace_back(listener);
        }
        pool.emplace(options, listeners);
    }

    event::Actions happens(std::string_view what) {
        if (what.starts_with('+')) {
            std::int64_t seconds = 0;
            REQUIRE(base::parse_digits(what.substr(1, what.size() - 2), seconds));
            now += std::chrono::seconds(seconds);
            return pool->time_passed(now);
        }
        if (what == "event") return pool->emitted(serial++, config::EventType::tick_5, "when:5", now);
        const auto blank = what.find(' ');
        const auto who = what.substr(0, blank), does = what.substr(blank + 1);
        if (does == "begins") return pool->began(who, now);
        if (does == "runs") return pool->running(who, true, now);
        if (does == "stops running") return pool->running(who, false, now);
        if (does == "closes its stdin") return pool->closed(who, false, now);
        if (does == "closes its stdin in the middle") return pool->closed(who, true, now);
        if (does == "is lost track of") return pool->lost_track(who);
        if (does == "ends") return pool->ended(who, now);
        if (does == "is sent the rest") return pool->sent(who, now);
        const std::string_view early = "says early ";
        if (does.starts_with(early)) return pool->heard(who, unescaped(does.substr(early.size())), false, now);
        REQUIRE_MESSAGE(does.starts_with("says "), what);
        return pool->heard(who, unescaped(does.substr(5)), true, now);
    }

    std::string shown(const event::Actions& actions) {
        std::vector<std::string> parts;
        for (const auto& action : actions) {
            if (const auto* send = std::get_if<event::Send>(&action))
                parts.push_back(concat("send ", send->listener, " event ", pool->find(send->listener)->holds->serial));
            if (const auto* restart = std::get_if<event::Restart>(&action)) parts.push_back(concat("restart ", restart->listener));
            if (const auto* say = std::get_if<event::Say>(&action)) parts.push_back(concat("log ", say->text));
        }
        return base::join(parts, ", ");
    }
};

std::string read(const std::filesystem::path& path) {
    std::ostringstream out;
    out << std::ifstream(path).rdbuf();
    return out.str();
}

/// The same text with right sides as they are now.
std::string play(const std::string& text) {
    Play it;
    it.given("");
    std::string out;
    for (const auto row : base::split(std::string_view(text).substr(0, text.rfind('\n')), '\n')) {
        if (row.starts_with("given ")) it.given(row.substr(6));
        if (row.empty() || row.starts_with('#') || row.starts_with("given ")) {
            out += concat(row, '\n');
            continue;
        }
        const auto what = base::strip(row.substr(0, row.find("=>")));
        std::string left(what);
        left.resize(std::max<std::size_t>(left.size(), 32), ' ');
        const std::string done = it.shown(it.happens(what));
        out += concat(left, done.empty() ? " =>" : " => ", done, '\n');
    }
    return out;
}

}  // namespace

TEST_CASE("pools do what the transcripts say") {
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::directory_iterator(TRANSCRIPTS)) paths.push_back(entry.path());
    std::ranges::sort(paths);
    CHECK(paths.size() >= 9);
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
