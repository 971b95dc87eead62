#include <doctest/doctest.h>

#include "common/base/text.hpp"
#include "tests/unit/config/machine.hpp"

using config::Group;
using config::Program;

namespace {

const std::string in_a = " in section 'program:a' (file: '/etc/s.conf')";

std::string program(const std::string& lines) { return with("[program:a]\ncommand=/bin/cat\n" + lines); }

/// The one process of a [program:a] with these lines; fails the test when it is refused.
Program process(const std::string& lines) {
    Machine machine;
    const auto reading = machine.read(program(lines));
    CHECK(error_of(reading) == "");
    REQUIRE(reading.config);
    REQUIRE(reading.config->groups.size() == 1);
    REQUIRE(reading.config->groups[0].processes.size() == 1);
    return reading.config->groups[0].processes[0];
}

std::string error_in(const std::string& text) {
    Machine machine;
    return error_of(machine.read(text));
}

std::string names(const config::Reading& reading) {
    if (!reading.config) return error_of(reading);
    std::string out;
    for (const auto& group : reading.config->groups) {
        out += group.name + "(";
        for (const auto& process : group.processes) out += process.name + " ";
        if (!group.processes.empty()) out.pop_back();
        out += ") ";
    }
    return out;
}

}  // namespace

TEST_CASE("an empty [supervisord] has the defaults") {
    Machine machine;
    const auto reading = machine.read("[supervisord]\n");
    REQUIRE(reading.config);
    CHECK(reading.diagnostics.empty());
    config::Config expected;
    expected.path = "/etc/s.conf";
    expected.settings.logfile = "/etc/supervisord.log";
    expected.settings.pidfile = "/etc/supervisord.pid";
    expected.settings.umask = 022;
    expected.settings.childlogdir = "/tmp";
    CHECK(*reading.config == expected);
}

TEST_CASE("a program with only a command has the defaults") {
    Program expected;
    expected.section = "program:a";
    expected.name = "a";
    expected.command = "/bin/cat";
    CHECK(process("") == expected);
}

TEST_CASE("the command line wins over the file") {
    Machine machine;
    machine.files["/etc/s.conf"] = "[supervisord]\nloglevel=info\nlogfile=/tmp/a.log\nidentifier=a\n";
    auto surroundings = machine.surroundings();
    surroundings.command_line = {{"loglevel", "debug"}, {"logfile", "b.log"}, {"nodaemon", "true"}, {"user", "daemon"}};
    const auto reading = config::read("/etc/s.conf", surroundings);
    REQUIRE(reading.config);
    CHECK(reading.config->settings.loglevel == config::LogLevel::debug);
    CHECK(reading.config->settings.logfile == "/etc/b.log");
    CHECK(reading.config->settings.identifier == "a");
    CHECK(reading.config->settings.nodaemon);
    CHECK(reading.config->settings.user == 1);
    surroundings.command_line = {{"user", "no-such-user-x"}};
    const auto refused = config::read("/etc/s.conf", surroundings);
    const auto* error = refused.first_error();
    REQUIRE(error);
    CHECK(error->message == "Invalid user name no-such-user-x");
    CHECK(error->line == 0);  // the file is not to blame
}

TEST_CASE("expansions know where they stand") {
    Machine machine;
    const auto reading = machine.read(
        "[supervisord]\nenvironment=GLOB=\"over all\",HOST=\"%(host_node_name)s\"\nidentifier=%(ENV_WHO)s-%(here)s\n"
        "[program:p]\nnumprocs=2\nnumprocs_start=3\nprocess_name=%(program_name)s_%(process_num)02d\n"
        "environment=OWN=\"%(process_num)d\",GLOB=\"mine\"\n"
        "command=%(here)s %(program_name)s %(group_name)s %(host_node_name)s %(process_num)d %(numprocs)d "
        "%(ENV_GLOB)s %(ENV_OWN)s %(ENV_WHO)s %(ENV_HOST)s 100%%\n");
    REQUIRE(reading.config);
    CHECK(reading.config->settings.identifier == "you-/etc");
    const auto& processes = reading.config->groups[0].processes;
    REQUIRE(processes.size() == 2);
    CHECK(processes[0].name == "p_03");
    CHECK(processes[1].command == "/etc p p node 4 2 mine 4 you node 100%");
    CHECK(processes[1].environment == config::Environment{{"GLOB", "mine"}, {"HOST", "node"}, {"OWN", "4"}});
}

TEST_CASE("errors in a program name the section and the file") {
    struct {
        const char* line;
        const char* message;
    } const cases[] = {
        {"redirect_stderr=maybe", "not a valid boolean value: 'maybe'"},
        {"startsecs=soon", "invalid literal for int() with base 10: 'soon'"},
        {"autorestart=perhaps", "invalid 'autorestart' value 'perhaps'"},
        {"stopsignal=NOSUCH", "value 'NOSUCH' is not a valid signal name"},
        {"umask=999", "999 can not be converted to an octal type"},
        {"exitcodes=256", "not a valid list of exit codes: '256'"},
        {"stdout_logfile_maxbytes=lots", "invalid literal for int() with base 10: 'lots'"},
        {"user=no-such-user-x", "Invalid user name no-such-user-x"},
        {"stdout_logfile=/no/such/x.log", "The directory named as part of the path /no/such/x.log does not exist"},
        {"directory=%(nosuch)s",
         "Format string '%(nosuch)s' for 'program:a.directory' contains names ('nosuch') which cannot be expanded. "
         "Available names: ENV_HOME, ENV_WHO, group_name, here, host_node_name, numprocs, process_num, program_name"},
        {"process_name=%(nosuch)s",
         "Format string '%(nosuch)s' for 'process_name' contains names ('nosuch') which cannot be expanded. "
         "Available names: ENV_HOME, ENV_WHO, group_name, here, host_node_name, numprocs, process_num, program_name"},
        {"environment=A=%(nosuch)s",
         "Format string 'A=%(nosuch)s' for 'environment' contains names ('nosuch') which cannot be expanded. "
         "Available names: ENV_HOME, ENV_WHO, group_name, here, host_node_name, numprocs, process_num, program_name"},
        {"directory=/a/100%", "Format string '/a/100%' for 'program:a.directory' is badly formatted: incomplete format"},
        {"environment=A", "Unexpected end of key/value pairs in value 'A'"},
        {"numprocs=2", "%(process_num) must be present within process_name when numprocs > 1"},
        {"killmode=both", "invalid 'killmode' value 'both': process, group or tree"},
        {"sigpipe=Off", "invalid 'sigpipe' value 'off': ignore or default"},
        {"stdout_prefix=a\n b", "invalid prefix 'a\\nb': up to 128 bytes, in one line"},
        {"stopasgroup=1\nkillasgroup=0", "Cannot set stopasgroup=true and killasgroup=false"},
        {"stopasgroup=1\nkillasgroup=0\nnumprocs=2", "%(process_num) must be present within process_name when numprocs > 1"},
        {"process_name=a:b", "Invalid name: 'a:b' because of character: ':'"},
        {"process_name=\n a b", "Invalid name: '\\na b' because of character: ' '"},
        {"process_name=%(ENV_X)s\nenvironment=X=\"a b\"", "Invalid name: 'a b' because of character: ' '"},
        {"numprocs=2\nprocess_name=x%(process_num).0s", "two processes are named 'x'"},
        {"numprocs=1000000\nprocess_name=%(process_num)d", "numprocs is larger than 100000"},
    };
    for (const auto& c : cases) {
        CAPTURE(c.line);
        CHECK(error_in(program(c.line)) == std::string(c.message) + in_a);
    }
}

TEST_CASE("a name that is too long with that of its group is an error, not a program that is missing later") {
    const auto named = [](std::size_t size) { return with("[program:" + std::string(size, 'x') + "]\ncommand=y\n"); };
    CHECK(error_in(named(127)) == "");
    const std::string name(128, 'x');
    CHECK(error_in(named(128)) == "Invalid name: '" + name + ":" + name + "' because it is longer than 255 bytes, with the name of its group");
}

TEST_CASE("errors elsewhere are told in Supervisor's words") {
    struct {
        std::string text;
        const char* message;
    } const cases[] = {
        {"[program:a]\ncommand=x\n", ".ini file does not include supervisord section"},
        {with("[program:a]\n"),
         "program section program:a does not specify a command in section 'program:a' (file: '/etc/s.conf')"},
        {with("[program:a b]\ncommand=x\n"), "Invalid name: 'a b' because of character: ' '"},
        {with("[program:a/b]\ncommand=x\n"), "Invalid name: 'a/b' because of character: '/'"},
        {with("[program:]\ncommand=x\n"), "Invalid name: '' because it is empty"},
        {with("[program:a]\ncommand=x\npriority=z\n"), "invalid literal for int() with base 10: 'z'"},
        {with("[group:g]\nprograms=p\n"), "[group:g] names unknown program or fcgi-program p"},
        {with("[group:g]\nprograms=a,\n[program:a]\ncommand=x\n"), "[group:g] names unknown program or fcgi-program "},
        {with("[group:g]\nprograms=p\n[program:p]\ncommand=x\n[fcgi-program:p]\ncommand=x\nsocket=tcp://a:1\n"),
         "[group:g] name p is ambiguous (exists as program and fcgi-program)"},
        {with("[group:g]\nprograms=a,b\n[program:a]\ncommand=x\nprocess_name=n\n[program:b]\ncommand=x\n"
              "process_name=n\n"),
         "[group:g] has two processes named n, of [program:a] and of [program:b]"},
        {with("[include]\nother=1\n"), ".ini file has [include] section, but no files setting"},
        {with("loglevel=loud\n"), "bad logging level name 'loud'"},
        {with("umask=9\n"), "9 can not be converted to an octal type"},
        {with("directory=/no/such\n"), "/no/such is not an existing directory"},
        {with("user=no-such-user-x\n"), "Invalid user name no-such-user-x"},
        {with("logfile=/no/such/x.log\n"), "The directory named as part of the path /no/such/x.log does not exist"},
        {with("childlogdir=/no/such\n"), "/no/such is not an existing directory"},
        {with("[unix_http_server]\nchmod=0700\n"), "section [unix_http_server] has no file value"},
        {with("[unix_http_server]\nfile=/tmp/s\nchmod=0799\n"), "Invalid chmod value 0799"},
        {with("[unix_http_server]\nfile=/tmp/s\nchown=no-such-user-x:root\n"),
         "Invalid sockchown value no-such-user-x:root"},
        {with("[unix_http_server]\nfile=/tmp/s\nusername=a\n"),
         "Section [unix_http_server] contains incomplete authentication: If a username or a password is specified, "
         "both the username and password must be specified"},
        {with("[inet_http_server]\nusername=a\npassword=b\n"), "section [inet_http_server] has no port value"},
        {with("[inet_http_server]\nport=127.0.0.1:70000\n"), "70000 is above upper bound (65535)"},
        {with("[inet_http_server]\nport=9001\n[inet_http_server:b]\nport=*:9001\n"),
         "Another program is already listening on a port that one of our HTTP servers is configured to use.  Shut this "
         "program down first before starting supervisord."},
        {with("[eventlistener:e]\ncommand=x\n"), "[eventlistener:e] section requires an \"events\" line"},
        {with("[eventlistener:e]\ncommand=x\nevents=TICK_7\n"), "Unknown event type TICK_7 in [eventlistener:e] events"},
        {with("[eventlistener:e]\ncommand=x\nevents=TICK_5\nbuffer_size=0\n"),
         "[eventlistener:e] section sets invalid buffer_size (0)"},
        {with("[eventlistener:e]\ncommand=x\nevents=TICK_5\nredirect_stderr=true\n"),
         "[eventlistener:e] section sets redirect_stderr=true but this is not allowed because it will interfere with "
         "the eventlistener protocol"},
        {with("[eventlistener:e]\ncommand=x\nevents=TICK_5\nresult_handler=no:thing\n"),
         "no:thing cannot be resolved within [eventlistener:e]"},
        {with("[rpcinterface:other]\na=1\n"),
         "section [rpcinterface:other] does not specify a supervisor.rpcinterface_factory"},
        {with("[rpcinterface:other]\nsupervisor.rpcinterface_factory=no:f\n"),
         "no:f cannot be resolved within [rpcinterface:other]"},
        {with("[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory="
              "supervisor.rpcinterface:make_main_rpcinterface\nx=1\n[inet_http_server]\nport=1\n"),
         "Could not make supervisor rpc interface"},
        {with("[fcgi-program:f]\ncommand=x\n"), "[fcgi-program:f] section requires a \"socket\" line"},
        {with("[fcgi-program:f]\ncommand=x\nsocket=foo\n"),
         "Bad socket format 'foo' in [fcgi-program:f] socket"},
        {with("[fcgi-program:f]\ncommand=x\nsocket=tcp://a:1\nsocket_mode=0600\n"),
         "socket_owner and socket_mode params should only be used with a Unix domain socket in [fcgi-program:f] socket"},
        {with("[fcgi-program:f]\ncommand=x\nsocket=unix:///tmp/x\nsocket_mode=abc\n"), "Invalid socket_mode value abc"},
        {with("[fcgi-program:f]\ncommand=x\nsocket=unix:///tmp/x\nsocket_backlog=0\n"),
         "Invalid socket_backlog value 0"},
        {with("[fcgi-program:f]\ncommand=x\nsocket=unix:///tmp/x\nsocket_owner=no-such-user-x\n"),
         "Invalid socket_owner value no-such-user-x"},
    };
    for (const auto& c : cases) {
        CAPTURE(c.text);
        CHECK(error_in(c.text) == c.message);
    }
}

TEST_CASE("of several errors the one is told first that Supervisor meets first") {
    struct {
        std::string text, message;
    } const cases[] = {
        {program("numprocs=x\numask=9\nuser=none\nstdout_capture_maxbytes=y\n"), "invalid literal for int() with base 10: 'x'" + in_a},
        {program("numprocs_start=x\nserverurl=%(y)s\n"), "invalid literal for int() with base 10: 'x'" + in_a},
        {program("numprocs=x\nexitcodes=256\n"), "not a valid list of exit codes: '256'" + in_a},
        {program("stdout_logfile_maxbytes=x\nstdout_logfile_backups=y\n"), "invalid literal for int() with base 10: 'y'" + in_a},
        {program("stderr_logfile_maxbytes=x\nstderr_logfile_backups=y\n"), "invalid literal for int() with base 10: 'y'" + in_a},
        {program("numprocs=2\nprocess_name=\n"), "%(process_num) must be present within process_name when numprocs > 1" + in_a},
        {with("[inet_http_server]\nusername=%\n"), "Format string '%' for 'inet_http_server.username' is badly formatted: incomplete format"},
        {with("[unix_http_server]\nfile=%\npassword=%\n"), "Format string '%' for 'unix_http_server.file' is badly formatted: incomplete format"},
        {with("[unix_http_server]\nfile=/x\nchown=none\npassword=%\n"),
         "Format string '%' for 'unix_http_server.password' is badly formatted: incomplete format"},
        {with("[eventlistener:e]\ncommand=x\nevents=X\nbuffer_size=0\n"), "[eventlistener:e] section sets invalid buffer_size (0)"},
        {with("[eventlistener:e]\ncommand=x\nevents=X\nresult_handler=a:b\n"), "a:b cannot be resolved within [eventlistener:e]"},
        {with("[fcgi-program:f]\ncommand=x\nsocket=\n"), "[fcgi-program:f] section requires a \"socket\" line"},
        {with("[fcgi-program:f]\ncommand=x\nsocket=\nsocket_mode=9\n"), "Invalid socket_mode value 9"},
        {with("environment=%\n"), "Format string '%' for 'supervisord.environment' is badly formatted: incomplete format"},
        {program("stopsignal=99999999999999999999\n"), "value '99999999999999999999' is not a valid signal number" + in_a},
        {program("user=99999999999999999999\n"), "Invalid user id 99999999999999999999" + in_a},
    };
    for (const auto& c : cases) {
        CAPTURE(c.text);
        Machine machine;
        CHECK(error_of(machine.read(c.text)) == c.message);
    }
    Machine machine;
    CHECK(machine.read(with("umask=0_22\n")).config.value().settings.umask == 022);
    CHECK(machine.read(with("umask=-1\n")).config.value().settings.umask == -1);
}

TEST_CASE("a file that is missing or unreadable is told so") {
    Machine machine;
    auto surroundings = machine.surroundings();
    CHECK(error_of(config::read("/x.conf", surroundings)) == "could not find config file /x.conf");
    surroundings.exists = [](const std::string&) { return true; };
    CHECK(error_of(config::read("/x.conf", surroundings)) == "could not read config file /x.conf");
}

TEST_CASE("all errors are found, the first is the one that Supervisor tells, each has its place") {
    Machine machine;
    const auto reading = machine.read(
        "[supervisord]\nloglevel=loud\nminfds=x\n[program:b]\ncommand=/bin/cat\nstartsecs=y\n"
        "[unix_http_server]\nchmod=9\n[program:a]\n");
    CHECK(!reading.config);
    std::vector<std::string> places;
    for (const auto& diagnostic : reading.diagnostics)
        places.push_back(diagnostic.section + "." + diagnostic.option + ":" + std::to_string(diagnostic.line));
    CHECK(places == std::vector<std::string>{"supervisord.minfds:3", "supervisord.loglevel:2", "program:b.startsecs:6",
                                             "program:a.command:9", "unix_http_server.file:7",
                                             "unix_http_server.chmod:8"});
    CHECK(reading.diagnostics[0].file == "/etc/s.conf");
}

TEST_CASE("includes are read in sorted order, with their own directory as here") {
    Machine machine;
    machine.directories = {"/", "/etc", "/etc/d", "/tmp"};
    machine.files["/etc/d/b.conf"] = "[program:b]\ncommand=%(here)s/x\n[supervisord]\nidentifier=included\n";
    machine.files["/etc/d/a.conf"] = "[program:a]\ncommand=x\n[include]\nfiles=/more.conf\n";
    machine.files["/more.conf"] = "[program:more]\ncommand=x\n";
    const auto reading = machine.read("[supervisord]\nidentifier=root\n[program:r]\ncommand=%(here)s/x %%(here)s\n"
                                      "[include]\nfiles=d/*.conf %(here)s/none.conf\n");
    REQUIRE(reading.config);
    CHECK(names(reading) == "a(a) b(b) r(r) ");
    CHECK(reading.config->settings.identifier == "included");
    CHECK(reading.config->groups[1].processes[0].command == "/etc/d/x");
    CHECK(reading.config->groups[2].processes[0].command == "/etc/x %(here)s");
    CHECK(warns(reading, "No file matches via include \"/etc/none.conf\""));
    CHECK(warns(reading, "[include] of an included file is ignored: /etc/d/a.conf"));
    CHECK_FALSE(warns(reading, "`files` in [include] is given twice (first in /etc/s.conf, line 6); the last one counts"));
    std::vector<std::string> infos;
    for (const auto& diagnostic : reading.diagnostics)
        if (diagnostic.severity == config::Severity::info) infos.push_back(diagnostic.message);
    CHECK(infos == std::vector<std::string>{"Included extra file \"/etc/d/a.conf\" during parsing",
                                            "Included extra file \"/etc/d/b.conf\" during parsing"});
}

TEST_CASE("errors in an included file name it, and an unreadable one is left out with a warning") {
    Machine machine;
    machine.files["/etc/i.conf"] = "[program:i]\ncommand=x\nstartsecs=z\n";
    CHECK(error_of(machine.read(with("[include]\nfiles=i.conf\n"))) ==
          "invalid literal for int() with base 10: 'z' in section 'program:i' (file: '/etc/i.conf')");
    machine.files["/etc/i.conf"] = "junk\n";
    CHECK(error_of(machine.read(with("[include]\nfiles=i.conf\n"))) ==
          "File contains no section headers.\nfile: '/etc/i.conf', line: 1\n'junk\\n'");
    machine.files["/etc/s.conf"] = with("[include]\nfiles=i.conf\n");
    auto surroundings = machine.surroundings();
    surroundings.read_file = [&](const std::string& path) -> base::Result<std::string> {
        if (path == "/etc/i.conf") return base::Error{"cannot open /etc/i.conf: Permission denied"};
        return machine.files[path];
    };
    const auto reading = config::read("/etc/s.conf", surroundings);
    CHECK(reading.config);
    CHECK(warns(reading, "included file is left out: cannot open /etc/i.conf: Permission denied"));
}

TEST_CASE("groups and processes are in start order") {
    Machine machine;
    CHECK(names(machine.read(with("[program:z]\ncommand=x\npriority=1\n[program:b]\ncommand=x\n[program:a]\ncommand=x\n"
                                  "[eventlistener:e]\ncommand=x\nevents=EVENT\n"
                                  "[group:g]\nprograms=b,n\npriority=5\n"
                                  "[program:n]\ncommand=x\nnumprocs=11\nprocess_name=%(program_name)s%(process_num)d\n"))) ==
          "e(e) z(z) g(b n0 n1 n10 n2 n3 n4 n5 n6 n7 n8 n9) a(a) ");
    CHECK(names(machine.read(with("[group:g]\n"))) == "g() ");
    CHECK(names(machine.read(with("[program:a]\ncommand=x\nnumprocs=0\n"))) == "a() ");
}

TEST_CASE("an fcgi program keeps its socket inside a group") {
    Machine machine;
    const auto reading = machine.read(
        with("[group:g]\nprograms=f,p\n[program:p]\ncommand=x\n"
             "[fcgi-program:f]\ncommand=x\nsocket=unix:///tmp/%(program_name)s.sock\nuser=daemon\n"
             "[fcgi-program:h]\ncommand=x\nsocket=tcp://LOCALHOST:9000\nsocket_backlog=7\n"));
    REQUIRE(reading.config);
    const Group& g = reading.config->groups[0];
    CHECK(g.kind == config::GroupKind::program);
    CHECK(!g.socket);
    REQUIRE(g.processes[0].socket);
    CHECK(g.processes[0].socket->url == "unix:///tmp/f.sock");
    CHECK(g.processes[0].socket->mode == 0700);
    CHECK(g.processes[0].socket->owner == std::pair<uid_t, gid_t>{1, 1});
    CHECK(!g.processes[1].socket);
    const Group& h = reading.config->groups[1];
    CHECK(h.kind == config::GroupKind::fcgi_program);
    REQUIRE(h.socket);
    CHECK(h.socket->url == "tcp://localhost:9000");
    CHECK(h.socket->backlog == 7);
    CHECK(h.processes[0].socket == h.socket);
}

TEST_CASE("servers: inet first, and the URL for children is that of the first unix one") {
    Machine machine;
    auto reading = machine.read(with("[unix_http_server:b]\nfile=~/x/../b.sock\n[unix_http_server]\nfile=c.sock\n"
                                     "[inet_http_server]\nport=9001\n[inet_http_server2]\nport=[::1]:9002\n"));
    REQUIRE(reading.config);
    REQUIRE(reading.config->servers.size() == 4);
    CHECK(reading.config->servers[0].port == 9001);
    CHECK(reading.config->servers[1].host == "::1");
    CHECK(reading.config->servers[2].file == "/home/me/b.sock");
    CHECK(reading.config->servers[3].file == "/etc/c.sock");
    CHECK(reading.config->serverurl == "unix:///home/me/b.sock");
    reading = machine.read(with("[inet_http_server]\nport=9001\n[inet_http_server2]\nport=[::1]:9002\n"));
    CHECK(reading.config->serverurl == "http://[::1]:9002");
    reading = machine.read(with("[inet_http_server]\nport=*:9001\n"));
    CHECK(reading.config->serverurl == "http://localhost:9001");
}

TEST_CASE("empty credentials are none, as those of variables that are not filled") {
    Machine machine;
    const auto reading = machine.read(with("[unix_http_server]\nfile=/tmp/s\nusername=\npassword=\n"
                                           "[inet_http_server]\nport=9001\nusername=\npassword=x\n"));
    REQUIRE(reading.config);
    CHECK(reading.config->servers[0].username == "");
    CHECK_FALSE(reading.config->servers[1].username);
    CHECK_FALSE(reading.config->servers[1].password);
}

TEST_CASE("lists are taken apart as Python does it, whatever the whitespace") {
    Machine machine;
    const auto reading = machine.read(with("[group:g]\nprograms=a,\u00a0b\u3000\n[program:a]\ncommand=x\n[program:b]\ncommand=x\n"));
    REQUIRE(reading.config);
    CHECK(reading.config->groups.front().processes.size() == 2);
}

TEST_CASE("killmode says in one word whom signals reach") {
    CHECK_FALSE(process("stopasgroup=true").killmode);
    CHECK(process("killmode=Tree").killmode == config::Killmode::tree);
    for (const auto* mode : {"group", "tree"}) {
        const auto program = process(base::concat("killmode=", mode));
        CHECK(program.stopasgroup);
        CHECK(program.killasgroup);
    }
    const auto alone = process("killmode=process\nstopasgroup=true");
    CHECK_FALSE(alone.stopasgroup);
    CHECK_FALSE(alone.killasgroup);
}

TEST_CASE("log files of programs") {
    CHECK(process("stdout_logfile=none").out.logfile.kind == config::LogFile::Kind::none);
    CHECK(process("stdout_logfile=").out.logfile == config::LogFile{config::LogFile::Kind::path, ""});
    CHECK(process("stdout_logfile=/tmp/%(program_name)s.log").out.logfile.path == "/tmp/a.log");
    CHECK(process("stdout_logfile=/tmp/100%%%%.log").out.logfile.path == "/tmp/100%.log");
    CHECK(process("stdout_logfile=/tmp/100%%.log").out.logfile.path == "/tmp/100%.log");
    CHECK(process("stdout_logfile=SYSLOG").out.syslog);
    CHECK(process("stdout_logfile=SYSLOG").out.logfile.kind == config::LogFile::Kind::none);
    CHECK(process("redirect_stderr=true").err.logfile.kind == config::LogFile::Kind::none);
    CHECK(process("stopasgroup=true").killasgroup);
}

TEST_CASE("warnings are Supervisor's where it has them, and name what it is silent about") {
    struct {
        std::string text;
        const char* message;
    } const cases[] = {
        {program("stderr_logfile=syslog\n"),
         "For [program:a], stderr_logfile=syslog but this is deprecated and will be removed.  Use stderr_syslog=true "
         "to enable syslog instead."},
        {program("stdout_logfile_maxbytes=0\n"),
         "For [program:a], AUTO logging used for stdout_logfile without rollover, set maxbytes > 0 to avoid filling up "
         "filesystem unintentionally"},
        {program("redirect_stderr=true\nstderr_logfile=/tmp/x\n"),
         "For [program:a], redirect_stderr=true but stderr_logfile has also been set to a filename, the filename has "
         "been ignored"},
        {program("redirect_stderr=true\nstderr_logfile=\n"),
         "For [program:a], redirect_stderr=true but stderr_logfile has also been set to a filename, the filename has "
         "been ignored"},
        {program("killmode=tree\nstopasgroup=true\n"), "stopasgroup has no effect beside killmode"},
        {program("stdout_logfile=NONE\nstdout_prefix=x\n"), "`stdout_prefix` in [program:a] has no effect: there is no stdout_logfile"},
        {program("stdout_logfile=\nstdout_prefix=x\n"), "`stdout_prefix` in [program:a] has no effect: there is no stdout_logfile"},
        {program("stderr_logfile=syslog\nstderr_prefix=x\n"), "`stderr_prefix` in [program:a] has no effect: there is no stderr_logfile"},
        {program("redirect_stderr=true\nstderr_prefix=x\n"),
         "`stderr_prefix` in [program:a] has no effect: with redirect_stderr=true it is stdout_prefix that counts"},
        {with("[inet_http_server]\nport=9001\nusername=u\npassword=$6$abc$def\n"),
         "`password` in [inet_http_server] looks like a hash of crypt(3), but is taken as it stands: that takes {CRYPT} in front of it"},
        {program("autostrat=true\n"), "unknown option `autostrat` in [program:a]: did you mean `autostart`?"},
        {program("socket=tcp://a:1\n"), "unknown option `socket` in [program:a]"},
        {with("[Program:a]\ncommand=x\n"), "unknown section [Program:a]: did you mean [program:a]?"},
        {with("[superviserd]\n"), "unknown section [superviserd]: did you mean [supervisord]?"},
        {program("startsecs=-1\n"), "`startsecs` in [program:a] is negative; 0 is used"},
        {program("startretries=99999999999999999999\n"),
         "`startretries` in [program:a] is beyond all numbers here; 9223372036854775807 is used"},
        {program("stdout_logfile_maxbytes=9999999999GB\n"),
         "`stdout_logfile_maxbytes` in [program:a] is beyond all numbers here; 9223372036854775807 is used"},
        {program("priority=-99999999999999999999\n"),
         "`priority` in [program:a] is beyond all numbers here; -9223372036854775808 is used"},
        {program("environment=A=foo bar\n"),
         "`environment` in [program:a]: 'bar' stands where a comma should, and is dropped"},
        {with("[program:a]\ncommand=sh -c 'a ; b'\n"),
         "`command` in [program:a] ends within quotes, because \" ;\" or \" #\" begins a comment even there"},
        {with("[group:a]\nprograms=b\n[program:b]\ncommand=x\n[program:a]\ncommand=x\n"),
         "[group:a] and [program:a] both make a group named a; the processes of [program:a] are left out"},
        {with("[group:g]\nprograms=a\n[group:h]\nprograms=a\n[program:a]\ncommand=x\n"),
         "[program:a] is in [group:g] and in [group:h]: its processes run twice"},
        {with("[group:g]\nprograms=a,a\n[program:a]\ncommand=x\n"), "[group:g] names program a twice"},
    };
    for (const auto& c : cases) {
        CAPTURE(c.text);
        Machine machine;
        const auto reading = machine.read(c.text);
        CHECK(error_of(reading) == "");
        CHECK(warns(reading, c.message));
    }
}

TEST_CASE("nothing odd, no warning") {
    Machine machine;
    const auto reading = machine.read(
        "[supervisord]\nnodaemon=true ; here\n[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory = "
        "supervisor.rpcinterface:make_main_rpcinterface\n[supervisorctl]\nprompt=x\n[my-own-tool]\nx=1\n"
        "[program:a]\ncommand=sh -c \"x\" ; there\nenvironment=A=\"1\",B=\"2\" ; too\n");
    CHECK(reading.diagnostics.empty());
}

TEST_CASE("[DEFAULT] gives options to programs, but no arguments to plugins") {
    Machine machine;
    const auto reading = machine.read(
        "[DEFAULT]\nstartsecs=7\n[supervisord]\n[inet_http_server]\nport=1\n[rpcinterface:supervisor]\n"
        "supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface\n[program:a]\ncommand=x\n");
    REQUIRE(reading.config);
    CHECK(reading.config->groups[0].processes[0].startsecs == 7);
    CHECK(reading.config->rpcinterfaces[0].options.empty());
}

TEST_CASE("what is set but not acted on is told, once for each section") {
    Machine machine;
    const auto reading = machine.read(
        with("[program:a]\ncommand=x\nstdout_capture_maxbytes=1MB\nstderr_capture_maxbytes=0\nnumprocs=2\n"
             "process_name=%(process_num)d\n"));
    REQUIRE(reading.config);
    const auto found = config::not_acted_on(*reading.config);
    for (const auto& diagnostic : found) CHECK(diagnostic.section == "program:a");
    CHECK(found.size() <= 1);
    if (!found.empty()) CHECK(found[0].message == "[program:a] stdout_capture_maxbytes is not acted on yet");
}

TEST_CASE("the file is looked for where Supervisor looks") {
    CHECK(config::default_paths("/opt/x/bin/supervisord") ==
          std::vector<std::string>{"/opt/x/etc/supervisord.conf", "/opt/x/supervisord.conf", "supervisord.conf",
                                   "etc/supervisord.conf", "/etc/supervisord.conf",
                                   "/etc/supervisor/supervisord.conf"});
    Machine machine;
    CHECK(!config::find_file("/usr/bin/supervisord", machine.surroundings()));
    CHECK(config::no_file_found("/usr/bin/supervisord") ==
          "No config file found at default paths (/usr/etc/supervisord.conf, /usr/supervisord.conf, supervisord.conf, "
          "etc/supervisord.conf, /etc/supervisord.conf, /etc/supervisor/supervisord.conf); use the -c option to "
          "specify a config file at a different path");
    machine.files["/etc/supervisord.conf"] = "";
    machine.files["/etc/supervisor/supervisord.conf"] = "";
    CHECK(config::find_file("/usr/bin/supervisord", machine.surroundings()) == "/etc/supervisord.conf");
}
