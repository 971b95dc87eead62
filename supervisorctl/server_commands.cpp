// version, reload, upgrade, shutdown, open: supervisord itself
#include "common/base/clock.hpp"
#include "supervisorctl/exit_status.hpp"
#include "supervisorctl/families.hpp"
#include "supervisorctl/printing.hpp"
#include "supervisorctl/session.hpp"

namespace supervisorctl {

using base::concat;

namespace {

constexpr std::chrono::seconds upgrade_patience{60};
constexpr std::chrono::milliseconds look_again{50};

/// The one that answers may end at any moment: the next one answers then.
Upgraded wait_for_upgrade(Session& session) {
    const base::Time end = base::now() + upgrade_patience;
    for (;; (void)session.terminal().interrupt().wait(-1, 0, look_again)) {
        try {
            Upgraded upgraded = session.remote().upgraded().value();
            if (upgraded.state != "GOING_ON" || base::now() >= end) return upgraded;
        } catch (const Trouble&) {
            if (session.remote().gives_up() || base::now() >= end) throw;
        }
    }
}

}  // namespace

void version(Session& session, const Arguments&) {
    const std::string version = session.remote().supervisor_version().value();
    session.terminal().write((session.has(takes::json) ? json_object({{"version", version}}) : harmless(version)) + '\n');
}

void reload(Session& session, const Arguments&) {
    if (!session.is_confirmed("Really restart the remote supervisord process")) return;
    const auto restarted = session.remote().restart();
    if (restarted.refused_for(api::Fault::shutdown_state)) {
        session.say("ERROR: already shutting down");
        return session.fail(exit_status::generic);
    }
    if (restarted.refused_for(api::Fault::cant_reread)) {  // it goes on as it is: compat/quirks.md, Q71
        session.say(concat("ERROR: ", restarted.refused()->text));
        return session.fail(exit_status::generic);
    }
    restarted.must_be_granted();
    session.say("Restarted supervisord");
}

void upgrade(Session& session, const Arguments&) {
    const auto begun = session.remote().upgrade();
    if (begun.refused_for(api::Fault::shutdown_state)) {
        session.say("ERROR: already shutting down");
        return session.fail(exit_status::generic);
    }
    if (begun.refused_for(api::Fault::failed)) {  // it goes on as it is
        session.say(concat("ERROR: ", begun.refused()->text));
        return session.fail(exit_status::generic);
    }
    begun.must_be_granted();
    const Upgraded upgraded = wait_for_upgrade(session);
    if (upgraded.state == "DONE") return session.say("Upgraded supervisord");
    session.say(concat("ERROR: ", upgraded.state, ": ", upgraded.description));
    session.fail(exit_status::generic);
}

void shutdown(Session& session, const Arguments&) {
    if (!session.is_confirmed("Really shut the remote supervisord process down")) return;
    try {
        const auto down = session.remote().shut_down();
        if (down.refused_for(api::Fault::shutdown_state)) return session.say("ERROR: already shutting down");
        down.must_be_granted();
        session.say("Shut down");
    } catch (const Trouble& trouble) {
        const std::string& url = session.settings().serverurl;
        if (trouble.kind == Trouble::Kind::refused_connection)
            session.say(concat("ERROR: ", url, " refused connection (already shut down?)"));
        else if (trouble.kind == Trouble::Kind::no_such_file)
            session.say(concat("ERROR: ", url, " no such file (already shut down?)"));
        else
            throw;
        session.fail(exit_status::generic);
    }
}

void open(Session& session, const Arguments& arguments) {
    const std::string url = base::join(arguments, " ");
    if (!url.starts_with("unix:") && !url.starts_with("http:")) {
        session.say("ERROR: url must be http:// or unix://");
        return session.fail(exit_status::generic);
    }
    const auto parsed = config::parse_server_url(url);
    if (!parsed) throw Trouble(Trouble::Kind::other, parsed.error());
    session.talk_to(url);
    const int before = session.status();
    if (session.server_answers()) status(session, {});
    session.restore_status(before);  // what is not running there is not a failure of open; what is thrown is one
}

}  // namespace supervisorctl
