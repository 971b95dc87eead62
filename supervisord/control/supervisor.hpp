// Supervisor: all groups and their processes, and what may be asked of the whole.  Owned by the controller, used by
// the RPC methods.  Knows no HTTP, no JSON.  One thread; everything that takes time answers through a callback, which
// is called exactly once, from the loop, never before the call that took it has returned.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/api/faults.hpp"
#include "common/api/states.hpp"
#include "common/base/result.hpp"
#include "common/config/model.hpp"

namespace control {

/// Nothing: it went well.
using Outcome = std::optional<api::Refusal>;
using WhenDone = std::function<void(Outcome)>;

enum class Channel { out, err };

/// One process, as the RPC methods see it.  Lives as long as its group is active; a callback given to it is called
/// with BAD_NAME when the group is removed first.
class Process {
public:
    virtual ~Process() = default;

    [[nodiscard]] virtual const std::string& name() const = 0;
    [[nodiscard]] virtual const std::string& group() const = 0;
    /// With the paths of AUTO logs filled in.
    [[nodiscard]] virtual const config::Program& program() const = 0;

    [[nodiscard]] virtual api::State state() const = 0;
    [[nodiscard]] virtual pid_t pid() const = 0;                 // 0: none
    [[nodiscard]] virtual std::int64_t started() const = 0;      // epoch seconds; 0: never
    [[nodiscard]] virtual std::int64_t stopped() const = 0;      // epoch seconds of the last end; 0: never
    [[nodiscard]] virtual int exitstatus() const = 0;            // of the last end; -1: by a signal; 0: none
    [[nodiscard]] virtual const std::string& spawnerr() const = 0;  // empty: none
    [[nodiscard]] virtual std::string description() const = 0;   // compat/process.md, section 8
    [[nodiscard]] virtual std::string logfile(Channel channel) const = 0;  // empty: none
    /// With killmode=tree and without a cgroup: the value of SUPERVISOR_TREE in the environment of what the child has started.
    [[nodiscard]] virtual std::string tree_mark() const { return ""; }
    [[nodiscard]] virtual std::vector<pid_t> cgroup_members() const { return {}; }  // of a cgroup of its own

    /// Checks of compat/rpc.md, section 4.3, in their order, but the state first (Q122).  With wait, answers when the
    /// process is RUNNING or has failed; without, when the attempt has been made.
    virtual void start(bool wait, WhenDone done) = 0;
    /// With wait, answers when it has stopped.  Refuses with NOT_RUNNING.
    virtual void stop(bool wait, WhenDone done) = 0;
    /// To the process, never to its group; refuses with NOT_RUNNING, FAILED.
    virtual void signal(int number, WhenDone done) = 0;
    /// Queued, with a bound; refuses with NOT_RUNNING, NO_FILE, FAILED.
    virtual Outcome send_stdin(std::string_view bytes) = 0;
    virtual Outcome clear_logs() = 0;
};

class Group {
public:
    virtual ~Group() = default;
    [[nodiscard]] virtual const config::Group& config() const = 0;
    [[nodiscard]] virtual std::vector<Process*> processes() = 0;  // in config order
};

/// The listeners of one [eventlistener:x], and what waits for them.
struct EventPool {
    struct Listener {
        std::string name;
        std::string state;  // READY, BUSY, ACKNOWLEDGED or UNKNOWN; once it has stopped, what it was
    };
    std::string name;
    std::int64_t buffer_size = 0;  // events
    std::int64_t waiting = 0;      // events
    std::int64_t discarded = 0;    // events, since the pool was made: the buffer was full
    std::vector<Listener> listeners = {};
};

/// A process that runs, or one that descends from it.
struct Descendant {
    std::string group, process;  // whose it is
    pid_t pid = 0, parent = 0;
    std::string command;  // as it was started, or "[NAME]"; up to 4096 bytes, of any kind
};

/// The last upgrade of supervisord itself.
struct UpgradeInfo {
    std::string statename;  // NONE, GOING_ON, DONE, CONTROLLER_ONLY or TAKEN_BACK
    std::string description;
};

struct Changes {
    std::vector<std::string> added, changed, removed;
};

class Supervisor {
public:
    virtual ~Supervisor() = default;

    [[nodiscard]] virtual api::Mood mood() const = 0;
    [[nodiscard]] virtual pid_t pid() const = 0;  // that of the pidfile
    [[nodiscard]] virtual const std::string& identifier() const = 0;

    /// Without [rpcinterface:supervisor] nobody outside calls the methods of supervisor.*: they are not there.
    [[nodiscard]] virtual bool has_interface() const { return true; }

    /// The configuration as last read, which is not always what is active.
    [[nodiscard]] virtual const config::Config& last_read() const = 0;

    [[nodiscard]] virtual std::vector<Group*> groups() = 0;  // in order of activation
    [[nodiscard]] virtual Group* find_group(std::string_view name) = 0;
    [[nodiscard]] virtual Process* find(std::string_view group, std::string_view process) = 0;

    /// Reads the files again and compares; touches no process.  The refusal is CANT_REREAD.
    virtual Outcome reread(Changes& changes) = 0;
    /// Reads the files as reread does, and forgets it: the configuration that update would go to.
    virtual Outcome preview(config::Config& fresh) = 0;
    virtual Outcome add_group(std::string_view name) = 0;     // BAD_NAME, ALREADY_ADDED, FAILED
    virtual Outcome remove_group(std::string_view name) = 0;  // BAD_NAME, STILL_RUNNING

    virtual void shutdown() = 0;
    /// Stops everything and begins anew with the files as they are.  Refused with CANT_REREAD, and nothing touched,
    /// when they are not valid (Q71).
    virtual Outcome restart() = 0;

    /// Goes on with the program that is installed now, with nothing stopped.  Answers when that one has been tested and
    /// is about to take over; refuses with FAILED, and nothing changed.
    virtual void upgrade(WhenDone done) = 0;
    [[nodiscard]] virtual UpgradeInfo upgrade_info() const = 0;

    /// Looks at all processes of the machine.  Sorted by group and process, each before what descends from it.
    [[nodiscard]] virtual std::vector<Descendant> trees() = 0;
    [[nodiscard]] virtual std::vector<EventPool> event_pools() = 0;  // sorted by name
    virtual void send_remote_event(std::string_view type, std::string_view payload) = 0;

    /// Path of the activity log; empty when it is no file.
    [[nodiscard]] virtual std::string logfile() const = 0;
    virtual Outcome clear_log() = 0;
    /// For lines of the RPC and HTTP layers (compat/logging.md, section 1.3).
    virtual void log(config::LogLevel level, std::string_view line) = 0;

    /// Calls when others had their turn.
    virtual void soon(std::function<void()> call) = 0;
};

}  // namespace control
