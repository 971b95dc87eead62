// The messages between controller and keeper: one plain struct of one size for all of them.  Whatever is large travels
// as a descriptor beside it (wire.hpp).  Pure: this file and its check know layouts, not sockets.
//
// Order of a conversation: the controller says hello and is told welcome; from then on it hears of exits, signals and
// the like.  What happened before is in the table it was born with (table.hpp); nothing is told in neither.
#pragma once

#include <cstdint>
#include <string_view>

#include "supervisord/keeper/boot.hpp"

namespace keeper {

inline constexpr int socket_fd = 3;       // in the controller: the socket to the keeper,
inline constexpr int table_fd = 4;        // its copy of the table,
inline constexpr int controller_boot_fd = 5;  // the Boot,
inline constexpr int live_table_fd = 6;       // and the table itself, for the day when the keeper is gone
inline constexpr const char* promoted_argument = "--promoted";  // of a keeper that was a controller
inline constexpr const char* upgraded_argument = "--upgraded";  // of one that was a keeper, and goes on
inline constexpr int passage_fd = 4;              // in that one: what it knew besides the table (passage.hpp)
inline constexpr const char* self_test_argument = "--self-test";  // of a new version that is looked at, which has
                                                                  // table_fd and controller_boot_fd,
inline constexpr int examined_fd = 7;             // and from here on copies of what controllers write,
inline constexpr std::string_view examined[] = {"notes", "config", "journal", "events"};  // as the keeper calls it,
inline constexpr int examined_passage_fd = 11;    // and of a passage
inline constexpr int first_free_fd = 16;  // the keeper holds nothing below: programs are given descriptors 0 to 15

inline constexpr std::string_view held_pidfile = "pidfile";  // put: a file with the path that counts since a reload
inline constexpr std::string_view held_leftovers = "leftovers";  // what is still to be ended of those that were salvaged
inline constexpr std::string_view held_program = "program";  // the binary of the last controller that worked (O_PATH)

// Descriptors that stay free: below, no program is started, so that deaths of keeper and controller can be mended and
// clients be answered.
inline constexpr std::size_t descriptor_reserve = 32;
inline constexpr std::size_t retained_limit = 4;  // ends of pipes kept for a program
inline constexpr std::size_t target_limit = 16;   // descriptors given to a program
inline constexpr std::size_t descriptor_limit = 1 + retained_limit + target_limit;  // beside one message

enum class Type : std::uint16_t {
    none = 0,
    // From the controller, each with the fields it fills.
    hello,     // version_least, version_most -> welcome.  Comes first; other versions are ended
    ready,     // seconds: recovery is done, this controller works, and hangs when it is silent for so long (0: never).
               // Of a keeper's first one, and after a reload, the pidfile is written; with `answer` -> reply
    spawn,     // name, inc, flags, retained, targets; [spec, retained ends..., child's ends...] -> spawned
    signal,    // slot, inc, signal, flags, order -> reply 0, ESRCH, EPERM, ESTALE, EINVAL
    release,   // slot, inc: the exit is dealt with; the slot and what it holds go.  Ignored when stale or alive
    drop_fd,   // slot, inc, role -> reply: the keeper closes its copy, so that the program sees the end of its stdin
    put,       // name; [descriptor] -> reply: hold it for later controllers, in place of one of the same name
    drop,      // name -> reply: hold it no longer
    beat,      // I live
    restart,   // when I exit now, that is no crash: start another with Why::reload
    taken,     // bits: these signals are dealt with, or noted
    shutdown,  // exit_code, flags -> the keeper ends with that code; reply EBUSY while programs are alive
    examine,   // [a binary, where it is to write to, copies of `examined`] -> reply wstatus, when its self-test is over
    upgrade,   // the next controller is of the binary that was examined last, and passed; I end -> reply
    // From the keeper.
    welcome = 64,  // why, restarts, wstatus (of the controller before), bits, upgrade; err EPROTO: not this version
    spawned,       // seq, name, slot, inc, pid, err, spawned_at; [pidfd].  EEXIST tells of the one there is
    reply,         // seq, slot, inc, err
    exited,        // slot, inc, name, pid, ending
    group_gone,    // slot, inc, name: the last of its process group is gone, after an ending with group_left
    orphan,        // pid, wstatus, flags: reaped, and no program of ours.  Best effort
    signals,       // bits (1 << number), pid and uid of who sent the last; until taken, each new controller hears it
    note,          // name: a line for the log; flags: critical, else a warning
    ping,          // say something: a beat, if there is nothing else
    upgraded,      // upgrade: what became of the keeper's part of it
};

/// Why a controller was started.
enum class Why : std::uint32_t { first, crash, hang, reload, upgrade, promoted, salvaged, taken_back };

/// How far an upgrade has come.
enum class Upgrade : std::uint32_t {
    none,             // there was none,
    starting,         // the new controller is to come, or does not work yet
    following,        // it works, and the keeper is next
    done,             // both are new
    controller_only,  // the new keeper could not be executed
    taken_back,       // the new controller ended before it worked: both are old
};

/// What a retained end is to the program.
enum class Role : std::uint8_t { none, input, output, error, other };

/// How much is known of an exit: nothing, from wait (always, for our own children), from a pidfd (later kernels).
enum class Known : std::uint32_t { no, wait, pidfd };

enum Flag : std::uint32_t {
    to_group = 1,      // signal: to the process group
    watch_group = 2,   // spawn, slot: after the leader's end, tell when its process group is empty
    force = 4,         // shutdown: even with programs alive, which are left to themselves
    critical = 8,      // note
    answer = 16,       // ready: say when the pidfile is written, or why it is not
    inherited = 64,    // orphan: it was our child before we were supervisord
    cut_off = 32,      // slot: salvaged, but there is no way to its output any more
};

/// Times are nanoseconds: CLOCK_MONOTONIC (base::Time) and since the epoch (base::WallTime).
struct Instant {
    std::int64_t monotonic = 0;
    std::int64_t wall = 0;
};

/// How a program ended.
struct Ending {
    std::int32_t wstatus = 0;      // as wait(2) gives it
    Known known = Known::no;
    std::uint32_t group_left = 0;  // with watch_group: others of its process group live
    std::uint32_t reserved = 0;
    Instant at;
    std::uint64_t user_us = 0;     // processor time, with that of its reaped children
    std::uint64_t system_us = 0;
    std::uint64_t peak_kib = 0;    // resident memory at most
};

struct Message {
    static constexpr std::uint32_t right_magic = 0x6b656570;
    static constexpr std::uint16_t right_version = 2;

    std::uint32_t magic = right_magic;
    std::uint16_t version = right_version;
    Type type = Type::none;
    std::uint64_t seq = 0;    // a request's number, in its answer too
    std::uint64_t inc = 0;    // incarnation: with the name it names a child for ever; greater than 0, grows per name
    std::uint64_t order = 0;  // of signals to one slot, growing: carried out once however often sent; 0: no such claim
    std::uint64_t bits = 0;   // signals
    std::uint32_t slot = 0;
    std::uint32_t flags = 0;
    std::int32_t err = 0;
    std::int32_t pid = 0;
    std::uint32_t uid = 0;
    std::int32_t signal = 0;
    std::int32_t exit_code = 0;
    std::int32_t wstatus = 0;
    Why why = Why::first;
    std::uint32_t restarts = 0;
    std::uint16_t version_least = right_version;
    std::uint16_t version_most = right_version;
    Role role = Role::none;
    std::uint8_t retained_count = 0;
    std::uint8_t target_count = 0;
    std::uint8_t reserved = 0;
    std::uint32_t seconds = 0;
    Upgrade upgrade = Upgrade::none;
    Role retained[retained_limit] = {};        // in the order of the descriptors
    std::uint8_t target[target_limit] = {};    // the numbers that the program's ends get, 0 to 15
    Instant spawned_at;
    Ending ending;
    char name[name_size] = {};
};
static_assert(sizeof(Message) == 448);

[[nodiscard]] Message message_of(Type type);
/// The name as a view; one without its NUL is cut.
[[nodiscard]] std::string_view name_of(const Message& message);
/// False when it does not fit: the message then has no name.
[[nodiscard]] bool set_name(Message& message, std::string_view name);

/// What the keeper asks of a request before it does anything: 0, or an errno.  `descriptors` came beside it.
[[nodiscard]] int check_request(const Message& message, std::size_t descriptors);

}  // namespace keeper
