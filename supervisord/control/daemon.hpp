// Daemon: the Supervisor of this process.  Holds the active groups, starts and stops them in order, compares the files
// with what is active, ends itself.  What it knows of a group beyond its runners is in the chronicle, so that another
// controller can take over at any moment.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "common/base/clock.hpp"
#include "supervisord/control/chronicle.hpp"
#include "supervisord/control/runner.hpp"
#include "supervisord/control/supervisor.hpp"
#include "supervisord/control/world.hpp"
#include "supervisord/keeper/table.hpp"

namespace config {
struct Diagnostic;
struct Reading;
}

namespace control {

class ActiveGroup;

class Daemon final : public Supervisor {
public:
    struct Surroundings {
        pid_t pid = 0;  // the keeper's
        std::function<config::Reading()> read_files;
        /// Before a restart: what of a configuration cannot be put in force; nothing: it is ready.
        std::function<std::optional<config::Diagnostic>(const config::Reading&)> prepare;
        std::function<void(bool restart, int exit_code)> ended;  // everything has stopped
        std::function<void(WhenDone)> upgrade;
        keeper::Upgrade upgraded = keeper::Upgrade::none;  // how far the last one came
        bool has_interface = true;
    };

    /// The chronicle is the one that the content of resume() was read from, if there was any.
    Daemon(World& world, Surroundings surroundings, std::optional<Chronicle> chronicle);
    ~Daemon() override;

    /// The first time: activates all groups of the configuration.  What goes wrong is logged, and the group left out.
    void begin(const config::Config& config, const keeper::Snapshot& snapshot);
    /// After another controller: what was active, with what the keeper knows and what was logged and not heard of.
    void resume(const Chronicle::Content& content, const keeper::Snapshot& snapshot,
                std::span<const logs::Unheard> unheard);
    /// After a supervisord that was killed: what of its programs is not to go on, and what cannot, because there is no way
    /// to its output, is ended and begun anew.
    void note_leftovers(const keeper::Snapshot& snapshot, const std::set<std::string>& told_to_end);
    /// Those that a controller before has noted, and was not done with.
    void recall_leftovers(const base::Fd& file);
    void deal_with_leftovers(const keeper::Snapshot& snapshot, bool are_new);
    /// Starts what autostart wants and was never started.
    void autostart();

    // News from the keeper.
    void news(const keeper::Message& message);

    // Supervisor
    [[nodiscard]] api::Mood mood() const override;
    [[nodiscard]] pid_t pid() const override { return surroundings_.pid; }
    [[nodiscard]] const std::string& identifier() const override { return content_.last_read->settings.identifier; }
    [[nodiscard]] bool has_interface() const override { return surroundings_.has_interface; }
    [[nodiscard]] const config::Config& last_read() const override { return *content_.last_read; }
    [[nodiscard]] std::vector<Group*> groups() override;
    [[nodiscard]] Group* find_group(std::string_view name) override;
    [[nodiscard]] Process* find(std::string_view group, std::string_view process) override;
    Outcome reread(Changes& changes) override;
    Outcome preview(config::Config& fresh) override;
    Outcome add_group(std::string_view name) override;
    Outcome remove_group(std::string_view name) override;
    void shutdown() override;
    Outcome restart() override;
    void upgrade(WhenDone done) override { surroundings_.upgrade(std::move(done)); }
    [[nodiscard]] UpgradeInfo upgrade_info() const override;
    [[nodiscard]] std::vector<Descendant> trees() override;
    [[nodiscard]] std::vector<EventPool> event_pools() override { return world_.events.pools(); }
    void send_remote_event(std::string_view type, std::string_view payload) override;
    [[nodiscard]] std::string logfile() const override;
    Outcome clear_log() override;
    void log(config::LogLevel level, std::string_view line) override;
    void soon(std::function<void()> call) override;

    /// A runner has changed its state.
    void changed();

    [[nodiscard]] std::vector<Runner*> runners();
    /// Slots, in the snapshot of the start, of programs that live and that no runner has; their descriptors are open.
    [[nodiscard]] std::vector<const keeper::Slot*> unclaimed() const;

private:
    [[nodiscard]] Runner* runner_of(const keeper::Message& message);
    [[nodiscard]] base::Result<void> activate(config::Group group, bool fresh);
    [[nodiscard]] base::Result<void> make_auto_logs(config::Group& group, std::span<Notes::Record* const> records, bool fresh);
    void keep_chronicle();
    void write_chronicle();
    void tidy_cgroups();
    void deal_with_unclaimed(const keeper::Slot& slot, std::uint32_t number);
    void adopt_unclaimed(Runner& runner);
    void forget_unclaimed(const keeper::Message& exited);
    struct Leftover {
        std::string key;
        std::uint64_t incarnation = 0;
    };
    void end_leftover(Runner& runner, const Leftover& leftover, std::string_view why);
    static constexpr std::string_view no_way_to_output = "there is no way to its output";
    void done_with_leftover(const std::string& key);
    [[nodiscard]] Runner* find(std::string_view key);
    [[nodiscard]] Runner* look_up(std::string_view group, std::string_view process);
    void end_unclaimed(const keeper::Slot& slot, std::uint32_t number);
    void release(std::uint32_t slot, std::uint64_t incarnation);
    void received(std::uint64_t bits);
    void received_exit(std::string_view name);
    void received_hangup();
    void reopen_logs();
    void received_upgrade();
    void upgraded(keeper::Upgrade upgrade);
    void end_with(int exit_code);
    void go_down(api::Mood mood);
    bool stop_next();
    void go_on_down();
    void look_at_exit_on();
    void wait_for_update();
    [[nodiscard]] bool wait_for_last_words();
    [[nodiscard]] bool wait_for_listeners();
    void tell_who_is_left();

    World& world_;
    Surroundings surroundings_;
    std::optional<Chronicle> chronicle_;
    Chronicle::Content content_;  // as in the chronicle; of the active groups, what they are made of
    std::vector<std::unique_ptr<ActiveGroup>> groups_;  // in order of activation
    Timer report_, last_words_, listeners_, update_, chronicle_again_;
    bool chronicle_fails_ = false;  // and that is said
    std::optional<base::Time> update_until_;  // a group that was removed may be added again
    std::optional<base::Time> listeners_until_;  // what they have not heard is waited for, at the end
    /// A program that lives, with its slot in the snapshot, and is of no group that is active.
    struct Unclaimed {
        const keeper::Slot* slot;
        std::uint32_t number;
        std::vector<std::function<base::Fd()>> drains;  // of its outputs
    };
    std::map<std::string, Unclaimed, std::less<>> unclaimed_;
    std::vector<Leftover> leftovers_;  // still to be ended
    bool look_is_due_ = false;
    bool waits_for_last_words_ = false;
    bool ended_ = false;
};

}  // namespace control
