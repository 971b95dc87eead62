// status, pid
#include <algorithm>

#include "common/api/names.hpp"
#include "common/api/states.hpp"
#include "supervisorctl/exit_status.hpp"
#include "supervisorctl/families.hpp"
#include "supervisorctl/printing.hpp"
#include "supervisorctl/selection.hpp"
#include "supervisorctl/session.hpp"
#include "supervisorctl/watch.hpp"

namespace supervisorctl {

using base::concat;

namespace {

std::string processes_json(const Process& process, const std::vector<Descendant>& trees) {
    std::vector<std::string> elements;
    for (const Descendant& one : trees)
        if (one.group == process.group && one.name == process.name) elements.push_back(one.json);
    return concat('[', base::join(elements, ","), ']');
}

/// A listener has the figures of its pool too: how many events wait, and how many had to be discarded.
std::vector<std::string> json_of(Session& session, const std::vector<Process>& processes, const std::vector<Descendant>& trees) {
    const auto pools = session.remote().event_pools();  // refused by the original, which has no such method
    std::vector<std::string> elements;
    for (const Process& process : processes) {
        std::string& element = elements.emplace_back(process.json);
        if (session.has(takes::tree)) element = with_member(std::move(element), "processes", processes_json(process, trees));
        if (pools.refused()) continue;
        const auto pool = std::ranges::find(pools.value(), process.group, &EventPool::name);
        if (pool != pools.value().end()) element = with_member(std::move(element), "pool", pool->json);
    }
    return elements;
}

std::vector<Descendant> trees_of(Session& session) {
    auto trees = session.remote().trees();
    if (trees.refused_for(api::Fault::unknown_method))
        throw Trouble(Trouble::Kind::other, "this supervisord does not tell what its processes have started");
    return std::move(trees).value();
}

void print(Session& session, const std::vector<Process>& processes) {
    const auto trees = session.has(takes::tree) ? trees_of(session) : std::vector<Descendant>();
    const bool coloured = session.terminal().shows_colours();
    if (session.has(takes::json))
        session.terminal().write(json_array(json_of(session, processes, trees)));
    else if (session.has(takes::tree))
        session.terminal().write(tree_table(processes, trees, coloured));
    else
        session.terminal().write(status_table(processes, coloured));
}

void show(Session& session, const Arguments& names) {
    const auto [processes, unknown] = select(session.remote().processes().value(), names);
    for (const std::string& line : unknown) {
        session.say(line);
        session.fail(exit_status::unknown);
    }
    print(session, processes);
    const bool down = std::ranges::any_of(processes, [](const Process& process) {
        return api::is_stopped(static_cast<api::State>(process.state));
    });
    if (down) session.fail(exit_status::something_is_down);
}

}  // namespace

void status(Session& session, const Arguments& names) {
    try {
        if (!session.server_answers()) return session.fail(exit_status::unknown);
        if (session.has(takes::watch)) return watch(session, names, print);
        show(session, names);
    } catch (const Trouble& trouble) {
        if (trouble.kind == Trouble::Kind::unauthorized && session.settings().interactive) throw;  // asks, repeats
        session.report(trouble);
        session.fail(exit_status::unknown);
    }
}

void pid(Session& session, const Arguments& names) {
    const bool as_json = session.has(takes::json);
    if (names.empty()) {
        const std::int64_t pid = session.remote().pid().value();
        return session.terminal().write(concat(as_json ? json_object({{"pid", pid}}) : concat(pid), '\n'));
    }
    std::vector<std::string> elements;
    const auto tell = [&](const std::string& name, std::int64_t pid) {
        if (as_json)
            elements.push_back(json_object({{"name", name}, {"pid", pid}}));
        else
            session.say(concat(pid));
    };
    if (names_everything(names)) {
        const auto processes = session.remote().processes();
        for (const Process& process : processes.value()) tell(api::full_name(process.group, process.name), process.pid);
    }
    for (const std::string& name : names_everything(names) ? Arguments{} : names) {
        const auto process = session.remote().process(name);
        if (process.refused_for(api::Fault::bad_name)) {
            session.say(concat("No such process ", name));
            session.fail(exit_status::generic);
            continue;
        }
        tell(name, process.value().pid);
        if (process.value().pid == 0) session.fail(exit_status::not_running);
    }
    if (as_json) session.terminal().write(json_array(elements));
}

}  // namespace supervisorctl
