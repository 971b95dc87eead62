// The keeper at work.  One object for the life of the process; each .cpp is one subject of it:
//   loop.cpp        waiting, signals, reaping, what the time brings
//   requests.cpp    what the controller asks for
//   succession.cpp  controllers: start, greeting, telling them what they must know, their end
//   inheritance.cpp what another keeper has left
//   upgrade.cpp     a new version: its test, its controller, and this keeper executed anew
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.hpp"
#include "supervisord/keeper/boot.hpp"
#include "supervisord/keeper/passage.hpp"
#include "supervisord/keeper/restarts.hpp"
#include "supervisord/keeper/spawn.hpp"
#include "supervisord/keeper/table_file.hpp"
#include "supervisord/keeper/watchdog.hpp"
#include "supervisord/keeper/wire.hpp"

namespace keeper {

class Loop {
public:
    enum class Origin {
        launcher,
        controller,  // of a keeper that is dead; it has all that that one had
        keeper,      // an older version, which has executed this one in its place
    };
    Loop(const Boot& boot, std::span<char* const> arguments, Origin origin);

    /// Everything before the first controller; false: errno.
    [[nodiscard]] bool prepare();
    /// The code to end with.
    [[nodiscard]] int run();
    /// Not 0: it has ended because not even the first controller could be started; an errno.
    [[nodiscard]] int start_error() const { return start_error_; }

private:
    // loop.cpp
    [[nodiscard]] bool adopt_orphans();
    void wait();
    [[nodiscard]] int timeout() const;
    void read_signals();
    void reap();
    void look_at_groups();
    void let_time_pass();
    void end_programs(int signal, std::chrono::seconds grace);
    int announce_pid();
    void leave();
    void note(std::string_view text, std::uint32_t flags = 0);

    // inheritance.cpp
    [[nodiscard]] bool inherit();
    [[nodiscard]] bool begin();
    void hold_beside(const char* name, bool anew);
    [[nodiscard]] bool carry_on(Why why);  // false: errno
    [[nodiscard]] bool foster(std::uint32_t number);
    [[nodiscard]] bool watch_foreign(std::uint32_t number);
    [[nodiscard]] bool reopen_ends(Slot& slot);
    void take_back(const HeldDescriptor& entry);
    void drop(std::uint32_t number);
    void let_all_go();
    void look_at_foreign();
    void look_at_foreign(std::uint32_t number);

    // upgrade.cpp
    void examine(Incoming& incoming);
    [[noreturn]] void become_tester(const Incoming& incoming, int copy, int passage);
    void examined(int wstatus);
    void stop_examining();
    [[nodiscard]] int upgrade();
    void controller_works();
    bool is_new_one_lost();  // and the old version is to go on
    [[nodiscard]] bool is_to_follow() const;
    [[nodiscard]] Passage passage_now() const;
    void follow();
    void follow_failed(int error);
    [[nodiscard]] bool resume(const Passage& passage);
    [[nodiscard]] bool use_program(base::Fd program);
    void look_at_unwatched();

    // requests.cpp
    bool read_requests(int at_most);  // false: there are no more for now
    void carry_out(Incoming& incoming);
    void answer(const Message& answer, int descriptor = -1);
    void hello(const Message& request);
    void spawn(Incoming& incoming);
    [[nodiscard]] int start(std::uint32_t number, Incoming& incoming);
    [[nodiscard]] Table::Claim claim(const Message& request);
    [[nodiscard]] int signal(const Message& request);
    [[nodiscard]] int drop_fd(const Message& request);
    [[nodiscard]] int put(Incoming& incoming);
    [[nodiscard]] int drop(const Message& request);
    void release(const Message& request);
    [[nodiscard]] int shutdown(const Message& request);
    void close_retained(Slot& slot);

    // succession.cpp
    void start_controller();
    void hand_over_all();
    [[noreturn]] void become_controller(int link, int copy);
    void controller_ended(int wstatus);
    void kill_controller();
    void watch();
    void doubt();
    void ask();
    void tell();
    [[nodiscard]] bool tell(const Message& message);
    [[nodiscard]] bool tell_of(std::uint32_t number);

    const Boot& boot_;
    const Origin origin_;
    std::vector<char*> controller_arguments_, rebuild_arguments_, self_test_arguments_, keeper_arguments_;
    std::vector<pid_t> inherited_;  // our children before we were supervisord
    Original original_;
    TableFile file_;
    Table table_;
    base::Fd boot_copy_, signals_;
    int program_ = -1;  // the binary of controllers; held as "program"
    int alarm_ = -1;  // a timer that the controller winds while it is busy; held as "alarm"
    std::string pidfile_;  // that was written; empty: none
    base::Fd foreign_;           // an epoll of the pidfds of those that are not our children
    bool pid_is_told_ = false;   // in the pidfile

    // The present controller.
    pid_t controller_ = 0;        // 0: none that is not reaped
    base::Fd link_;               // none: it has closed its end, and all it sent is dealt with
    bool greeted_ = false;
    bool restart_asked_ = false;
    bool full_ = false;           // the link takes no more for now
    std::uint64_t told_signals_ = 0;  // bits that it knows of
    std::optional<Message> waiting_answer_;  // did not fit; no request is read before it is gone
    int waiting_descriptor_ = -1;
    Restarts restarts_;
    Watchdog watchdog_;
    bool hangs_ = false;  // and is killed for it

    // A new version.
    pid_t tester_ = 0;                    // 0: none that is not reaped
    std::uint64_t test_seq_ = 0;          // of the request that it answers; 0: nobody wants to know any more
    std::optional<Message> test_result_;  // not told yet
    std::optional<base::Time> test_end_at_;
    base::Fd candidate_;                  // its binary,
    bool passed_ = false;                 // which has stood the test,
    bool wanted_ = false;                 // is what the next controller is made of,
    bool tried_ = false;                  // and the present one is, which does not work yet
    bool upgrade_untold_ = false;

    std::optional<base::Time> start_at_;         // the next controller
    std::optional<base::Time> forget_start_at_;  // what the start has needed of code and heap
    std::optional<base::Time> kill_at_;   // the present one, when it has closed its link and does not end
    int last_resort_ = 0;                 // the signal that programs were sent because there is no controller,
    std::optional<base::Time> end_at_;    // and when the next step is due
    std::optional<int> exit_code_;
    int start_error_ = 0;
};

/// To a child, or to its process group: 0, or an errno.  Safe against pids that mean somebody else by now.
[[nodiscard]] int send(const Slot& slot, int number, bool group);

}  // namespace keeper
