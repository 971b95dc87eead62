#include <doctest/doctest.h>

#include "common/api/states.hpp"
#include "common/base/text.hpp"
#include "supervisorctl/watch_frame.hpp"

using namespace supervisorctl;

namespace {

Process row(const std::string& name, api::State state, const char* statename, const char* description) {
    Process process;
    process.group = process.name = name;
    process.state = api::code(state);
    process.statename = statename;
    process.description = description;
    return process;
}

Watched two() {
    Watched watched;
    watched.server = "unix:///run/s";
    watched.time = "12:00:05";
    watched.processes = {row("web", api::State::running, "RUNNING", "pid 7, uptime 0:00:04"),
                         row("queue", api::State::fatal, "FATAL", "exited\ntoo quickly")};
    watched.chosen = "queue";
    return watched;
}

std::vector<std::string> keys_of(std::string typed) {
    std::vector<std::string> keys;
    while (const auto key = take_key(typed)) keys.push_back(base::concat(*key));
    if (!typed.empty()) keys.push_back("rest");
    return keys;
}

}  // namespace

TEST_CASE("a frame has a head, what there is to say, a line a process and the keys at the bottom") {
    Watched watched = two();
    watched.notice = "web: is being stopped";
    CHECK(frame(watched, 60, 7, false) ==
          "2 processes: 1 FATAL, 1 RUNNING  unix:///run/s      12:00:05\n"
          "web: is being stopped\n"
          "web       RUNNING   pid 7, uptime 0:00:04\n"
          "\x1b[7mqueue     FATAL     exited?too quickly\x1b[0m\n"
          "\n\n"
          "q quit  up/down choose  s start  x stop  r restart  l log  e");
}

TEST_CASE("colours are those of status, but for what is old") {
    Watched watched = two();
    CHECK(frame(watched, 60, 7, true).find("\x1b[32mweb ") != std::string::npos);
    watched.is_lost = true;
    watched.notice = "No answer";
    const std::string old = frame(watched, 60, 7, true);
    CHECK(old.find("\x1b[32m") == std::string::npos);
    CHECK(old.find("\x1b[31mNo answer\x1b[0m") != std::string::npos);
}

TEST_CASE("no frame is larger than its screen, and the chosen process is on it") {
    Watched watched = two();
    watched.processes.clear();
    for (int i = 0; i < 50; ++i)
        watched.processes.push_back(row(base::concat("worker-", i, std::string(20, 'x')), api::State::running, "RUNNING", "d"));
    for (const std::size_t rows : {1u, 2u, 3u, 4u, 5u, 10u, 53u, 100u})
        for (const std::size_t columns : {0u, 1u, 9u, 25u, 80u, 300u})
            for (const auto& process : watched.processes) {
                CAPTURE(rows);
                CAPTURE(columns);
                watched.chosen = process.name;
                const std::string text = frame(watched, columns, rows, false);
                const auto lines = base::split(text, '\n');
                CHECK(lines.size() <= rows);
                bool is_there = rows < 4;
                for (const auto line : lines) {
                    const bool chosen = line.find("\x1b[7m") != std::string_view::npos;
                    is_there |= chosen;
                    CHECK(base::utf8_length(line) <= columns + (chosen ? 8 : 0));
                }
                CHECK(is_there);
            }
}

TEST_CASE("the choice moves within the list, and to its first when the chosen one has gone") {
    const auto processes = two().processes;
    CHECK(moved(processes, "web", 1) == "queue");
    CHECK(moved(processes, "web", 9) == "queue");
    CHECK(moved(processes, "queue", -9) == "web");
    CHECK(moved(processes, "gone", 0) == "web");
    CHECK(moved({}, "web", 1) == "");
}

TEST_CASE("keys are taken out of what was typed, in pieces too, and unknown sequences are passed over") {
    CHECK(keys_of("q\x1b[A\x1bOB") == std::vector<std::string>{"113", "256", "257"});
    CHECK(keys_of("\x1b[5~\x1b[6~\x1b[H\x1b[F") == std::vector<std::string>{"258", "259", "260", "261"});
    CHECK(keys_of("\x1b[15;2~q") == std::vector<std::string>{"113"});
    CHECK(keys_of("\x1bq") == std::vector<std::string>{"113"});
    CHECK(keys_of("\x1b") == std::vector<std::string>{"rest"});
    CHECK(keys_of("\x1b[1") == std::vector<std::string>{"rest"});
    CHECK(keys_of("\x1b[" + std::string(40, '1')).empty());
}
