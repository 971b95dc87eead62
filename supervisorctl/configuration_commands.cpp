// avail, reread, update, add, remove: what is configured, and what of it is active
#include <algorithm>

#include "supervisorctl/exit_status.hpp"
#include "supervisorctl/families.hpp"
#include "supervisorctl/printing.hpp"
#include "supervisorctl/session.hpp"
#include "supervisorctl/update_plan.hpp"

namespace supervisorctl {

using base::concat;

namespace {

void fail(Session& session, std::string_view message) {
    session.say(message);
    session.fail(exit_status::generic);
}

/// Says what is wrong with the configuration, if it is that.
template <class T>
bool is_bad_configuration(Session& session, const Answer<T>& answer) {
    if (!answer.refused_for(api::Fault::cant_reread)) return false;
    fail(session, concat("ERROR: ", answer.refused()->text));
    // Scripts read what the original says; people want to know where.  The file may be of another machine.
    if (session.terminal().is_shown() && session.settings().serverurl.starts_with("unix:"))
        session.say("(the command `check`, with the same -c, shows the line, and whatever else is wrong)");
    return true;
}

/// Names of the active groups, each once.
std::vector<std::string> active_groups(Remote& remote) {
    std::vector<std::string> groups;
    const auto processes = remote.processes();
    for (const Process& process : processes.value())  // sorted by group
        if (groups.empty() || groups.back() != process.group) groups.push_back(process.group);
    return groups;
}

/// False when a process of it could not be stopped.
bool stop_group(Remote& remote, const std::string& group) {
    const auto stopped = remote.stop_group(group);
    for (const Outcome& outcome : stopped.value())
        if (outcome.status == api::Fault::failed) return false;
    return true;
}

std::string_view in_words(UpdateStep::Kind kind) {
    switch (kind) {
        case UpdateStep::Kind::remove: return "removed";
        case UpdateStep::Kind::replace: return "updated";
        case UpdateStep::Kind::add: return "added";
    }
    return "";
}

/// False when it could not be done, which has been said.
bool carry_out(Session& session, const UpdateStep& step) {
    Remote& remote = session.remote();
    const std::string& group = step.group;
    const auto tell = [&](std::string_view what) {
        if (!session.has(takes::json)) session.say(concat(group, ": ", what));
    };
    if (step.kind != UpdateStep::Kind::add) {
        const bool stopped = stop_group(remote, group);
        // Of a group that is replaced, what does not stop keeps it from being removed.
        if (!stopped && step.kind == UpdateStep::Kind::remove)
            return fail(session, concat(group, ": has problems; not removing")), false;
        tell("stopped");
        remote.remove_group(group).must_be_granted();
    }
    if (step.kind != UpdateStep::Kind::remove) remote.add_group(group).must_be_granted();
    tell(concat(in_words(step.kind), " process group"));
    return true;
}

/// Says which names are of no group.
std::vector<UpdateStep> plan(Session& session, const Changes& changes, const Arguments& names) {
    const auto active = names.empty() ? std::vector<std::string>{} : active_groups(session.remote());
    UpdatePlan plan = plan_update(changes, active, names);
    for (const std::string& name : plan.unknown) fail(session, concat("ERROR: no such group: ", name));
    return std::move(plan.steps);
}

/// update --dry-run
void preview(Session& session, const Arguments& names) {
    const auto previews = session.remote().preview();
    if (previews.refused_for(api::Fault::shutdown_state)) return fail(session, "ERROR: already shutting down");
    if (previews.refused_for(api::Fault::unknown_method))
        return fail(session, "ERROR: this supervisord cannot say what an update would do");
    if (is_bad_configuration(session, previews)) return;
    const auto steps = plan(session, changes_of(previews.value()), names);
    std::vector<std::string> elements;
    for (const UpdateStep& step : steps) {
        const Preview& preview = *std::ranges::find(previews.value(), step.group, &Preview::group);
        elements.push_back(preview.json);
        if (session.has(takes::json)) continue;
        for (const std::string& line : describe(preview)) session.say(line);
    }
    if (session.has(takes::json)) return session.terminal().write(json_array(elements));
    if (steps.empty()) session.say("No config updates to processes");
}

}  // namespace

void avail(Session& session, const Arguments&) {
    const auto configured = session.remote().configured();
    if (configured.refused_for(api::Fault::shutdown_state)) return fail(session, "ERROR: supervisor shutting down");
    if (session.has(takes::json)) {
        std::vector<std::string> elements;
        for (const Configured& one : configured.value()) elements.push_back(one.json);
        return session.terminal().write(json_array(elements));
    }
    std::string table;
    for (const Configured& one : configured.value()) table += avail_line(one);
    session.terminal().write(table);
}

void reread(Session& session, const Arguments&) {
    const auto changes = session.remote().reread();
    if (changes.refused_for(api::Fault::shutdown_state)) return fail(session, "ERROR: supervisor shutting down");
    if (is_bad_configuration(session, changes)) return;
    if (session.has(takes::json)) return session.terminal().write(json_of(changes.value()));
    const auto lines = describe_changes(changes.value());
    if (lines.empty()) session.say("No config updates to processes");
    for (const std::string& line : lines) session.say(line);
}

void update(Session& session, const Arguments& names) {
    if (session.has(takes::dry_run)) return preview(session, names);
    const auto changes = session.remote().reread();
    if (changes.refused_for(api::Fault::shutdown_state)) return fail(session, "ERROR: already shutting down");
    if (is_bad_configuration(session, changes)) return;
    std::vector<std::string> elements;
    for (const UpdateStep& step : plan(session, changes.value(), names))
        if (carry_out(session, step))
            elements.push_back(json_object({{"group", step.group}, {"change", std::string(in_words(step.kind))}}));
    if (session.has(takes::json)) session.terminal().write(json_array(elements));
}

void add(Session& session, const Arguments& names) {
    for (const std::string& name : names) {
        const auto added = session.remote().add_group(name);
        if (added.refused_for(api::Fault::shutdown_state)) {
            fail(session, "ERROR: shutting down");
        } else if (added.refused_for(api::Fault::already_added)) {
            session.say("ERROR: process group already active");
        } else if (added.refused_for(api::Fault::bad_name)) {
            fail(session, concat("ERROR: no such process/group: ", name));
        } else {
            added.must_be_granted();
            session.say(concat(name, ": added process group"));
        }
    }
}

void remove(Session& session, const Arguments& names) {
    for (const std::string& name : names) {
        const auto removed = session.remote().remove_group(name);
        if (removed.refused_for(api::Fault::still_running)) {
            fail(session, concat("ERROR: process/group still running: ", name));
        } else if (removed.refused_for(api::Fault::bad_name)) {
            fail(session, concat("ERROR: no such process/group: ", name));
        } else {
            removed.must_be_granted();
            session.say(concat(name, ": removed process group"));
        }
    }
}

}  // namespace supervisorctl
