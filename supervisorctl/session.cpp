#include "supervisorctl/session.hpp"

#include "common/api/version.hpp"
#include "supervisorctl/commands.hpp"
#include "supervisorctl/exit_status.hpp"
#include "supervisorctl/printing.hpp"

namespace supervisorctl {

using base::concat;

namespace {

Trouble end_of_input() { return {Trouble::Kind::other, "EOF when reading a line"}; }

}  // namespace

void Session::run(std::string_view line) {
    for (;;) {
        try {
            return dispatch(*this, line);
        } catch (const Trouble& trouble) {
            report(trouble);
            const bool again = trouble.kind == Trouble::Kind::unauthorized && settings_.interactive;
            if (!again || !ask_for_credentials()) return fail(exit_status::generic);
        }
    }
}

Remote& Session::remote() {
    if (!remote_) {
        auto url = config::parse_server_url(settings_.serverurl);
        if (!url) throw Trouble(Trouble::Kind::other, url.error());
        Server server{std::move(*url), std::nullopt};
        if (settings_.username && settings_.password)
            server.credentials = Credentials{*settings_.username, *settings_.password};
        remote_.emplace(std::move(server), terminal_.interrupt());
        apply_manner();
    }
    return *remote_;
}

void Session::say(std::string_view line) { write(harmless(line, "\n\t") + '\n'); }

void Session::write(std::string_view text) {
    if (has(takes::json))
        terminal_.complain(text);
    else
        terminal_.write(text);
}

void Session::set_manner(const Manner& manner) {
    manner_ = manner;
    if (remote_) apply_manner();
}

void Session::apply_manner() {
    remote_->give_up_after(manner_.timeout);
    remote_->keep_json(has(takes::json));
}

void Session::talk_to(std::string url) {
    settings_.serverurl = std::move(url);
    remote_.reset();
}

void Session::report(const Trouble& trouble) {
    const bool said_by_supervisor = trouble.kind == Trouble::Kind::unauthorized;
    // What the system says of a socket names none; the two that people meet most are what scripts look for, as they are.
    const bool is_nameless = trouble.kind == Trouble::Kind::other && trouble.text.starts_with("[Errno ");
    say(said_by_supervisor ? trouble.text : concat("error: ", trouble.text, is_nameless ? concat(": ", settings_.serverurl) : ""));
}

bool Session::server_answers() {
    try {
        const auto version = remote().api_version();
        if (version.refused_for(api::Fault::unknown_method)) {
            say("Sorry, supervisord responded but did not recognize the supervisor namespace commands that "
                "supervisorctl uses to control it.  Please check that the [rpcinterface:supervisor] section is "
                "enabled in the configuration file (see sample.conf).");
            return fail(exit_status::unimplemented), false;
        }
        if (version.value() == api::api_version) return true;
        say(concat("Sorry, this version of supervisorctl expects to talk to a server with API version ",
                   api::api_version, ", but the remote version is ", version.value(), "."));
        fail(exit_status::not_installed);
    } catch (const Trouble& trouble) {
        if (trouble.kind == Trouble::Kind::refused_connection) {
            say(concat(settings_.serverurl, " refused connection"));
            fail(exit_status::insufficient_privileges);
        } else if (trouble.kind == Trouble::Kind::no_such_file) {
            say(concat(settings_.serverurl, " no such file"));
            fail(exit_status::not_running);
        } else {
            throw;
        }
    }
    return false;
}

bool Session::is_confirmed(std::string_view question) {
    if (!settings_.interactive) return true;
    terminal_.write(concat(question, " y/N? "));
    const auto reply = terminal_.read_line();
    if (!reply) throw end_of_input();
    return reply->starts_with('y') || reply->starts_with('Y');
}

bool Session::ask_for_credentials() {
    terminal_.write("Username:");
    const auto username = terminal_.read_line();
    const auto password = username ? terminal_.read_secret("Password:") : std::nullopt;
    if (!password) return report(end_of_input()), false;
    say("");
    settings_.username = username;
    settings_.password = password;
    remote_.reset();
    return true;
}

}  // namespace supervisorctl
