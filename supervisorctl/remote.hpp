// The methods of supervisord that the commands need, as functions with values (compat/rpc.md, section 4).  How they are
// called is settled by the first call: by JSON-RPC, or by XML-RPC where there is nothing else (dialect.hpp).  JSON does
// not get out of remote.cpp.
//
// When the controller dies the next one goes on with what was begun, but connections end with it.  Then whatever may be
// asked twice is asked again, and what was being started or stopped is waited for as if nothing had been.  Not of the
// original's supervisord, which does not come back.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <vector>

#include "common/api/states.hpp"
#include "common/base/clock.hpp"
#include "supervisorctl/answer.hpp"
#include "supervisorctl/client.hpp"
#include "supervisorctl/dialect.hpp"

namespace supervisorctl {

struct Process {
    std::string group, name;
    int state = 0;  // of api::State; a server may have others
    std::string statename, description;
    std::int64_t pid = 0;  // 0: none
    std::string stdout_logfile, stderr_logfile;
    std::string json;  // everything that supervisord says about it, if that was to be kept
};

/// A row of getAllConfigInfo.
struct Configured {
    std::string group, name;
    bool in_use = false;
    bool autostart = false;
    std::int64_t group_priority = 0, process_priority = 0;
    std::string json = {};  // all its options, if it was to be kept
};

/// A process of the tree of a program: that itself, or one that descends from it.
struct Descendant {
    std::string group, name;  // of the program
    std::int64_t pid = 0, parent = 0;
    std::string command;
    std::string json;  // if it was to be kept
};

/// The listeners of one [eventlistener:x], and the events that wait for them.
struct EventPool {
    std::string name;
    std::string json;  // if it was to be kept
};

/// What became of one process of several.
struct Outcome {
    std::string group, name;
    api::Fault status = api::Fault::success;
    std::string description;
};

/// Groups that a reread found to be different from what is active.
struct Changes {
    std::vector<std::string> added, changed, removed;
};

/// What came of the last upgrade.
struct Upgraded {
    std::string state;  // "GOING_ON", "DONE" and others
    std::string description;
};

/// What an update would do to a group.
struct Preview {
    struct Option {
        std::string process;  // empty: of the group
        std::string option, old, fresh;
    };
    struct Effect {
        std::string process;  // in full
        std::string effect;   // "start", "stop", "restart" or "nothing"
    };
    std::string group;
    std::string change;  // "added", "changed" or "removed"
    std::vector<Option> options;
    std::vector<Effect> processes;
    std::string json;  // if it was to be kept
};

enum class Channel { out, err };

class Remote {
public:
    Remote(Server server, const Interrupt& interrupt);

    [[nodiscard]] const Server& server() const { return client_.server(); }
    /// From now on, for all calls together; nothing: each has its own limit.
    void give_up_after(std::optional<std::chrono::seconds> limit);
    [[nodiscard]] bool gives_up() const { return deadline_ && base::now() >= *deadline_; }
    /// Called now and then while an answer does not come; nothing: nobody is.  May not ask this Remote.
    void meanwhile(const std::function<void()>& work) {
        meanwhile_ = work;
        client_.meanwhile(work);
    }
    /// Whether what comes in lists keeps its JSON too.
    void keep_json(bool on) { keeps_json_ = on; }

    Answer<std::string> api_version();
    Answer<std::string> supervisor_version();
    Answer<std::int64_t> pid();
    Answer<bool> shut_down();
    Answer<bool> restart();
    Answer<bool> upgrade();
    Answer<Upgraded> upgraded();

    Answer<std::vector<Process>> processes();
    Answer<Process> process(const std::string& name);
    Answer<std::vector<EventPool>> event_pools();
    Answer<std::vector<Descendant>> trees();

    // Of processes: each waits until it is so, as long as it takes, unless told not to.
    Answer<bool> start(const std::string& name, bool wait = true);
    Answer<std::vector<Outcome>> start_group(const std::string& group);
    Answer<std::vector<Outcome>> start_all();
    using Each = std::function<void(const std::string& name, const Answer<bool>& answer)>;
    /// Asks for all at once and hands over the answers in the order of the names, each as soon as it is there.
    void start_each(const std::vector<std::string>& names, const Each& each);
    void stop_each(const std::vector<std::string>& names, const Each& each);
    Answer<bool> stop(const std::string& name, bool wait = true);
    Answer<std::vector<Outcome>> stop_group(const std::string& group);
    Answer<std::vector<Outcome>> stop_all();

    Answer<bool> signal(const std::string& name, const std::string& signal);
    Answer<std::vector<Outcome>> signal_group(const std::string& group, const std::string& signal);
    Answer<std::vector<Outcome>> signal_all(const std::string& signal);

    Answer<Changes> reread();
    Answer<std::vector<Preview>> preview();
    Answer<std::vector<Configured>> configured();
    Answer<bool> add_group(const std::string& group);
    Answer<bool> remove_group(const std::string& group);

    /// The last `bytes` bytes; 0: everything.
    Answer<std::string> tail_main_log(std::int64_t bytes);
    Answer<std::string> tail(const std::string& name, Channel channel, std::int64_t bytes);
    Answer<bool> clear_logs(const std::string& name);
    Answer<std::vector<Outcome>> clear_all_logs();
    Answer<bool> send_input(const std::string& name, const std::string& text);

private:
    using Limit = std::optional<std::chrono::milliseconds>;
    template <class T, class... Parameters>
    Answer<T> call(const char* method, Limit limit, const Parameters&... parameters);
    template <class... Parameters>
    HttpAnswer ask(const char* method, Limit limit, const Parameters&... parameters);
    using Get = std::function<HttpAnswer(Limit)>;
    template <class T>
    Answer<T> read_answer(const char* method, const HttpAnswer& answer) const;
    /// In the time that is left of a command.
    [[nodiscard]] HttpAnswer in_time(Limit limit, const Get& get) const;
    template <class T, class... Parameters>
    Answer<T> repeat(const char* method, Limit limit, const Parameters&... parameters);
    template <class Call>
    auto in_spite_of_deaths(Call once) -> decltype(once());
    using Again = Answer<bool> (Remote::*)(const std::string& name);
    void call_each(const char* method, const std::vector<std::string>& names, Again again, const Each& each);
    Answer<bool> call_or_find_done(const char* method, const std::string& group, api::Fault done);
    Answer<bool> start_again(const std::string& name);
    Answer<bool> stop_again(const std::string& name);
    /// In the states that one of these leaves by itself; the last state is the answer.
    Answer<int> wait_while_in(const std::string& name, std::initializer_list<api::State> states);
    template <class... Parameters>
    Answer<std::vector<Outcome>> many(const char* method, Again again, std::initializer_list<api::State> states,
                                      const std::string& group, const Parameters&... parameters);

    const Interrupt& interrupt_;
    Client client_;
    std::function<void()> meanwhile_;
    Dialect dialect_ = Dialect::json;
    bool is_settled_ = false;  // the server has understood the dialect, or none
    bool keeps_json_ = false;
    std::int64_t calls_ = 0;
    std::chrono::seconds patience_{};
    std::optional<base::Time> deadline_;  // when patience_ ends
};

}  // namespace supervisorctl
