// version, reload, shutdown, open: supervisord itself
#include "supervisorctl/exit_status.hpp"
#include "supervisorctl/families.hpp"
#include "supervisorctl/printing.hpp"
#include "supervisorctl/session.hpp"

namespace supervisorctl {

using base::concat;

void version(Session& session, const Arguments&) {
    const std::string version = session.remote().supervisor_version().value();
    session.terminal().write((session.has(takes::json) ? json_object({{"version", version}}) : version) + '\n');
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
    const auto parsed = parse_server_url(url);
    if (!parsed) throw Trouble(Trouble::Kind::other, parsed.error());
    session.talk_to(url);
    const int before = session.status();
    status(session, {});
    session.restore_status(before);  // what is not running there is not a failure of open
}

}  // namespace supervisorctl
