// A pool: the listeners of one [eventlistener:x] and the events that wait for them (compat/events.md, sections 2 and
// 3.4).  What happened goes in, what to do comes out.  Each event that was buffered is processed once, unless an
// overflow says that it was discarded; order is that of emission, and what comes back takes its place in it again.
// Knows no descriptors and no clock; can be saved, so that a resumed controller carries on in the middle of anything.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "common/base/clock.hpp"
#include "common/config/event_types.hpp"
#include "common/config/model.hpp"
#include "supervisord/event/listener.hpp"

namespace event {

using base::Time;

struct Event {
    std::uint64_t serial = 0;       // of all pools
    std::uint64_t pool_serial = 0;  // of this one
    config::EventType type = config::EventType::event;
    std::string payload;

    bool operator==(const Event&) const = default;
};

/// One process of the pool.
struct Member {
    std::string name;
    bool running = false;  // RUNNING, as processes count
    bool deaf = false;     // it has closed its stdin: nothing is sent to this child any more
    bool restarting = false;  // to be stopped, and started again once it has stopped
    std::uint64_t deliveries = 0;  // messages sent to it, ever: tells one from the next
    Listener listener;
    std::optional<Event> holds;     // sent, or being sent, and not yet answered
    std::string message;            // that event as it is sent: a line, and its payload; answered early, until all is sent
    std::optional<Time> busy_until;  // when its patience ends

    bool operator==(const Member&) const = default;
};

// What to do, in order.
struct Send {  // the message of a member, to its stdin
    std::string listener;
};
struct Say {
    config::LogLevel level = config::LogLevel::debug;
    std::string text;
};
struct Restart {  // stop it, and start it when it has stopped
    std::string listener;
};
using Action = std::variant<Send, Say, Restart>;
using Actions = std::vector<Action>;

class Pool {
public:
    struct Options {
        std::string name;
        std::string server;             // the identifier
        std::int64_t buffer_size = 10;  // events, at least 1
        std::int64_t busy_timeout = 0;  // seconds; 0: listeners may take as long as they like
        config::EventLength event_len = config::EventLength::characters;

        bool operator==(const Options&) const = default;
    };

    Pool(Options options, const std::vector<std::string>& listeners);

    // What happened.
    /// The pool wants it.
    Actions emitted(std::uint64_t serial, config::EventType type, std::string payload, Time now);
    /// A listener has a new child, which has said nothing yet.
    Actions began(std::string_view listener, Time now);
    /// It is RUNNING now, or is so no longer.
    Actions running(std::string_view listener, bool is, Time now);
    /// all_sent: of its message.  One that answers before gets the rest of it, and then the next event.
    Actions heard(std::string_view listener, std::string_view bytes, bool all_sent, Time now);
    /// All of its message is sent.
    Actions sent(std::string_view listener, Time now);
    /// That is to be told, for it has answered already.
    [[nodiscard]] static bool is_owed_rest(const Member& member) { return !member.holds && !member.message.empty(); }
    /// It has closed its stdin; some of the message may have been read.
    Actions closed(std::string_view listener, bool some_sent, Time now);
    /// Its child is gone.
    Actions ended(std::string_view listener, Time now);
    /// It is not known how much it has read or said: a new child begins anew, and its event is sent again.
    Actions lost_track(std::string_view listener);
    Actions time_passed(Time now);
    /// The next time_passed that can do something.
    [[nodiscard]] std::optional<Time> deadline() const;

    /// What is being sent stays as it was.
    void set_server(std::string server) { options_.server = std::move(server); }

    [[nodiscard]] const Options& options() const { return options_; }
    [[nodiscard]] const std::deque<Event>& waiting() const { return waiting_; }
    [[nodiscard]] const std::vector<Member>& members() const { return members_; }
    [[nodiscard]] const Member* find(std::string_view listener) const;
    /// Events discarded because the buffer was full, ever.
    [[nodiscard]] std::uint64_t discarded() const { return discarded_; }

    // Saved is all of it but the options: a short text, which changes with everything that happens, and beside it each
    // event that was not yet processed or discarded, which is written once.
    struct Changes {
        std::vector<std::pair<std::uint64_t, std::string>> came;  // pool serials, and the events as text
        std::vector<std::uint64_t> went;                          // pool serials
    };
    /// Of events, since this was asked last.
    [[nodiscard]] Changes take_changes();
    [[nodiscard]] std::string saved() const;
    /// For a pool of the same listeners.  False, and nothing changed, when it is no such text, or one of other events.
    [[nodiscard]] bool restore(std::string_view saved, const std::vector<std::string_view>& events);

    bool operator==(const Pool&) const = default;

private:
    [[nodiscard]] Member* member(std::string_view listener);
    void make_room(Actions& actions);
    void say_rebuffering(const Event& event, std::size_t others, Actions& actions) const;
    void take_back(Member& member, Actions& actions, bool all_sent = true);
    void dispatch(Actions& actions, Time now);
    [[nodiscard]] const Event* find_event(std::uint64_t pool_serial) const;

    Options options_;
    std::vector<Member> members_;  // in config order, which is that of preference (Q88)
    std::deque<Event> waiting_;    // in order of pool_serial
    std::uint64_t next_pool_serial_ = 0;
    std::uint64_t discarded_ = 0;
    std::uint64_t told_ = 0;            // events before this pool serial have been in changes
    std::vector<std::uint64_t> went_;   // pool serials, for the next changes
};

}  // namespace event
