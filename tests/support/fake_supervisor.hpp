// A Supervisor without processes, for tests of what stands in front of it.  What it is asked is written down; what takes
// time waits in `later`, as in the real one never done before the call has returned: run() does it.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "supervisord/control/supervisor.hpp"

namespace fake {

using Later = std::deque<std::function<void()>>;

class Process : public control::Process {
public:
    Process(Later& later, std::vector<std::string>& asked, std::string group, config::Program program)
        : its_program(std::move(program)), later_(later), asked_(asked), group_(std::move(group)) {}

    config::Program its_program;  // in force, whatever was read since
    api::State its_state = api::State::stopped;
    pid_t its_pid = 0;
    std::int64_t its_start = 0, its_stop = 0;
    int its_exitstatus = 0;
    std::string its_spawnerr, its_description;
    std::string its_out, its_err;             // log files
    control::Outcome outcome;                 // of what is asked next, when it is not that it worked
    std::vector<control::WhenDone> waiting;   // for the end of a start or a stop
    std::string received;                     // on standard input

    [[nodiscard]] const std::string& name() const override { return its_program.name; }
    [[nodiscard]] const std::string& group() const override { return group_; }
    [[nodiscard]] const config::Program& program() const override { return its_program; }
    [[nodiscard]] api::State state() const override { return its_state; }
    [[nodiscard]] pid_t pid() const override { return its_pid; }
    [[nodiscard]] std::int64_t started() const override { return its_start; }
    [[nodiscard]] std::int64_t stopped() const override { return its_stop; }
    [[nodiscard]] int exitstatus() const override { return its_exitstatus; }
    [[nodiscard]] const std::string& spawnerr() const override { return its_spawnerr; }
    [[nodiscard]] std::string description() const override { return its_description; }
    [[nodiscard]] std::string logfile(control::Channel channel) const override {
        return channel == control::Channel::out ? its_out : its_err;
    }

    void start(bool wait, control::WhenDone done) override {
        asked_.push_back((wait ? "start " : "start at once ") + its_program.name);
        if (api::is_up(its_state)) return answer_later(done, api::Refusal{api::Fault::already_started, "it"});
        if (outcome) return answer_later(done, outcome);
        its_state = api::State::starting;
        if (wait) return waiting.push_back(std::move(done));
        answer_later(done, {});
    }
    void stop(bool wait, control::WhenDone done) override {
        asked_.push_back((wait ? "stop " : "stop at once ") + its_program.name);
        if (!api::is_up(its_state)) return answer_later(done, api::Refusal{api::Fault::not_running, "it"});
        if (outcome) return answer_later(done, outcome);
        its_state = api::State::stopping;
        if (wait) return waiting.push_back(std::move(done));
        answer_later(done, {});
    }
    void signal(int number, control::WhenDone done) override {
        asked_.push_back("signal " + std::to_string(number) + " " + its_program.name);
        answer_later(done, outcome);
    }
    control::Outcome send_stdin(std::string_view bytes) override {
        received += bytes;
        return outcome;
    }
    control::Outcome clear_logs() override {
        asked_.push_back("clear " + its_program.name);
        return outcome;
    }

    /// What was waited for has come.
    void settle(api::State state, const control::Outcome& how = {}) {
        its_state = state;
        for (auto& done : std::exchange(waiting, {})) answer_later(done, how);
    }

private:
    Later& later_;
    std::vector<std::string>& asked_;
    std::string group_;

    void answer_later(control::WhenDone done, control::Outcome how) {
        later_.push_back([done = std::move(done), how = std::move(how)] { done(how); });
    }
};

class Group : public control::Group {
public:
    config::Group its_config;
    std::vector<std::unique_ptr<Process>> members;

    [[nodiscard]] const config::Group& config() const override { return its_config; }
    [[nodiscard]] std::vector<control::Process*> processes() override {
        std::vector<control::Process*> all;
        for (const auto& member : members) all.push_back(member.get());
        return all;
    }
};

class Supervisor : public control::Supervisor {
public:
    api::Mood its_mood = api::Mood::running;
    bool its_interface = true;
    std::string its_identifier = "supervisor";
    std::string its_logfile;
    std::vector<control::EventPool> its_pools;
    std::vector<control::Descendant> its_trees;
    control::UpgradeInfo its_upgrade = {"NONE", "there was none"};
    config::Config its_config;  // as last read
    control::Changes changes;
    control::Outcome outcome;   // of what is asked next, when it is not that it worked
    std::vector<std::unique_ptr<Group>> active;
    std::vector<std::string> asked;
    std::vector<std::string> lines;  // of the log
    Later later;

    Group& add(const std::string& name, std::int64_t priority = 999) {
        active.push_back(std::make_unique<Group>());
        active.back()->its_config.name = name;
        active.back()->its_config.priority = priority;
        return *active.back();
    }
    Process& add(Group& group, const std::string& name, api::State state, std::int64_t priority = 999, std::int64_t startsecs = 1) {
        config::Program program;
        program.name = name;
        program.priority = priority;
        program.startsecs = startsecs;
        group.its_config.processes.push_back(program);
        group.members.push_back(std::make_unique<Process>(later, asked, group.its_config.name, program));
        group.members.back()->its_state = state;
        if (api::is_signallable(state)) group.members.back()->its_pid = 4711;
        return *group.members.back();
    }
    /// A program that is a group of its own.
    Process& add(const std::string& name, api::State state) { return add(add(name), name, state); }

    /// Does what is due, and what that makes due.
    void run() {
        while (!later.empty()) {
            const auto deed = std::move(later.front());
            later.pop_front();
            deed();
        }
    }

    [[nodiscard]] api::Mood mood() const override { return its_mood; }
    [[nodiscard]] pid_t pid() const override { return 4242; }
    [[nodiscard]] bool has_interface() const override { return its_interface; }
    [[nodiscard]] const std::string& identifier() const override { return its_identifier; }
    [[nodiscard]] const config::Config& last_read() const override { return its_config; }
    [[nodiscard]] std::vector<control::Group*> groups() override {
        std::vector<control::Group*> all;
        for (const auto& group : active) all.push_back(group.get());
        return all;
    }
    [[nodiscard]] control::Group* find_group(std::string_view name) override {
        for (const auto& group : active)
            if (group->its_config.name == name) return group.get();
        return nullptr;
    }
    [[nodiscard]] control::Process* find(std::string_view group, std::string_view process) override {
        control::Group* found = find_group(group);
        if (!found) return nullptr;
        for (control::Process* member : found->processes())
            if (member->name() == process) return member;
        return nullptr;
    }
    control::Outcome reread(control::Changes& into) override {
        into = changes;
        return outcome;
    }
    control::Outcome preview(config::Config& fresh) override {
        fresh = its_config;
        return outcome;
    }
    control::Outcome add_group(std::string_view name) override {
        asked.push_back("add " + std::string(name));
        return outcome;
    }
    control::Outcome remove_group(std::string_view name) override {
        asked.push_back("remove " + std::string(name));
        return outcome;
    }
    void shutdown() override {
        asked.emplace_back("shutdown");
        its_mood = api::Mood::shutdown;
    }
    control::Outcome restart() override {
        asked.emplace_back("restart");
        return outcome;
    }
    void upgrade(control::WhenDone done) override {
        asked.emplace_back("upgrade");
        later.push_back([done = std::move(done), how = outcome] { done(how); });
    }
    [[nodiscard]] control::UpgradeInfo upgrade_info() const override { return its_upgrade; }
    [[nodiscard]] std::vector<control::Descendant> trees() override { return its_trees; }
    [[nodiscard]] std::vector<control::EventPool> event_pools() override { return its_pools; }
    void send_remote_event(std::string_view type, std::string_view payload) override {
        asked.push_back("event " + std::string(type) + " " + std::string(payload));
    }
    [[nodiscard]] std::string logfile() const override { return its_logfile; }
    control::Outcome clear_log() override {
        asked.emplace_back("clear log");
        return outcome;
    }
    void log(config::LogLevel, std::string_view line) override { lines.emplace_back(line); }
    void soon(std::function<void()> call) override { later.push_back(std::move(call)); }
};

}  // namespace fake
