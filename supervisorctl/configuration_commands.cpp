// avail, reread, update, add, remove: what is configured, and what of it is active
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
bool is_bad_configuration(Session& session, const Answer<Changes>& changes) {
    if (!changes.refused_for(api::Fault::cant_reread)) return false;
    fail(session, concat("ERROR: ", changes.refused()->text));
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

void carry_out(Session& session, const UpdateStep& step) {
    Remote& remote = session.remote();
    const std::string& group = step.group;
    switch (step.kind) {
        case UpdateStep::Kind::remove:
            if (!stop_group(remote, group)) return fail(session, concat(group, ": has problems; not removing"));
            session.say(concat(group, ": stopped"));
            remote.remove_group(group).must_be_granted();
            return session.say(concat(group, ": removed process group"));
        case UpdateStep::Kind::replace:
            (void)stop_group(remote, group);  // what does not stop keeps the group from being removed
            session.say(concat(group, ": stopped"));
            remote.remove_group(group).must_be_granted();
            remote.add_group(group).must_be_granted();
            return session.say(concat(group, ": updated process group"));
        case UpdateStep::Kind::add:
            remote.add_group(group).must_be_granted();
            return session.say(concat(group, ": added process group"));
    }
}

}  // namespace

void avail(Session& session, const Arguments&) {
    const auto configured = session.remote().configured();
    if (configured.refused_for(api::Fault::shutdown_state)) return fail(session, "ERROR: supervisor shutting down");
    std::string table;
    for (const Configured& one : configured.value()) table += avail_line(one);
    session.terminal().write(table);
}

void reread(Session& session, const Arguments&) {
    const auto changes = session.remote().reread();
    if (changes.refused_for(api::Fault::shutdown_state)) return fail(session, "ERROR: supervisor shutting down");
    if (is_bad_configuration(session, changes)) return;
    const auto lines = describe_changes(changes.value());
    if (lines.empty()) session.say("No config updates to processes");
    for (const std::string& line : lines) session.say(line);
}

void update(Session& session, const Arguments& names) {
    const auto changes = session.remote().reread();
    if (changes.refused_for(api::Fault::shutdown_state)) return fail(session, "ERROR: already shutting down");
    if (is_bad_configuration(session, changes)) return;
    const auto active = names.empty() ? std::vector<std::string>{} : active_groups(session.remote());
    const UpdatePlan plan = plan_update(changes.value(), active, names);
    for (const std::string& name : plan.unknown) fail(session, concat("ERROR: no such group: ", name));
    for (const UpdateStep& step : plan.steps) carry_out(session, step);
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
