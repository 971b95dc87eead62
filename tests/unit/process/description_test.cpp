#include "supervisord/process/description.hpp"

#include <doctest/doctest.h>

using api::State;

namespace {
std::tm local(int month, int day, int hour, int minute) {
    std::tm out{};
    out.tm_mon = month - 1;
    out.tm_mday = day;
    out.tm_hour = hour;
    out.tm_min = minute;
    return out;
}
}  // namespace

TEST_CASE("uptime counts hours and minutes, and days before them") {
    struct {
        std::int64_t seconds;
        std::string_view text;
    } const cases[] = {
        {0, "0:00:00"},          {-5, "0:00:00"},         {192, "0:03:12"},          {36000, "10:00:00"},
        {86399, "23:59:59"},     {86400, "1 day, 0:00:00"}, {90061, "1 day, 1:01:01"}, {172800, "2 days, 0:00:00"},
        {86400 * 400 + 59, "400 days, 0:00:59"},
    };
    for (const auto& row : cases) CHECK(process::uptime(row.seconds) == row.text);
}

TEST_CASE("moments are told in twelve hours and in English") {
    CHECK(process::moment(local(1, 5, 0, 7)) == "Jan 05 12:07 AM");
    CHECK(process::moment(local(2, 28, 12, 0)) == "Feb 28 12:00 PM");
    CHECK(process::moment(local(12, 31, 23, 59)) == "Dec 31 11:59 PM");
    CHECK(process::moment(local(6, 1, 1, 5)) == "Jun 01 01:05 AM");
}

TEST_CASE("the description of a state tells what matters in it") {
    process::Facts facts{.state = State::running, .name = "web", .pid = 18806, .started = 1000,
                         .stopped_local = local(1, 5, 0, 7), .spawnerr = ""};
    const auto in = [&](State state) {
        facts.state = state;
        return process::description(facts, 1192);
    };
    CHECK(in(State::running) == "pid 18806, uptime 0:03:12");
    CHECK(in(State::stopped) == "Jan 05 12:07 AM");
    CHECK(in(State::exited) == "Jan 05 12:07 AM");
    CHECK(in(State::fatal) == "unknown error (try \"tail web\")");
    CHECK(in(State::backoff) == "unknown error (try \"tail web\")");
    for (const State state : {State::starting, State::stopping, State::unknown}) CHECK(in(state).empty());
    facts.spawnerr = process::exited_too_quickly;
    CHECK(in(State::backoff) == "Exited too quickly (process log may have details)");
    facts.started = 0;
    CHECK(in(State::stopped) == "Not started");
}

TEST_CASE("how a process ended is told from its wait status") {
    struct {
        int status;
        std::string_view text;
        int code;
    } const cases[] = {
        {0, "exit status 0", 0},
        {127 << 8, "exit status 127", 127},
        {255 << 8, "exit status 255", 255},
        {9, "terminated by SIGKILL", -1},
        {15, "terminated by SIGTERM", -1},
        {11 | 0x80, "terminated by SIGSEGV (core dumped)", -1},
        {29, "terminated by SIGPOLL", -1},
        {34, "terminated by SIGRTMIN", -1},
        {35, "terminated by signal 35", -1},
        {64, "terminated by SIGRTMAX", -1},
        {0x137f, "unknown termination cause 0x137f", -1},
    };
    for (const auto& row : cases) {
        CHECK(process::exit_text(row.status) == row.text);
        CHECK(process::exit_code(row.status) == row.code);
    }
    CHECK(process::bad_exit_code(-1) == "Bad exit code -1");
}
