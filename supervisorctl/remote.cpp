#include "supervisorctl/remote.hpp"

#include <deque>
#include <nlohmann/json.hpp>

#include "supervisorctl/dialect.hpp"
#include "supervisorctl/printing.hpp"
#include "supervisorctl/process_reader.hpp"

namespace supervisorctl {

using Value = nlohmann::ordered_json;
using base::concat;

namespace {

constexpr std::chrono::milliseconds soon{60'000};     // for what does not wait for a process
constexpr std::optional<std::chrono::milliseconds> whenever;
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

void Remote::call_each(const char* method, const std::vector<std::string>& names, const Each& each) {
    for (std::size_t begin = 0; begin < names.size(); begin += most_at_once) {
        const std::size_t end = std::min(names.size(), begin + most_at_once);
        std::deque<Client> clients;
        for (std::size_t at = begin; at < end; ++at) {
            const std::string body = write_call(dialect_, ++calls_, method, Value::array({names[at], true}));
            clients.emplace_back(server(), interrupt_).ask(path_of(dialect_), content_type_of(dialect_), body);
            clients.back().meanwhile(meanwhile_);
        }
        for (std::size_t at = begin; at < end; ++at) {
            const auto answer = in_time(whenever, [&](Limit left) { return clients[at - begin].answer(left); });
            each(names[at], read_answer<bool>(method, answer));
        }
    }
}

using Text = std::string;
using Outcomes = std::vector<Outcome>;

Answer<Text> Remote::api_version() { return call<Text>("supervisor.getVersion", soon); }
Answer<Text> Remote::supervisor_version() { return call<Text>("supervisor.getSupervisorVersion", soon); }
Answer<std::int64_t> Remote::pid() { return call<std::int64_t>("supervisor.getPID", soon); }
Answer<bool> Remote::shut_down() { return call<bool>("supervisor.shutdown", soon); }
Answer<bool> Remote::restart() { return call<bool>("supervisor.restart", soon); }
Answer<bool> Remote::upgrade() { return call<bool>("supervisor.upgrade", soon); }
Answer<Upgraded> Remote::upgraded() { return call<Upgraded>("supervisor.getUpgradeInfo", soon); }

Answer<std::vector<Process>> Remote::processes() {
    constexpr const char* method = "supervisor.getAllProcessInfo";
    const HttpAnswer answer = ask(method, soon);
    if (answer.status == 200 && dialect_ == Dialect::json && !keeps_json_)
        if (auto quickly = read_processes(answer.body)) return *std::move(quickly);
    return read_answer<std::vector<Process>>(method, answer);
}
Answer<Process> Remote::process(const Text& name) { return call<Process>("supervisor.getProcessInfo", soon, name); }

Answer<std::vector<EventPool>> Remote::event_pools() {
    return call<std::vector<EventPool>>("supervisor.getAllEventPoolInfo", soon);
}

Answer<std::vector<Descendant>> Remote::trees() {
    return call<std::vector<Descendant>>("supervisor.getAllProcessTrees", soon);
}

Answer<bool> Remote::start(const Text& name, bool wait) {
    return call<bool>("supervisor.startProcess", wait ? whenever : Limit(soon), name, wait);
}
void Remote::start_each(const std::vector<Text>& names, const Each& each) {
    call_each("supervisor.startProcess", names, each);
}
Answer<Outcomes> Remote::start_group(const Text& group) {
    return call<Outcomes>("supervisor.startProcessGroup", whenever, group, true);
}
Answer<Outcomes> Remote::start_all() { return call<Outcomes>("supervisor.startAllProcesses", whenever, true); }

Answer<bool> Remote::stop(const Text& name, bool wait) {
    return call<bool>("supervisor.stopProcess", wait ? whenever : Limit(soon), name, wait);
}
void Remote::stop_each(const std::vector<Text>& names, const Each& each) {
    call_each("supervisor.stopProcess", names, each);
}
Answer<Outcomes> Remote::stop_group(const Text& group) {
    return call<Outcomes>("supervisor.stopProcessGroup", whenever, group, true);
}
Answer<Outcomes> Remote::stop_all() { return call<Outcomes>("supervisor.stopAllProcesses", whenever, true); }

Answer<bool> Remote::signal(const Text& name, const Text& signal) {
    return call<bool>("supervisor.signalProcess", soon, name, signal);
}
Answer<Outcomes> Remote::signal_group(const Text& group, const Text& signal) {
    return call<Outcomes>("supervisor.signalProcessGroup", soon, group, signal);
}
Answer<Outcomes> Remote::signal_all(const Text& signal) {
    return call<Outcomes>("supervisor.signalAllProcesses", soon, signal);
}

Answer<Changes> Remote::reread() { return call<Changes>("supervisor.reloadConfig", soon); }
Answer<std::vector<Preview>> Remote::preview() { return call<std::vector<Preview>>("supervisor.previewUpdate", soon); }
Answer<std::vector<Configured>> Remote::configured() {
    return call<std::vector<Configured>>("supervisor.getAllConfigInfo", soon);
}
Answer<bool> Remote::add_group(const Text& group) { return call<bool>("supervisor.addProcessGroup", soon, group); }
Answer<bool> Remote::remove_group(const Text& group) {
    return call<bool>("supervisor.removeProcessGroup", soon, group);
}

Answer<Text> Remote::tail_main_log(std::int64_t bytes) { return call<Text>("supervisor.readLog", soon, -bytes, 0); }
Answer<Text> Remote::tail(const Text& name, Channel channel, std::int64_t bytes) {
    const char* method =
        channel == Channel::out ? "supervisor.readProcessStdoutLog" : "supervisor.readProcessStderrLog";
    return call<Text>(method, soon, name, -bytes, 0);
}
Answer<bool> Remote::clear_logs(const Text& name) { return call<bool>("supervisor.clearProcessLogs", soon, name); }
Answer<Outcomes> Remote::clear_all_logs() { return call<Outcomes>("supervisor.clearAllProcessLogs", soon); }
Answer<bool> Remote::send_input(const Text& name, const Text& text) {
    return call<bool>("supervisor.sendProcessStdin", soon, name, text);
}

}  // namespace supervisorctl
