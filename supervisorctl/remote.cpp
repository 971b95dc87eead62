#include "supervisorctl/remote.hpp"

#include <algorithm>
#include <deque>
#include <nlohmann/json.hpp>

#include "common/api/names.hpp"
#include "supervisorctl/dialect.hpp"
#include "supervisorctl/printing.hpp"
#include "supervisorctl/process_reader.hpp"

namespace supervisorctl {

using Value = nlohmann::ordered_json;
using base::concat;

namespace {

constexpr std::chrono::milliseconds soon{60'000};     // for what does not wait for a process
constexpr std::optional<std::chrono::milliseconds> whenever;
constexpr std::chrono::milliseconds pause_after_a_death{20}, pace_of_states{50};
/// So often in a row it is asked again where that was cut off at once: what has been asked may be what ends controllers.
constexpr int most_quick_deaths = 10, most_deaths = 100;
constexpr std::chrono::milliseconds at_once{100};
constexpr std::size_t most_at_once = 64;  // connections; supervisord takes some hundreds

void read(const Value& json, bool& value) { json.get_to(value); }
void read(const Value& json, std::int64_t& value) { json.get_to(value); }
void read(const Value& json, std::string& value) { json.get_to(value); }

void read(const Value& json, Process& process) {
    json.at("group").get_to(process.group);
    json.at("name").get_to(process.name);
    json.at("state").get_to(process.state);
    json.at("statename").get_to(process.statename);
    json.at("description").get_to(process.description);
    json.at("pid").get_to(process.pid);
    json.at("stdout_logfile").get_to(process.stdout_logfile);
    json.at("stderr_logfile").get_to(process.stderr_logfile);
}

void read(const Value& json, Configured& configured) {
    json.at("group").get_to(configured.group);
    json.at("name").get_to(configured.name);
    json.at("inuse").get_to(configured.in_use);
    json.at("autostart").get_to(configured.autostart);
    json.at("group_prio").get_to(configured.group_priority);
    json.at("process_prio").get_to(configured.process_priority);
}

void read(const Value& json, EventPool& pool) { json.at("name").get_to(pool.name); }

void read(const Value& json, Descendant& one) {
    json.at("group").get_to(one.group);
    json.at("name").get_to(one.name);
    json.at("pid").get_to(one.pid);
    json.at("parent").get_to(one.parent);
    json.at("command").get_to(one.command);
}

void read(const Value& json, Outcome& outcome) {
    json.at("group").get_to(outcome.group);
    json.at("name").get_to(outcome.name);
    outcome.status = static_cast<api::Fault>(json.at("status").get<int>());
    json.at("description").get_to(outcome.description);
}

void read(const Value& json, Upgraded& upgraded) {
    json.at("statename").get_to(upgraded.state);
    json.at("description").get_to(upgraded.description);
}

void read(const Value& json, Changes& changes) {
    const Value& lists = json.at(0);  // a list in a list: compat/rpc.md, section 4.1
    lists.at(0).get_to(changes.added);
    lists.at(1).get_to(changes.changed);
    lists.at(2).get_to(changes.removed);
}

void read(const Value& json, Preview::Option& option) {
    json.at("process").get_to(option.process);
    json.at("option").get_to(option.option);
    json.at("old").get_to(option.old);
    json.at("new").get_to(option.fresh);
}

void read(const Value& json, Preview::Effect& effect) {
    json.at("name").get_to(effect.process);
    json.at("effect").get_to(effect.effect);
}

void read(const Value& json, Preview& preview) {
    json.at("group").get_to(preview.group);
    json.at("change").get_to(preview.change);
    for (const Value& one : json.at("options")) read(one, preview.options.emplace_back());
    for (const Value& one : json.at("processes")) read(one, preview.processes.emplace_back());
}

template <class T>
void read(const Value& json, std::vector<T>& list) {
    list.reserve(json.size());
    for (const Value& one : json) read(one, list.emplace_back());
}

template <class T>
void add_json(const Value&, T&) {}

template <class T>
    requires requires(T value) { value.json; }
void add_json(const Value& json, std::vector<T>& list) {
    for (std::size_t i = 0; i < list.size(); ++i)
        list[i].json = harmless_json(json[i].dump(-1, ' ', false, Value::error_handler_t::replace));
}

void check_status(const HttpAnswer& answer, Dialect dialect, const Server& server) {
    if (answer.status == 200) return;
    if (answer.status == 401) throw Trouble(Trouble::Kind::unauthorized, "Server requires authentication");
    throw Trouble(Trouble::Kind::other,
                  concat(server.url.text, " answered POST ", path_of(dialect), " with ", answer.status, ' ',
                         answer.reason));
}

}  // namespace

Remote::Remote(Server server, const Interrupt& interrupt)
    : interrupt_(interrupt), client_(std::move(server), interrupt) {}

void Remote::give_up_after(std::optional<std::chrono::seconds> limit) {
    patience_ = limit.value_or(std::chrono::seconds(0));
    deadline_.reset();
    if (limit) deadline_ = base::now() + *limit;
}

HttpAnswer Remote::in_time(Limit limit, const Get& get) const {
    if (!deadline_) return get(limit);
    const auto given_up = [&] {
        return Trouble(Trouble::Kind::other, concat("gave up after ", patience_.count(), " seconds; what was begun goes on"));
    };
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline_ - base::now());
    if (left.count() <= 0) throw given_up();
    try {
        return get(limit ? std::min(*limit, left) : left);
    } catch (const Trouble&) {
        if (base::now() >= *deadline_) throw given_up();
        throw;
    }
}

template <class T>
Answer<T> Remote::read_answer(const char* method, const HttpAnswer& answer) const {
    check_status(answer, dialect_, server());
    const auto content = supervisorctl::read_answer(dialect_, answer.body, server().url.text);
    if (const auto* refused = std::get_if<Refused>(&content)) return *refused;
    T value{};
    try {
        read(std::get<Value>(content), value);
        if (keeps_json_) add_json(std::get<Value>(content), value);
    } catch (const nlohmann::json::exception& unexpected) {
        throw Trouble(Trouble::Kind::other, concat(method, " of ", server().url.text,
                                                   " returned something else than expected: ", unexpected.what()));
    }
    return value;
}

template <class... Parameters>
HttpAnswer Remote::ask(const char* method, Limit limit, const Parameters&... parameters) {
    Value list = Value::array();
    (list.push_back(parameters), ...);
    const auto post = [&] {
        const std::string body = write_call(dialect_, ++calls_, method, list);
        return in_time(limit, [&](Limit left) {
            return client_.post(path_of(dialect_), content_type_of(dialect_), body, left);
        });
    };
    HttpAnswer answer = post();
    if (!is_settled_ && means_unknown(answer.status)) {
        client_.hang_up();  // who did not understand the head has not read the body
        dialect_ = Dialect::xml;
        answer = post();
    }
    is_settled_ = true;
    return answer;
}

template <class T, class... Parameters>
Answer<T> Remote::call(const char* method, Limit limit, const Parameters&... parameters) {
    return read_answer<T>(method, ask(method, limit, parameters...));
}

namespace {

/// The answer was cut off; asks again.  Where nobody listens any more, that it was cut off is what is to be told.
template <class Call>
auto after(const Trouble& cut_off, Call again) -> decltype(again()) {
    try {
        return again();
    } catch (const Trouble& trouble) {
        if (trouble.kind == Trouble::Kind::refused_connection || trouble.kind == Trouble::Kind::no_such_file) throw cut_off;
        throw;
    }
}

}  // namespace

template <class Call>
auto Remote::in_spite_of_deaths(Call once) -> decltype(once()) {
    std::optional<Trouble> cut_off;
    for (int quick_deaths = 0, deaths = 1;; ++deaths) {
        const base::Time asked = base::now();
        try {
            return cut_off ? after(*cut_off, once) : once();
        } catch (const Trouble& trouble) {
            quick_deaths = base::now() - asked < at_once ? quick_deaths + 1 : 0;
            const bool may_come_back = trouble.kind == Trouble::Kind::cut_off && is_settled_ && dialect_ == Dialect::json;
            if (!may_come_back || quick_deaths == most_quick_deaths || deaths == most_deaths) throw;
            cut_off = trouble;
        }
        (void)interrupt_.wait(-1, 0, pause_after_a_death);
    }
}

/// For what may be done twice.
template <class T, class... Parameters>
Answer<T> Remote::repeat(const char* method, Limit limit, const Parameters&... parameters) {
    return in_spite_of_deaths([&] { return call<T>(method, limit, parameters...); });
}

Answer<int> Remote::wait_while_in(const std::string& name, std::initializer_list<api::State> states) {
    for (;;) {
        const auto now = process(name);
        if (now.refused()) return *now.refused();
        if (std::ranges::find(states, static_cast<api::State>(now.value().state)) == states.end()) return now.value().state;
        (void)interrupt_.wait(-1, 0, pace_of_states);
    }
}

/// When nobody knows whether it was begun: one that is STOPPED was not.  One that is EXITED may have been, and what is to
/// run once must not run twice: that is for the user to decide.
Answer<bool> Remote::start_again(const std::string& name) {
    auto state = wait_while_in(name, {api::State::starting});
    if (!state.refused() && static_cast<api::State>(state.value()) == api::State::stopped) {
        try {
            return call<bool>("supervisor.startProcess", whenever, name, true);
        } catch (const Trouble& trouble) {
            if (trouble.kind != Trouble::Kind::cut_off) throw;
            state = after(trouble, [&] { return wait_while_in(name, {api::State::starting}); });
        }
    }
    if (state.refused()) return *state.refused();
    switch (static_cast<api::State>(state.value())) {
        case api::State::running: return true;
        case api::State::exited:
            throw Trouble(Trouble::Kind::cut_off, concat(server().url.text, " closed the connection before it answered; ", name,
                                                         " has ended, and may have been started"));
        default: return Refused{api::Fault::abnormal_termination, concat("ABNORMAL_TERMINATION: ", name)};
    }
}

Answer<bool> Remote::stop_again(const std::string& name) {
    auto answer = repeat<bool>("supervisor.stopProcess", whenever, name, true);
    if (!answer.refused_for(api::Fault::not_running)) return answer;
    const auto state = wait_while_in(name, {api::State::stopping});
    if (state.refused()) return *state.refused();
    return true;
}

/// One of the methods for a group or all, and when it is cut off: again for those that are not on their way, and for
/// those that are, in these states, what becomes of them.  Which had arrived before nobody can tell any more.
template <class... Parameters>
Answer<std::vector<Outcome>> Remote::many(const char* method, Again again, std::initializer_list<api::State> states,
                                          const std::string& group, const Parameters&... parameters) {
    std::vector<Process> on_their_way, all;
    try {
        return call<std::vector<Outcome>>(method, whenever, parameters...);
    } catch (const Trouble& trouble) {
        if (trouble.kind != Trouble::Kind::cut_off || dialect_ != Dialect::json) throw;
        all = after(trouble, [&] { return processes(); }).value();
    }
    for (Process& one : all)
        if ((group.empty() || one.group == group) && std::ranges::find(states, static_cast<api::State>(one.state)) != states.end())
            on_their_way.push_back(std::move(one));
    std::vector<Outcome> outcomes;
    if (again == &Remote::stop_again) {
        const auto others = repeat<std::vector<Outcome>>(method, whenever, parameters...);
        if (others.refused()) return others;
        outcomes = others.value();
    }
    for (const Process& one : on_their_way) {
        const auto is_told = [&](const Outcome& other) { return other.group == one.group && other.name == one.name; };
        if (std::ranges::any_of(outcomes, is_told)) continue;
        Outcome outcome{one.group, one.name, api::Fault::success, ""};
        if (const auto answer = (this->*again)(api::full_name(one.group, one.name)); const Refused* no = answer.refused()) {
            outcome.status = no->fault;
            outcome.description = no->text;
        }
        outcomes.push_back(std::move(outcome));
    }
    return outcomes;
}

void Remote::call_each(const char* method, const std::vector<std::string>& names, Again again, const Each& each) {
    for (std::size_t begin = 0; begin < names.size(); begin += most_at_once) {
        const std::size_t end = std::min(names.size(), begin + most_at_once);
        std::deque<Client> clients;
        for (std::size_t at = begin; at < end; ++at) {
            const std::string body = write_call(dialect_, ++calls_, method, Value::array({names[at], true}));
            clients.emplace_back(server(), interrupt_).ask(path_of(dialect_), content_type_of(dialect_), body);
            clients.back().meanwhile(meanwhile_);
        }
        for (std::size_t at = begin; at < end; ++at) {
            const auto answer = [&] {
                try {
                    return read_answer<bool>(method, in_time(whenever, [&](Limit left) { return clients[at - begin].answer(left); }));
                } catch (const Trouble& trouble) {
                    if (trouble.kind != Trouble::Kind::cut_off || dialect_ != Dialect::json) throw;
                    return after(trouble, [&] { return (this->*again)(names[at]); });
                }
            }();
            each(names[at], answer);
        }
    }
}

using Text = std::string;
using Outcomes = std::vector<Outcome>;

Answer<Text> Remote::api_version() { return repeat<Text>("supervisor.getVersion", soon); }
Answer<Text> Remote::supervisor_version() { return repeat<Text>("supervisor.getSupervisorVersion", soon); }
Answer<std::int64_t> Remote::pid() { return repeat<std::int64_t>("supervisor.getPID", soon); }
Answer<bool> Remote::shut_down() { return call<bool>("supervisor.shutdown", soon); }
Answer<bool> Remote::restart() { return call<bool>("supervisor.restart", soon); }
Answer<bool> Remote::upgrade() { return call<bool>("supervisor.upgrade", soon); }
Answer<Upgraded> Remote::upgraded() { return repeat<Upgraded>("supervisor.getUpgradeInfo", soon); }

Answer<std::vector<Process>> Remote::processes() {
    constexpr const char* method = "supervisor.getAllProcessInfo";
    const HttpAnswer answer = in_spite_of_deaths([&] { return ask(method, soon); });
    if (answer.status == 200 && dialect_ == Dialect::json && !keeps_json_)
        if (auto quickly = read_processes(answer.body)) return *std::move(quickly);
    return read_answer<std::vector<Process>>(method, answer);
}
Answer<Process> Remote::process(const Text& name) { return repeat<Process>("supervisor.getProcessInfo", soon, name); }

Answer<std::vector<EventPool>> Remote::event_pools() {
    return repeat<std::vector<EventPool>>("supervisor.getAllEventPoolInfo", soon);
}

Answer<std::vector<Descendant>> Remote::trees() {
    return repeat<std::vector<Descendant>>("supervisor.getAllProcessTrees", soon);
}

Answer<bool> Remote::start(const Text& name, bool wait) {
    try {
        return call<bool>("supervisor.startProcess", wait ? whenever : Limit(soon), name, wait);
    } catch (const Trouble& trouble) {
        if (!wait || trouble.kind != Trouble::Kind::cut_off || dialect_ != Dialect::json) throw;
        return after(trouble, [&] { return start_again(name); });
    }
}
void Remote::start_each(const std::vector<Text>& names, const Each& each) {
    call_each("supervisor.startProcess", names, &Remote::start_again, each);
}
Answer<Outcomes> Remote::start_group(const Text& group) {
    return many("supervisor.startProcessGroup", &Remote::start_again, {api::State::stopped, api::State::starting, api::State::backoff}, group, group, true);
}
Answer<Outcomes> Remote::start_all() { return many("supervisor.startAllProcesses", &Remote::start_again, {api::State::stopped, api::State::starting, api::State::backoff}, "", true); }

Answer<bool> Remote::stop(const Text& name, bool wait) {
    try {
        return call<bool>("supervisor.stopProcess", wait ? whenever : Limit(soon), name, wait);
    } catch (const Trouble& trouble) {
        if (!wait || trouble.kind != Trouble::Kind::cut_off || dialect_ != Dialect::json) throw;
        return after(trouble, [&] { return stop_again(name); });
    }
}
void Remote::stop_each(const std::vector<Text>& names, const Each& each) {
    call_each("supervisor.stopProcess", names, &Remote::stop_again, each);
}
Answer<Outcomes> Remote::stop_group(const Text& group) {
    return many("supervisor.stopProcessGroup", &Remote::stop_again, {api::State::stopping}, group, group, true);
}
Answer<Outcomes> Remote::stop_all() { return many("supervisor.stopAllProcesses", &Remote::stop_again, {api::State::stopping}, "", true); }

Answer<bool> Remote::signal(const Text& name, const Text& signal) {
    return call<bool>("supervisor.signalProcess", soon, name, signal);
}
Answer<Outcomes> Remote::signal_group(const Text& group, const Text& signal) {
    return call<Outcomes>("supervisor.signalProcessGroup", soon, group, signal);
}
Answer<Outcomes> Remote::signal_all(const Text& signal) {
    return call<Outcomes>("supervisor.signalAllProcesses", soon, signal);
}

Answer<Changes> Remote::reread() { return repeat<Changes>("supervisor.reloadConfig", soon); }
Answer<std::vector<Preview>> Remote::preview() { return repeat<std::vector<Preview>>("supervisor.previewUpdate", soon); }
Answer<std::vector<Configured>> Remote::configured() {
    return repeat<std::vector<Configured>>("supervisor.getAllConfigInfo", soon);
}

/// Asked again, it may have been done: the fault says so.
Answer<bool> Remote::call_or_find_done(const char* method, const Text& group, api::Fault done) {
    bool was_cut_off = false;
    auto answer = in_spite_of_deaths([&] {
        try {
            return call<bool>(method, soon, group);
        } catch (const Trouble& trouble) {
            was_cut_off |= trouble.kind == Trouble::Kind::cut_off;
            throw;
        }
    });
    return was_cut_off && answer.refused_for(done) ? Answer<bool>(true) : answer;
}
Answer<bool> Remote::add_group(const Text& group) {
    return call_or_find_done("supervisor.addProcessGroup", group, api::Fault::already_added);
}
Answer<bool> Remote::remove_group(const Text& group) {
    return call_or_find_done("supervisor.removeProcessGroup", group, api::Fault::bad_name);
}

Answer<Text> Remote::tail_main_log(std::int64_t bytes) { return repeat<Text>("supervisor.readLog", soon, -bytes, 0); }
Answer<Text> Remote::tail(const Text& name, Channel channel, std::int64_t bytes) {
    const char* method =
        channel == Channel::out ? "supervisor.readProcessStdoutLog" : "supervisor.readProcessStderrLog";
    return repeat<Text>(method, soon, name, -bytes, 0);
}
Answer<bool> Remote::clear_logs(const Text& name) { return repeat<bool>("supervisor.clearProcessLogs", soon, name); }
Answer<Outcomes> Remote::clear_all_logs() { return repeat<Outcomes>("supervisor.clearAllProcessLogs", soon); }
Answer<bool> Remote::send_input(const Text& name, const Text& text) {
    return call<bool>("supervisor.sendProcessStdin", soon, name, text);
}

}  // namespace supervisorctl
