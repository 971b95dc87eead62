// Events, from those who raise them to the pools of listeners.  Around the pure pools: what is saved of them in the
// ledger, so that another controller carries on; the lines they want said; the clock.  With no listener configured
// an event costs one look at a bit, and nobody wakes up.  Does not know runners: a listener is reached by its Ways.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/config/event_types.hpp"
#include "common/config/model.hpp"
#include "supervisord/control/ledger.hpp"
#include "supervisord/control/loop.hpp"
#include "supervisord/control/notes.hpp"
#include "supervisord/control/supervisor.hpp"
#include "supervisord/event/payload.hpp"
#include "supervisord/event/pool.hpp"
#include "supervisord/log/activity.hpp"

namespace control {

/// A listener, for those who speak of one.
struct ListenerName {
    std::string_view pool, process;
};

class Events {
public:
    Events(Loop& loop, logs::Activity& activity, Ledger ledger);
    ~Events();
    Events(const Events&) = delete;
    Events& operator=(const Events&) = delete;

    /// To be asked before a payload is made.
    [[nodiscard]] bool wants(config::EventType type) const { return wanted_.has(type); }
    void emit(config::EventType type, std::string payload);
    /// Of a process, by "group:name"; numbered by it, so that each is emitted once whoever dies when.
    void emit_change(std::string_view process, std::uint64_t number, const event::Change& change);

    // Parts of the output of a process.  All that is emitted between the two counts together with having heard it.
    /// False: the batch up to `end` was heard before, by a controller that died then.
    [[nodiscard]] bool begin_hearing(const std::string& stream, std::uint64_t end);
    void end_hearing();
    // What is captured, and goes on when the controller dies; at most so many bytes of it count, the last ones (Q54).
    void capture(const std::string& stream, std::string_view bytes, std::size_t limit);
    [[nodiscard]] std::string take_captured(const std::string& stream, std::size_t limit);
    void forget_stream(const std::string& stream);

    // Pools.
    /// fresh: nothing of one of that name that was before; else as the last controller left it.
    void add_pool(const config::Group& group, std::string_view server, bool fresh);
    void remove_pool(std::string_view name);
    /// The identifier has changed: what is sent from now on says so (Q69).
    void set_server(const std::string& server);
    /// supervisord begins anew: of what was, only the serial counts.
    void begin_anew();
    /// Nothing is known of events of this process, as "group:name"; at once.
    void forget_process(std::string_view process);
    /// Whether emit_change has had that one.
    [[nodiscard]] bool has_told(std::string_view process, std::uint64_t number) const { return number <= told(process); }
    [[nodiscard]] std::vector<EventPool> pools() const;
    /// Some event waits for a listener of that pool that may take it yet, or has not been answered.
    [[nodiscard]] bool is_at_work(std::string_view pool) const;

    /// How a listener is reached.
    struct Ways {
        std::function<void(const std::string& message, std::uint64_t delivery)> send;
        std::function<void()> restart;  // start it again when it has stopped; later, not before it returns
    };
    void connect(const ListenerName& listener, Ways ways);
    void disconnect(const ListenerName& listener);

    // What happens to listeners.
    void began(const ListenerName& listener);
    void running(const ListenerName& listener, bool is);
    /// all_sent: of its message, to its stdin.
    void heard(const ListenerName& listener, std::string_view bytes, bool all_sent);
    /// All of it is, now.
    void sent(const ListenerName& listener);
    /// It answered before: that is to be told.
    [[nodiscard]] bool is_owed_rest(const ListenerName& listener) const;
    void closed(const ListenerName& listener, bool some_sent);
    void ended(const ListenerName& listener);
    /// A child that another controller started: what it has not been sent yet of a message goes on from there.
    void adopted(const ListenerName& listener, const Progress& progress,
                 const std::function<void(const std::string& rest, std::uint64_t delivery, std::uint64_t sent)>& go_on);
    /// It is to be started again when it has stopped.
    [[nodiscard]] bool is_restarting(const ListenerName& listener) const;

private:
    struct Entry {
        event::Pool pool;
        config::Subscription wanted;
        std::map<std::string, Ways, std::less<>> ways = {};
        bool known = true;   // what its listeners have heard and said
        bool changed = false;
    };

    [[nodiscard]] Entry* find(std::string_view pool);
    [[nodiscard]] const event::Member* member_of(const ListenerName& listener) const;
    [[nodiscard]] std::uint64_t told(std::string_view process) const;
    void done(Entry& entry, event::Actions actions);
    void settle();
    void save(Entry& entry);
    void carry_out(Entry& entry, const event::Action& action);
    void pools_changed();
    void arm();
    void look_at_clock();

    logs::Activity& activity_;
    Ledger ledger_;
    std::map<std::string, Entry, std::less<>> pools_;
    config::Subscription wanted_;  // by any of them
    std::vector<std::pair<std::string, event::Action>> actions_;  // to be carried out once the ledger has all
    bool hearing_ = false;
    std::optional<base::Time> armed_;  // when the timer ends
    Timer timer_;
};

}  // namespace control
