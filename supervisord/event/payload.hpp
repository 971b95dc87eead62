// What events say: their payloads and the line in front of one, to the letter of compat/events.md, sections 1 and 3.1.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "common/api/states.hpp"
#include "common/config/event_types.hpp"
#include "common/config/model.hpp"

namespace event {

using config::EventType;

/// A change of state of a process.
struct Change {
    std::string_view process, group;
    api::State from, to;
    int tries = 0;          // of STARTING and BACKOFF
    bool expected = true;   // of EXITED
    pid_t pid = 0;          // of RUNNING, STOPPING, EXITED, STOPPED
};
[[nodiscard]] EventType type_of(const Change& change);
[[nodiscard]] std::string payload(const Change& change);

/// Where bytes come from.
struct Origin {
    std::string_view process, group;
    pid_t pid = 0;
    bool err = false;  // stderr, else stdout
};
/// What stood between capture tokens.  Bytes that are no UTF-8 are shown as Python does (Q90); so in log().
[[nodiscard]] std::string communication(const Origin& origin, std::string_view bytes);
[[nodiscard]] std::string log(const Origin& origin, std::string_view bytes);

[[nodiscard]] std::string remote(std::string_view type, std::string_view data);
/// seconds: since the epoch, the beginning of the slice of time.
[[nodiscard]] std::string tick(std::int64_t seconds);
[[nodiscard]] std::string group(std::string_view name);

/// What a listener is sent: a line, then the payload with nothing after it.
struct Header {
    std::string_view server;  // the identifier
    std::string_view pool;
    std::uint64_t serial = 0;
    std::uint64_t pool_serial = 0;
    EventType type = EventType::event;
    config::EventLength length = config::EventLength::characters;  // of the payload, what len says (Q85)
};
[[nodiscard]] std::string message(const Header& header, std::string_view payload);

}  // namespace event
