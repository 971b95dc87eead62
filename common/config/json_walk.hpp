// How each struct of the configuration looks as JSON, part of json.cpp: one function for both directions, so that what is
// written can be read back.  A const struct is written, another is read into.  Knows no JSON: the visitors do.
//
// member: always there; extra: left out when it is what it is without a word; number_or_null: 0 means that nothing is said.
#pragma once

#include <string>
#include <string_view>

#include "common/base/text.hpp"
#include "common/config/model.hpp"

namespace config {

/// stream: "stdout".
template <class Visitor, class Out>
void walk_output(Visitor& visit, Out& output, std::string_view stream) {
    const auto named = [&](std::string_view what) { return base::concat(stream, '_', what); };
    visit.log(named("logfile").c_str(), named("logfile_path").c_str(), output.logfile);
    visit.member(named("logfile_maxbytes").c_str(), output.logfile_maxbytes);
    visit.member(named("logfile_backups").c_str(), output.logfile_backups);
    visit.member(named("capture_maxbytes").c_str(), output.capture_maxbytes);
    visit.member(named("events_enabled").c_str(), output.events_enabled);
    visit.member(named("syslog").c_str(), output.syslog);
    visit.extra(named("logfile_whole_lines").c_str(), output.logfile_whole_lines);
    visit.extra(named("prefix").c_str(), output.prefix);
    visit.extra(named("pipe_size").c_str(), output.pipe_size);
}

inline constexpr auto walk_socket = [](auto& visit, auto& socket) {
    visit.member("url", socket.url);
    visit.number_or_null("backlog", socket.backlog);
    visit.extra("mode", socket.mode);
    visit.extra("owner", socket.owner);
};

inline constexpr auto walk_program = [](auto& visit, auto& program) {
    visit.extra("section", program.section);
    visit.member("name", program.name);
    visit.member("command", program.command);
    visit.member("priority", program.priority);
    visit.member("autostart", program.autostart);
    visit.member("autorestart", program.autorestart);
    visit.member("startsecs", program.startsecs);
    visit.member("startretries", program.startretries);
    visit.member("exitcodes", program.exitcodes);
    visit.member("stopsignal", program.stopsignal);
    visit.member("stopwaitsecs", program.stopwaitsecs);
    visit.member("stopasgroup", program.stopasgroup);
    visit.member("killasgroup", program.killasgroup);
    visit.extra("killmode", program.killmode);
    visit.extra("sigpipe", program.sigpipe);
    visit.member("uid", program.uid);
    visit.member("redirect_stderr", program.redirect_stderr);
    walk_output(visit, program.out, "stdout");
    walk_output(visit, program.err, "stderr");
    visit.member("environment", program.environment);
    visit.member("directory", program.directory);
    visit.member("umask", program.umask);
    visit.member("serverurl", program.serverurl);
    visit.optional_object("socket", program.socket);
};

inline constexpr auto walk_server = [](auto& visit, auto& server) {
    visit.member("section", server.section);
    visit.member("username", server.username);
    visit.member("password", server.password);
    if (server.family == Server::Family::inet) {
        visit.member("host", server.host);
        visit.member("port", server.port);
        visit.extra("insecure", server.insecure);
    } else {
        visit.member("file", server.file);
        visit.member("chmod", server.chmod);
        visit.member("chown", server.chown);
    }
};

inline constexpr auto walk_rpcinterface = [](auto& visit, auto& interface) {
    visit.member("name", interface.name);
    visit.member("factory", interface.factory);
    visit.member("options", interface.options);
};

inline constexpr auto walk_settings = [](auto& visit, auto& settings) {
    visit.member("logfile", settings.logfile);
    visit.member("logfile_maxbytes", settings.logfile_maxbytes);
    visit.member("logfile_backups", settings.logfile_backups);
    visit.member("loglevel", settings.loglevel);
    visit.member("pidfile", settings.pidfile);
    visit.member("umask", settings.umask);
    visit.member("nodaemon", settings.nodaemon);
    visit.member("silent", settings.silent);
    visit.member("minfds", settings.minfds);
    visit.member("minprocs", settings.minprocs);
    visit.member("controller_timeout", settings.controller_timeout);
    visit.member("leftovers", settings.leftovers);
    visit.member("exit_on", settings.exit_on);
    visit.member("nocleanup", settings.nocleanup);
    visit.member("childlogdir", settings.childlogdir);
    visit.extra("uid", settings.user);
    visit.member("directory", settings.directory);
    visit.member("strip_ansi", settings.strip_ansi);
    visit.member("environment", settings.environment);
    visit.member("identifier", settings.identifier);
};

}  // namespace config
