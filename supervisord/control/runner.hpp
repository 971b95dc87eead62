// Runner: one process in the world.  Feeds what happens to the pure machine, and does what it says: note first, then
// the deed, then the telling (design.md, rule 2).  A runner that is made with the note of one before it carries on
// where that was killed.
#pragma once

#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/config/model.hpp"
#include "supervisord/control/events.hpp"
#include "supervisord/control/feed.hpp"
#include "supervisord/control/loop.hpp"
#include "supervisord/control/notes.hpp"
#include "supervisord/control/remnants.hpp"
#include "supervisord/control/shared_sockets.hpp"
#include "supervisord/control/supervisor.hpp"
#include "supervisord/control/tap.hpp"
#include "supervisord/control/tree.hpp"
#include "supervisord/control/turnstile.hpp"
#include "supervisord/keeper/spec.hpp"
#include "supervisord/keeper/table.hpp"
#include "supervisord/log/output.hpp"
#include "supervisord/process/lines.hpp"
#include "supervisord/process/machine.hpp"

namespace control {

struct World;

/// Our copies of what the keeper holds for a slot that no runner adopts.
void close_descriptors(const keeper::Slot& slot);
/// The same of one that is alive: what it writes is read and dropped, for a full pipe would stop it.
void leave_alone(Loop& loop, const keeper::Slot& slot);

class Runner final : public Process {
public:
    /// The paths of AUTO logs are filled in.  Group and program outlive it.  The record is new, or that of a controller before.
    Runner(World& world, const config::Group& group, const config::Program& program, Notes::Record& record);
    ~Runner() override;

    /// Once, by a controller that follows another: what the keeper knows of this process, or nothing.
    void resume(const keeper::Slot* slot, std::uint32_t number);

    /// Before a client is told that it runs: the line that says so is in the log then.
    void tell_success_now();

    // What happens to it.
    void feed(const process::Event& event);
    void exited(const keeper::Message& message);
    void group_gone(const keeper::Message& message);
    /// A batch of its output that another controller had logged, and perhaps done nothing else with.
    void hear_again(const logs::Unheard& batch, pid_t pid);

    /// Its group is removed: nothing of it is to be found by another controller.
    void forget_outputs();

    /// What its children have written before they ended is still on its way to a log.
    [[nodiscard]] bool has_last_words() const;
    /// It is dropped, and that is said.
    void give_up_last_words();

    /// Opens the logs anew (SIGUSR2).
    void reopen_logs();

    /// What is open here of the present child.
    struct Descriptors {
        std::uint64_t incarnation = 0;
        int pidfd = -1, input = -1, output = -1, error = -1;
    };
    [[nodiscard]] Descriptors descriptors() const;

    [[nodiscard]] const process::Machine& machine() const { return note_.machine; }
    [[nodiscard]] std::string key() const;

    // Process
    [[nodiscard]] const std::string& name() const override { return program_.name; }
    [[nodiscard]] const std::string& group() const override { return group_; }
    [[nodiscard]] const config::Program& program() const override { return program_; }
    [[nodiscard]] api::State state() const override { return note_.machine.state; }
    [[nodiscard]] pid_t pid() const override;
    [[nodiscard]] std::int64_t started() const override { return note_.started_wall; }
    [[nodiscard]] std::int64_t stopped() const override { return note_.stopped_wall; }
    [[nodiscard]] int exitstatus() const override { return note_.machine.exitstatus; }
    /// Of wait(2), of the last end that there was.
    [[nodiscard]] int end_status() const { return note_.end_status; }
    [[nodiscard]] const std::string& spawnerr() const override { return spawnerr_; }
    [[nodiscard]] std::string description() const override;
    [[nodiscard]] std::string logfile(Channel channel) const override;
    [[nodiscard]] std::string tree_mark() const override { return tree_ ? tree_->mark_of_orphans() : ""; }
    /// The name of the cgroup that its child is in, or enters; "": none.
    [[nodiscard]] std::string cgroup() const { return tree_ && (note_.machine.child || note_.machine.remains) ? tree_->cgroup() : ""; }
    [[nodiscard]] std::vector<pid_t> cgroup_members() const override { return tree_ ? tree_->cgroup_members() : std::vector<pid_t>(); }
    void start(bool wait, WhenDone done) override;
    void stop(bool wait, WhenDone done) override;
    /// As stop, and answers also when somebody has stopped it before.
    void end(WhenDone done);
    void signal(int number, WhenDone done) override;
    Outcome send_stdin(std::string_view bytes) override;
    Outcome clear_logs() override;

private:
    struct Child {  // as the keeper has it
        std::uint32_t slot = 0;
        pid_t pid = 0;
        base::Fd pidfd = {};  // for a keeper after the next death
        std::optional<base::Time> ended = {};
    };
    struct Ends {  // of a child that is not yet known to exist
        base::Fd input, output, error;
    };
    struct Waiter {
        bool until_settled = true;  // else only until the attempt has been made
        WhenDone done;
    };

    void apply(const process::Event& event);
    void take_note(const process::Step& step);
    void carry_out(const process::Step& step);
    void spawn();
    void launch(const Turnstile::Pass& pass);
    void spawn_refused(std::string text);
    [[nodiscard]] std::string use_socket();
    void spawned(const keeper::Message& message, base::Fd pidfd);
    void send_pending();
    void signal_answered(const keeper::Message& message);
    void signal_tree(int number);
    [[nodiscard]] Tree::Leader leader() const;
    void watch_tree();
    [[nodiscard]] bool has_remains();
    void remains_are_gone();
    void finish_taps();
    void finish_tap(bool err);
    [[nodiscard]] process::Dispatcher dispatcher(bool err) const;
    void go_on_after_remnants();
    void tap(bool err, base::Fd pipe);
    [[nodiscard]] pid_t speaker(bool err) const;
    void end_of_child();
    void release(std::uint32_t slot, std::uint64_t incarnation);
    void open_taps(Ends ends);
    void open_outputs();
    [[nodiscard]] bool is_followed(const logs::Output& output) const;
    void heard(const logs::Output& output, const logs::Text& text);
    void hear_chunk(bool err, std::string_view bytes);
    [[nodiscard]] std::size_t capture_limit(bool err) const;
    void hear_captured(bool err, const std::string& stream);
    void forget_captured();
    void connect_listener();
    void deliver(const std::string& rest, std::uint64_t delivery, std::uint64_t sent);
    void tell_sent();
    void restart_listener();
    void restart_when_stopped();
    void go_on_delivering();
    void settle_listener();
    void announce(const process::Announce& news);
    void tell_announced();
    void carry_on(const keeper::Slot* slot, std::uint32_t number);
    void adopt(const keeper::Slot& slot, std::uint32_t number);
    void tell_once(const process::Entry& entry);
    void tell_untold();
    void tell_success();
    void settle_success(bool has_ended);
    void say(const process::Entry& entry);
    void answer_waiters(bool attempt_made);
    void answer(WhenDone done, Outcome outcome);
    void await_stop();
    void set_spawnerr(std::string text);
    [[nodiscard]] keeper::Message about_child(keeper::Type type) const;
    [[nodiscard]] Tap::Report reporter();
    [[nodiscard]] ListenerName listener() const { return {group_, program_.name}; }
    [[nodiscard]] const config::Output& output_of(bool err) const { return err ? program_.err : program_.out; }

    World& world_;
    const std::string group_;
    const config::Program& program_;
    const bool is_listener_;
    Notes::Record& record_;
    Note note_;             // what the record says, or will say at the next commit
    std::string spawnerr_;  // the note's may be cut
    std::string signal_problem_;

    std::optional<Child> child_;  // known to the keeper and not released
    std::uint64_t queued_ = 0;                // the incarnation that waits for its turn to be launched
    std::function<void()> leave_queue_;       // others need not wait for it
    std::optional<keeper::Spec::User> user_;  // of the child that is to come
    Ends ends_;
    SharedSockets::Use socket_;  // of an [fcgi-program:x], while there is a child
    std::unique_ptr<logs::Output> out_, err_;
    std::unique_ptr<Remnants> out_remnants_, err_remnants_;  // of children before
    base::Fd out_later_, err_later_;                         // pipes that wait for that
    std::unique_ptr<Tap> out_tap_, err_tap_;
    int numbers_[2] = {};  // under which they began, for the log
    std::unique_ptr<Feed> input_;

    std::list<process::Event> events_;  // one at a time, each to its end
    std::vector<Waiter> starting_, stopping_;
    Timer deadline_;
    std::string late_;  // the last line of note_.untold, that of success, which waits
    Timer success_;
    std::optional<Tree> tree_;  // with killmode=tree
    bool group_left_ = false;   // the leader has ended, and by what the keeper says others of its group have not
    Timer tree_look_;
    std::chrono::milliseconds tree_pause_{};
    std::shared_ptr<Runner*> self_;  // for callbacks that may come when this is gone
};

}  // namespace control
