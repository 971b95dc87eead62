// What third-party clients compare with: numbers and names of compat/rpc.md, section 3, and compat/process.md, section 1.
#include <doctest/doctest.h>

#include <set>

#include "common/api/faults.hpp"
#include "common/api/names.hpp"
#include "common/api/states.hpp"
#include "common/api/version.hpp"

using api::State;

TEST_CASE("states have Supervisor's names and codes, and there are eight") {
    struct {
        State state;
        std::string_view name;
        int code;
    } const cases[] = {
        {State::stopped, "STOPPED", 0},    {State::starting, "STARTING", 10}, {State::running, "RUNNING", 20},
        {State::backoff, "BACKOFF", 30},   {State::stopping, "STOPPING", 40}, {State::exited, "EXITED", 100},
        {State::fatal, "FATAL", 200},      {State::unknown, "UNKNOWN", 1000},
    };
    for (const auto& row : cases) {
        CHECK(api::name(row.state) == row.name);
        CHECK(api::code(row.state) == row.code);
    }
    CHECK(std::size(api::states) == std::size(cases));
}

TEST_CASE("every state is stopped, up or stopping, and what can be signalled has a process") {
    std::set<State> stopped, up, signallable;
    for (const State state : api::states) {
        if (api::is_stopped(state)) stopped.insert(state);
        if (api::is_up(state)) up.insert(state);
        if (api::is_signallable(state)) signallable.insert(state);
        CHECK(api::is_stopped(state) + api::is_up(state) + (state == State::stopping) == 1);
    }
    CHECK(stopped == std::set{State::stopped, State::exited, State::fatal, State::unknown});
    CHECK(up == std::set{State::starting, State::running, State::backoff});
    CHECK(signallable == std::set{State::starting, State::running, State::stopping});
}

TEST_CASE("moods have Supervisor's names and codes") {
    CHECK(api::name(api::Mood::running) == "RUNNING");
    CHECK(api::name(api::Mood::restarting) == "RESTARTING");
    CHECK(api::name(api::Mood::shutdown) == "SHUTDOWN");
    CHECK(static_cast<int>(api::Mood::running) == 1);
    CHECK(static_cast<int>(api::Mood::restarting) == 0);
    CHECK(static_cast<int>(api::Mood::shutdown) == -1);
}

TEST_CASE("faults have Supervisor's names and codes") {
    struct {
        int code;
        std::string_view name;
    } const cases[] = {
        {1, "UNKNOWN_METHOD"},  {2, "INCORRECT_PARAMETERS"}, {3, "BAD_ARGUMENTS"},        {4, "SIGNATURE_UNSUPPORTED"},
        {6, "SHUTDOWN_STATE"},  {10, "BAD_NAME"},            {11, "BAD_SIGNAL"},          {20, "NO_FILE"},
        {21, "NOT_EXECUTABLE"}, {30, "FAILED"},              {40, "ABNORMAL_TERMINATION"}, {50, "SPAWN_ERROR"},
        {60, "ALREADY_STARTED"}, {70, "NOT_RUNNING"},        {80, "SUCCESS"},             {90, "ALREADY_ADDED"},
        {91, "STILL_RUNNING"},  {92, "CANT_REREAD"},
    };
    CHECK(std::size(api::faults) == std::size(cases));
    for (const auto& row : cases) {
        CHECK(api::name(static_cast<api::Fault>(row.code)) == row.name);
        CHECK(api::code(static_cast<api::Fault>(row.code)) == row.code);
    }
}

TEST_CASE("a refusal is the fault's name, and the detail after a colon") {
    CHECK(api::Refusal{api::Fault::bad_name, "web"}.text() == "BAD_NAME: web");
    CHECK(api::Refusal{api::Fault::bad_name, ""}.text() == "BAD_NAME: ");
    CHECK(api::Refusal{api::Fault::bad_signal, ""}.text() == "BAD_SIGNAL: ");
    CHECK(api::Refusal{api::Fault::no_file, ""}.text() == "NO_FILE");
}

TEST_CASE("names of processes are read as users write them") {
    struct {
        std::string_view text, group;
        std::optional<std::string> process;
    } const cases[] = {
        {"web", "web", "web"}, {"a:b", "a", "b"}, {"a:*", "a", std::nullopt}, {"a:", "a", std::nullopt},
        {"a:b:c", "a", "b:c"}, {":b", "", "b"},   {"", "", ""},
    };
    for (const auto& row : cases) {
        CAPTURE(row.text);
        const auto name = api::parse_name(row.text);
        CHECK(name.group == row.group);
        CHECK(name.process == row.process);
    }
    CHECK(api::full_name("web", "web") == "web");
    CHECK(api::full_name("a", "b") == "a:b");
}

TEST_CASE("we say which Supervisor we are compatible with (Q119)") {
    CHECK(api::supervisor_version == "4.3.0");
    CHECK(api::api_version == "3.0");
}
