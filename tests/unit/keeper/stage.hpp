// A keeper under test.  The test plays the controller: each controller that the keeper starts (actor.cpp) hands its link
// over to the test.  Everything has a deadline; what a test leaves running is ended with the stage.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

#include "common/base/fd.hpp"
#include "supervisord/keeper/spec.hpp"
#include "supervisord/keeper/table.hpp"
#include "supervisord/keeper/wire.hpp"

namespace stage {

/// What a puppet says when it comes; link and table come beside it.
struct Entrance {
    pid_t pid = 0;
    bool rebuild = false;
};

/// Told to a puppet instead of a code to exit with: when the keeper dies, take its place.
inline constexpr int succeed = -1;
/// Or: crash.
inline constexpr int crash = -2;

struct Program {
    std::string name = "cat";
    std::uint64_t inc = 1;
    std::uint32_t flags = 0;
    keeper::Spec spec;
    bool lasting = false;  // its ends of pipes are open for both directions
};
/// A shell script as a program, with an environment of PATH only.
[[nodiscard]] Program shell(const std::string& name, const std::string& script);

/// The test's end of a running program.
struct Running {
    std::uint32_t slot = 0;
    std::uint64_t inc = 0;
    pid_t pid = 0;
    int err = 0;
    base::Fd output;  // of stdout and stderr together; nonblocking
};

class Controller {
public:
    Controller(Entrance entrance, base::Fd link, base::Fd table);

    [[nodiscard]] pid_t pid() const { return entrance_.pid; }
    [[nodiscard]] bool rebuild() const { return entrance_.rebuild; }
    [[nodiscard]] const keeper::Snapshot& table() const { return table_; }
    [[nodiscard]] int link() const { return link_.get(); }
    [[nodiscard]] bool has_open(int fd) const;

    void send(const keeper::Message& message, std::span<const int> descriptors = {});
    /// The next message of a type; others that come meanwhile are kept.
    keeper::Message await(keeper::Type type);
    /// The same for the answer to a request.
    keeper::Message ask(keeper::Message request, std::span<const int> descriptors = {});
    /// Whether a message of a type has come by the time that a beat's neighbour was answered.
    bool has_come(keeper::Type type);
    keeper::Message greet();
    /// Greets, and is ready.
    void take_over();

    Running spawn(const Program& program);
    int signal(const Running& running, int number, std::uint64_t order = 0, std::uint32_t flags = 0);
    void release(const Running& running);
    /// Closes the link; the puppet has another.
    void let_go() { link_.reset(); }

private:
    keeper::Message next(const std::function<bool(const keeper::Message&)>& wanted);

    Entrance entrance_;
    base::Fd link_, table_copy_;
    keeper::Snapshot table_;
    std::vector<keeper::Message> kept_;
    std::uint64_t seq_ = 0;
};

class Stage {
public:
    Stage();
    ~Stage();
    Stage(const Stage&) = delete;
    Stage& operator=(const Stage&) = delete;

    /// The next controller that comes.
    Controller next();
    /// Makes the present puppet end by itself.
    void tell_to_exit(int code);
    /// How the keeper ended.
    int wait_for_end();
    void signal_keeper(int number);
    /// Kills keeper and puppet, and starts another keeper in the same directory.
    void begin_again(const Controller& puppet);
    /// Kills the keeper; the puppet takes its place.
    void promote(const Controller& puppet);

    [[nodiscard]] pid_t keeper() const { return keeper_; }
    [[nodiscard]] const std::string& directory() const { return directory_; }
    [[nodiscard]] int count_descriptors() const;

private:
    void start_keeper();

    std::string directory_;
    base::Fd ours_;
    pid_t keeper_ = 0;
};

/// All that comes until the other side is closed.
[[nodiscard]] std::string read_to_end(int fd);
/// One line, without its end.
[[nodiscard]] std::string read_line(int fd);
/// Waits until it is so; false after the deadline.
[[nodiscard]] bool becomes_true(const std::function<bool()>& condition);

/// And it stands still: a SIGCONT that came too early would make nothing of it.
void stop_process(pid_t pid);

}  // namespace stage
