#include "supervisord/event/payload.hpp"

#include <doctest/doctest.h>

#include <utility>

using config::EventType;
using config::Subscription;

TEST_CASE("payloads of processes are Supervisor's to the letter") {
    const auto of = [](api::State from, api::State to, int tries = 0, bool expected = true) {
        return event::payload({"x", "g", from, to, tries, expected, 2766});
    };
    // compat/events.md, section 1.
    CHECK(of(api::State::stopped, api::State::starting) == "processname:x groupname:g from_state:STOPPED tries:0");
    CHECK(of(api::State::starting, api::State::running) == "processname:x groupname:g from_state:STARTING pid:2766");
    CHECK(of(api::State::starting, api::State::backoff, 1) == "processname:x groupname:g from_state:STARTING tries:1");
    CHECK(of(api::State::running, api::State::stopping) == "processname:x groupname:g from_state:RUNNING pid:2766");
    CHECK(of(api::State::running, api::State::exited, 0, false) == "processname:x groupname:g from_state:RUNNING expected:0 pid:2766");
    CHECK(of(api::State::running, api::State::exited) == "processname:x groupname:g from_state:RUNNING expected:1 pid:2766");
    CHECK(of(api::State::stopping, api::State::stopped) == "processname:x groupname:g from_state:STOPPING pid:2766");
    CHECK(of(api::State::backoff, api::State::fatal) == "processname:x groupname:g from_state:BACKOFF");
    CHECK(of(api::State::stopping, api::State::unknown) == "processname:x groupname:g from_state:STOPPING");
}

TEST_CASE("a change of state has the type of the state that it leads to") {
    for (const api::State to : api::states)
        CHECK(config::name(event::type_of({"x", "g", api::State::stopped, to})) ==
              std::string("PROCESS_STATE_").append(api::name(to)));
}

TEST_CASE("payloads of output say whose it is, then the bytes as they are") {
    CHECK(event::communication({"x", "g", 7}, "data\n") == "processname:x groupname:g pid:7\ndata\n");
    CHECK(event::log({"x", "g", 7}, "a\nb") == "processname:x groupname:g pid:7 channel:stdout\na\nb");
    CHECK(event::log({"x", "g", 7, true}, "") == "processname:x groupname:g pid:7 channel:stderr\n");
}

TEST_CASE("bytes that are no UTF-8 are shown as Python shows them") {
    CHECK(event::communication({"x", "g", 7}, "bad\xff\n") == "processname:x groupname:g pid:7\nUndecodable: b'bad\\xff\\n'");
}

TEST_CASE("payloads of all else") {
    CHECK(event::remote("ty", "data\nmore") == "type:ty\ndata\nmore");
    CHECK(event::tick(1201063880) == "when:1201063880");
    CHECK(event::group("cat") == "groupname:cat\n");
}

TEST_CASE("a message is one line, then the payload") {
    const event::Header header{"supervisor", "listener", 21, 10, EventType::process_communication_stdout};
    CHECK(event::message(header, "12345") ==
          "ver:3.0 server:supervisor serial:21 pool:listener poolserial:10 eventname:PROCESS_COMMUNICATION_STDOUT len:5\n12345");
    CHECK(event::message(header, "").ends_with(" len:0\n"));
}

TEST_CASE("len counts characters") {  // Q85
    CHECK(event::message({"s", "p", 0, 0, EventType::remote_communication}, "type:üni\ndätä").find(" len:13\n") !=
          std::string::npos);
}

TEST_CASE("len counts bytes where a pool asks for it") {  // Q85
    const event::Header header{"s", "p", 0, 0, EventType::remote_communication, config::EventLength::bytes};
    CHECK(event::message(header, "type:üni\ndätä").ends_with(" len:16\ntype:üni\ndätä"));
}

TEST_CASE("a subscription to a type is one to all that descend from it") {
    const Subscription states({"PROCESS_STATE"});
    CHECK(states.has(EventType::process_state_fatal));
    CHECK_FALSE(states.has(EventType::process_log_stdout));
    CHECK_FALSE(states.has(EventType::tick_5));
    const Subscription all({"EVENT"});
    for (int type = 0; type <= static_cast<int>(EventType::process_group_removed); ++type)
        CHECK(all.has(static_cast<EventType>(type)));
    CHECK_FALSE(Subscription({"TICK_5"}).has(EventType::tick_60));
    CHECK_FALSE(Subscription().has(EventType::event));
}
