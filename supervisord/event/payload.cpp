#include "supervisord/event/payload.hpp"

#include "common/base/text.hpp"

namespace event {

using base::concat;

namespace {

std::string readable(std::string_view bytes) {
    return base::is_utf8(bytes) ? std::string(bytes) : concat("Undecodable: ", base::python_bytes_repr(bytes));
}

std::string about(const Origin& origin) {
    return concat("processname:", origin.process, " groupname:", origin.group, " pid:", origin.pid);
}

}  // namespace

EventType type_of(const Change& change) {
    switch (change.to) {
        case api::State::stopped: return EventType::process_state_stopped;
        case api::State::starting: return EventType::process_state_starting;
        case api::State::running: return EventType::process_state_running;
        case api::State::backoff: return EventType::process_state_backoff;
        case api::State::stopping: return EventType::process_state_stopping;
        case api::State::exited: return EventType::process_state_exited;
        case api::State::fatal: return EventType::process_state_fatal;
        case api::State::unknown: return EventType::process_state_unknown;
    }
    return EventType::process_state;
}

std::string payload(const Change& change) {
    const std::string begin =
        concat("processname:", change.process, " groupname:", change.group, " from_state:", api::name(change.from));
    switch (change.to) {
        case api::State::starting:
        case api::State::backoff: return concat(begin, " tries:", change.tries);
        case api::State::running:
        case api::State::stopping:
        case api::State::stopped: return concat(begin, " pid:", change.pid);
        case api::State::exited: return concat(begin, " expected:", change.expected ? 1 : 0, " pid:", change.pid);
        case api::State::fatal:
        case api::State::unknown: break;
    }
    return begin;
}

std::string communication(const Origin& origin, std::string_view bytes) {
    return concat(about(origin), '\n', readable(bytes));
}

std::string log(const Origin& origin, std::string_view bytes) {
    return concat(about(origin), " channel:", origin.err ? "stderr" : "stdout", '\n', readable(bytes));
}

std::string remote(std::string_view type, std::string_view data) { return concat("type:", type, '\n', data); }

std::string tick(std::int64_t seconds) { return concat("when:", seconds); }

std::string group(std::string_view name) { return concat("groupname:", name, '\n'); }

std::string message(const Header& header, std::string_view payload) {
    const bool in_bytes = header.length == config::EventLength::bytes;
    return concat("ver:3.0 server:", header.server, " serial:", header.serial, " pool:", header.pool, " poolserial:",
                  header.pool_serial, " eventname:", config::name(header.type),
                  " len:", in_bytes ? payload.size() : base::utf8_length(payload), '\n', payload);
}

}  // namespace event
