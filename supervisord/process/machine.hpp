// The life of one process, as a pure function: what happened and when goes in, what to do comes out.  The states and
// their arrows are those of compat/process.md, section 1; what differs on purpose is in compat/quirks.md (Q28, Q30,
// Q33, Q120, Q125).  Knows no pids, no clock, no log file; a Machine is plain data and is what a note holds, so that a
// resumed controller carries on in the middle of anything.
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "common/api/states.hpp"
#include "common/base/clock.hpp"
#include "common/config/model.hpp"

namespace process {

using api::State;
using base::Time;

struct Machine {
    State state = State::stopped;
    bool child = false;           // asked for, and not yet known to be gone
    bool remains = false;         // the leader is gone, others of its process group are not (only with killasgroup)
    bool remains_killed = false;  // and they have had their SIGKILL
    bool spawn_wanted = false;    // STARTING, but what remains of the group before must go first, or it is too soon
    bool stop_requested = false;  // the end of this child is our wish: it becomes STOPPED, not EXITED
    bool holding = false;         // supervisord is going down: no more starts
    bool ever_started = false;    // autostart is for the first time only
    int soon_restarts = 0;        // by itself, in a row, each soon after the start before
    int failures = 0;             // starts in a row that ended before RUNNING ("backoff", "tries")
    int exitstatus = 0;           // of the last end; -1: by a signal; 0 from the next start on
    std::optional<Time> started;  // when the present or last child was asked for
    std::optional<Time> deadline; // when TimePassed is due; after that step there is none or a later one

    bool operator==(const Machine&) const = default;
};

// What happened.
struct Start {};                // asked for by a user, or by autostart
struct Stop {};                 // asked for by a user, or by the order of shutdown
struct Hold {};                 // supervisord begins to go down
struct Spawned {                // the child exists
    std::optional<Time> at = {};     // since when; nothing: now
};
struct SpawnFailed {};          // there is no child; why is the runner's to remember
struct Exited {                 // the leader is gone
    int code = 0;               // -1 when a signal ended it
    bool group_left = false;    // others of its process group live (always false without killasgroup)
    std::optional<Time> at = {};     // when it was; nothing: now.  The news may be old: no controller lived
};
struct GroupGone {};            // the last of the group is gone; comes only after Exited{.group_left = true}
struct SignalFailed {};         // the system refused, and not because the process was gone (EPERM).  The child is
                                // UNKNOWN then; what remains of a group without its leader is given up
struct TimePassed {};           // the deadline may have come; early is harmless
using Event = std::variant<Start, Stop, Hold, Spawned, SpawnFailed, Exited, GroupGone, SignalFailed, TimePassed>;

/// Lines of the activity log that tell of a step (compat/logging.md, section 1.3); the runner knows names and numbers.
enum class Line {
    entered_running,    // success: x entered RUNNING state, ...
    gave_up,            // gave up: x entered FATAL state, ...
    exited_expected,    // exited: x (...; expected)
    exited_unexpected,  // exited: x (...; not expected), also when too quick
    stopped,            // stopped: x (...)
    killing,            // killing 'x' (N) with SIGKILL
    killing_remains,    // our own: the leader is gone, SIGKILL goes to the rest of its group (Q125)
    leaving_remains,    // our own: that did not end the rest (a zombie, a hung disk), and it is waited for no longer
};

// What to do, in order.
struct Announce {               // tell listeners, and whoever waits; from != to
    State from, to;
    bool expected = true;       // of EXITED: the code is one of exitcodes
    int tries = 0;              // of STARTING and BACKOFF: failures at that moment
};
struct Spawn {};                // what was before has ended, or has been given up
struct Signal {                 // to the child; once its leader is gone, to the rest of the group
    int number = 0;
    bool group = false;         // to the process group
};
struct Say {
    Line line;
};
using Action = std::variant<Announce, Spawn, Signal, Say>;

struct Step {
    Machine next;
    std::vector<Action> actions;
};

/// What a machine becomes, and what is to be done, when an event happens at a time.  Any event in any state is
/// answered; one that makes no sense there changes nothing.
[[nodiscard]] Step step(Machine machine, const config::Program& program, const Event& event, Time now);

}  // namespace process
