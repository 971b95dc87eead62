// start, stop, restart, signal, clear: what is done to one process, a group or all
#include <algorithm>
#include <functional>

#include "common/api/names.hpp"
#include "supervisorctl/exit_status.hpp"
#include "supervisorctl/families.hpp"
#include "supervisorctl/outcome.hpp"
#include "supervisorctl/printing.hpp"
#include "supervisorctl/progress.hpp"
#include "supervisorctl/session.hpp"

namespace supervisorctl {

using base::concat;
using Outcomes = std::vector<Outcome>;
using Elements = std::vector<std::string>;  // JSON

namespace {

struct Deed {
    Verb verb;
    int no_such_group;  // exit status
    std::function<Answer<bool>(const std::string& name)> to_one;
    std::function<Answer<Outcomes>(const std::string& group)> to_group;
    std::function<Answer<Outcomes>()> to_all;
    std::function<void(const Arguments& names, const Remote::Each& each)> to_each = {};  // at once, if that can be
};

/// Says what became of each process: a line, or an element of what is printed at the end.
class Telling {
public:
    Telling(Session& session, const Deed& deed, const Arguments& names, Elements* elements)
        : session_(session), verb_(deed.verb), elements_(elements), progress_(session, deed.verb, names) {}

    void line(std::string_view text) {
        progress_.erase();
        session_.say(text);
    }
    void outcome(const Outcome& outcome) {
        const auto told = report(verb_, outcome);
        if (!told)
            throw Trouble(Trouble::Kind::other, concat("Unknown result code ", api::code(outcome.status), " for ",
                                                       api::full_name(outcome.group, outcome.name)));
        if (elements_)
            elements_->push_back(json_object({{"action", std::string(name(verb_))},
                                              {"group", outcome.group},
                                              {"name", outcome.name},
                                              {"status", std::int64_t{api::code(outcome.status)}},
                                              {"message", told->line}}));
        else
            line(told->line);
        if (told->exit_status != exit_status::success) session_.fail(told->exit_status);
    }
    void outcomes(const Outcomes& outcomes) {
        for (const Outcome& one : outcomes) outcome(one);
    }

private:
    Session& session_;
    Verb verb_;
    Elements* elements_;
    Progress progress_;
};

Outcome outcome_of(const api::ProcessName& name, const Answer<bool>& answer) {
    Outcome outcome{name.group, *name.process, api::Fault::success, ""};
    if (const Refused* no = answer.refused()) {
        outcome.status = no->fault;
        outcome.description = no->text;
    }
    return outcome;
}

bool is_group(const std::string& text) { return !api::parse_name(text).process; }

void carry_out(Session& session, const Deed& deed, const Arguments& names, Elements* elements) {
    Telling telling(session, deed, names, elements);
    if (std::ranges::find(names, "all") != names.end()) return telling.outcomes(deed.to_all().value());
    const bool at_once = session.has(takes::parallel) || session.terminal().is_shown();
    if (at_once && names.size() > 1 && deed.to_each && std::ranges::none_of(names, is_group))
        return deed.to_each(names, [&](const std::string& text, const Answer<bool>& answer) {
            telling.outcome(outcome_of(api::parse_name(text), answer));
        });
    for (const std::string& text : names) {
        const api::ProcessName name = api::parse_name(text);
        if (name.process) {
            telling.outcome(outcome_of(name, deed.to_one(text)));
            continue;
        }
        const auto outcomes = deed.to_group(name.group);
        if (outcomes.refused_for(api::Fault::bad_name)) {
            telling.line(concat(name.group, ": ERROR (no such group)"));
            session.fail(deed.no_such_group);
            continue;
        }
        telling.outcomes(outcomes.value());
    }
}

/// What a command does to processes, and then the JSON of it if that is wanted.
template <class Deeds>
void told(Session& session, Deeds deeds) {
    if (!session.has(takes::json)) return deeds(nullptr);
    Elements elements;
    const auto print = [&] { session.terminal().write(json_array(elements)); };
    try {
        deeds(&elements);
    } catch (const Trouble&) {
        print();  // what was done before
        throw;
    }
    print();
}

void carry_out(Session& session, const Deed& deed, const Arguments& names) {
    told(session, [&](Elements* elements) { carry_out(session, deed, names, elements); });
}

/// There is no method that clears the logs of a group.
Answer<Outcomes> clear_group(Remote& remote, const std::string& group) {
    const auto processes = remote.processes();
    Outcomes outcomes;
    for (const Process& process : processes.value()) {
        if (process.group != group) continue;
        const std::string name = api::full_name(process.group, process.name);
        outcomes.push_back(outcome_of({process.group, process.name}, remote.clear_logs(name)));
    }
    if (outcomes.empty()) return Refused{api::Fault::bad_name, concat("BAD_NAME: ", group)};
    return outcomes;
}

Deed starting(Remote& remote) {
    return {.verb = Verb::start,
            .no_such_group = exit_status::invalid_arguments,
            .to_one = [&](const std::string& name) { return remote.start(name); },
            .to_group = [&](const std::string& group) { return remote.start_group(group); },
            .to_all = [&] { return remote.start_all(); },
            .to_each = [&](const Arguments& names, const Remote::Each& each) { remote.start_each(names, each); }};
}

Deed stopping(Remote& remote) {
    return {.verb = Verb::stop,
            .no_such_group = exit_status::generic,
            .to_one = [&](const std::string& name) { return remote.stop(name); },
            .to_group = [&](const std::string& group) { return remote.stop_group(group); },
            .to_all = [&] { return remote.stop_all(); },
            .to_each = [&](const Arguments& names, const Remote::Each& each) { remote.stop_each(names, each); }};
}

/// Groups, and all, as the names of their processes; a group that there is not stays, to be told.
Arguments one_by_one(Remote& remote, const Arguments& names) {
    const auto processes = remote.processes();
    Arguments out;
    const bool all = std::ranges::find(names, "all") != names.end();
    const auto add = [&](const auto& is_meant) {
        const std::size_t before = out.size();
        for (const Process& process : processes.value())
            if (is_meant(process)) out.push_back(api::full_name(process.group, process.name));
        return out.size() > before;
    };
    if (all) add([](const Process&) { return true; });
    for (const std::string& name : all ? Arguments() : names) {
        const auto group = api::parse_name(name).group;
        if (!is_group(name) || !add([&](const Process& process) { return process.group == group; })) out.push_back(name);
    }
    return out;
}

/// Says so when there is none.
bool has_names(Session& session, const Arguments& names, std::string_view command) {
    if (!names.empty()) return true;
    say_with_help(session, concat("Error: ", command, " requires a process name"), command);
    session.fail(exit_status::generic);
    return false;
}

Deed quick(Deed deed, std::function<Answer<bool>(const std::string& name)> to_one) {
    deed.to_one = std::move(to_one);
    deed.to_each = {};
    return deed;
}
Deed quickly_starting(Remote& remote) {
    return quick(starting(remote), [&](const std::string& name) { return remote.start(name, false); });
}

}  // namespace

void start(Session& session, const Arguments& names) {
    if (names.empty()) {
        say_with_help(session, "Error: start requires a process name", "start");
        return session.fail(exit_status::invalid_arguments);
    }
    carry_out(session, starting(session.remote()), names);
}

void stop(Session& session, const Arguments& names) {
    if (names.empty()) {
        say_with_help(session, "Error: stop requires a process name", "stop");
        return session.fail(exit_status::generic);
    }
    carry_out(session, stopping(session.remote()), names);
}

void restart(Session& session, const Arguments& names) {
    if (names.empty()) {
        say_with_help(session, "Error: restart requires a process name", "restart");
        return session.fail(exit_status::generic);
    }
    told(session, [&](Elements* elements) {
        carry_out(session, stopping(session.remote()), names, elements);
        carry_out(session, starting(session.remote()), names, elements);
    });
}

void serial_restart(Session& session, const Arguments& names) {
    if (!has_names(session, names, "serialrestart")) return;
    told(session, [&](Elements* elements) {
        for (const std::string& name : one_by_one(session.remote(), names)) {
            carry_out(session, stopping(session.remote()), {name}, elements);
            carry_out(session, starting(session.remote()), {name}, elements);
        }
    });
}

void quick_start(Session& session, const Arguments& names) {
    if (!has_names(session, names, "quickstart")) return;
    carry_out(session, quickly_starting(session.remote()), one_by_one(session.remote(), names));
}

void quick_stop(Session& session, const Arguments& names) {
    if (!has_names(session, names, "quickstop")) return;
    Remote& remote = session.remote();
    const Deed deed = quick(stopping(remote), [&](const std::string& name) { return remote.stop(name, false); });
    carry_out(session, deed, one_by_one(remote, names));
}

void quick_restart(Session& session, const Arguments& names) {
    if (!has_names(session, names, "quickrestart")) return;
    told(session, [&](Elements* elements) {
        const Arguments each = one_by_one(session.remote(), names);
        carry_out(session, stopping(session.remote()), each, elements);
        carry_out(session, quickly_starting(session.remote()), each, elements);
    });
}

void signal(Session& session, const Arguments& arguments) {
    if (arguments.size() < 2) {
        say_with_help(session, "Error: signal requires a signal name and a process name", "signal");
        return session.fail(exit_status::generic);
    }
    const std::string& sent = arguments.front();
    Remote& remote = session.remote();
    carry_out(session,
              {.verb = Verb::signal,
               .no_such_group = exit_status::generic,
               .to_one = [&](const std::string& name) { return remote.signal(name, sent); },
               .to_group = [&](const std::string& group) { return remote.signal_group(group, sent); },
               .to_all = [&] { return remote.signal_all(sent); }},
              Arguments(arguments.begin() + 1, arguments.end()));
}

void clear(Session& session, const Arguments& names) {
    if (names.empty()) {
        say_with_help(session, "Error: clear requires a process name", "clear");
        return session.fail(exit_status::generic);
    }
    Remote& remote = session.remote();
    carry_out(session,
              {.verb = Verb::clear,
               .no_such_group = exit_status::generic,
               .to_one = [&](const std::string& name) { return remote.clear_logs(name); },
               .to_group = [&](const std::string& group) { return clear_group(remote, group); },
               .to_all = [&] { return remote.clear_all_logs(); }},
              names);
}

}  // namespace supervisorctl
