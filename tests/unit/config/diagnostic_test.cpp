// Where each problem stands, and what is said about it besides Supervisor's text.
#include <doctest/doctest.h>

#include "common/base/text.hpp"
#include "tests/unit/config/machine.hpp"

using base::concat;

namespace {

/// Everything that is wrong or odd in a text, explained.
std::string explained(const std::string& text, bool strict = false) {
    Machine machine;
    machine.files["/etc/s.conf"] = text;
    auto surroundings = machine.surroundings();
    surroundings.strict = strict;
    std::string out;
    for (const auto& diagnostic : config::read("/etc/s.conf", surroundings).diagnostics)
        out += config::explain(diagnostic);
    return out;
}

}  // namespace

TEST_CASE("a wrong value is shown where it stands, with what is allowed and what may have been meant") {
    CHECK(explained("[supervisord]\n  loglevel = warning ; loud\n") ==
          "/etc/s.conf:2:14: error: bad logging level name 'warning'\n"
          "      loglevel = warning ; loud\n"
          "                 ^\n"
          "    allowed: critical, error, warn, info, debug, trace or blather\n"
          "    did you mean `warn`?\n");
    CHECK(explained(with("[program:p]\ncommand=x\nautorestart:unexpcted\n")) ==
          "/etc/s.conf:4:13: error: invalid 'autorestart' value 'unexpcted'\n"
          "    autorestart:unexpcted\n"
          "                ^\n"
          "    allowed: true, false or unexpected\n"
          "    did you mean `unexpected`?\n");
    CHECK(explained(with("[eventlistener:e]\ncommand=x\nevents=TICK_5,TICK_6O\n"))
              .find("did you mean `TICK_60`?\n") != std::string::npos);
    CHECK(explained(with("[program:wbe]\ncommand=x\n[group:g]\nprograms=web\n")) ==
          "/etc/s.conf:5:10: error: [group:g] names unknown program or fcgi-program web\n"
          "    programs=web\n"
          "             ^\n"
          "    allowed: names of [program:x] and [fcgi-program:x] sections\n"
          "    did you mean `wbe`?\n");
}

TEST_CASE("an unknown option names the nearest, and is an error only when reading strictly") {
    const std::string text = with("[program:web]\n autostrat=true\ncommand=x\n");
    const std::string what = ": unknown option `autostrat` in [program:web]: did you mean `autostart`?\n"
                             "     autostrat=true\n"
                             "     ^\n";
    CHECK(explained(text) == "/etc/s.conf:3:2: warning" + what);
    CHECK(explained(text, true) == "/etc/s.conf:3:2: error" + what);
    CHECK(explained(with("[programm:web]\n"), true) ==
          "/etc/s.conf:2:1: error: unknown section [programm:web]: did you mean [program:web]?\n"
          "    [programm:web]\n"
          "    ^\n");
    CHECK(explained(with("[somebody's-own]\nx=1\n"), true) == "");
}

TEST_CASE("slips that hide a whole program are told") {
    CHECK(explained(with("[program web]\ncommand=x\n")) ==
          "/etc/s.conf:2:1: warning: unknown section [program web]: did you mean [program:web]?\n"
          "    [program web]\n"
          "    ^\n");
    CHECK(explained(with("[program]\ncommand=x\n")).find("did you mean [program:NAME]?\n") != std::string::npos);
    CHECK(explained(with("[program:web\n")) ==
          "/etc/s.conf:2:1: warning: unknown option `[program` in [supervisord]: the beginning of a section needs a ] at its end\n"
          "    [program:web\n"
          "    ^\n");
}

TEST_CASE("what is no text is shown where it stands") {
    CHECK(explained(with("[program:p]\n\ncommand=\xc3\xa4\xff\n")) ==
          "/etc/s.conf:4:10: error: 'utf-8' codec can't decode byte 0xff in position 37: invalid start byte\n"
          "    command=\xc3\xa4\xef\xbf\xbd\n"
          "             ^\n"
          "    allowed: UTF-8\n");
}

TEST_CASE("a wrong value is told once, and a signal and a percent sign have their advice") {
    CHECK(explained(with("[program:p]\ncommand=x\npriority=high\n")) ==
          "/etc/s.conf:4:10: error: invalid literal for int() with base 10: 'high'\n"
          "    priority=high\n"
          "             ^\n"
          "    allowed: a whole number\n");
    CHECK(explained(with("[program:p]\ncommand=x\nstopsignal=TREM\n")).find("did you mean `TERM`?\n") != std::string::npos);
    CHECK(explained(with("[program:p]\ncommand=x %(progam_name)s\n"))
              .find("    allowed: group_name, here, host_node_name, numprocs, process_num, program_name, and ENV_X for a "
                    "variable X of the environment\n    did you mean `program_name`?\n") != std::string::npos);
    CHECK(explained(with("[program:p]\ncommand=x %(ENV_HOEM)s\n")).find("did you mean `ENV_HOME`?\n") != std::string::npos);
    CHECK(explained(with("[program:p]\ncommand=date +100%\n"))
              .find("    allowed: %(NAME)s for a value that has a name, %% for a percent sign\n") != std::string::npos);
}

TEST_CASE("lines that mean nothing do not hide what else is wrong") {
    Machine machine;
    const auto reading = machine.read("[supervisord]\nnonsense\n=7\nminfds=x\n[program:p]\n");
    REQUIRE(reading.diagnostics.size() == 4);
    CHECK(error_of(reading) ==
          "Source contains parsing errors: '/etc/s.conf'\n\t[line  2]: 'nonsense\\n'\n\t[line  3]: '=7\\n'");
    CHECK(config::explain(reading.diagnostics[0]) ==
          "/etc/s.conf:2:1: error: this line is no option: it has neither = nor :\n"
          "    nonsense\n"
          "    ^\n"
          "    allowed: [SECTION], OPTION=VALUE, or a comment that begins with ; or #\n");
    CHECK(config::explain(reading.diagnostics[1]).starts_with("/etc/s.conf:3:1: error: this option has no name\n"));
    CHECK(reading.diagnostics[2].option == "minfds");
    CHECK(reading.diagnostics[3].message ==
          "program section program:p does not specify a command in section 'program:p' (file: '/etc/s.conf')");
    CHECK(config::explain(reading.diagnostics[3]) ==
          "/etc/s.conf:5:1: error: program section program:p does not specify a command\n    [program:p]\n    ^\n"
          "    allowed: command=PROGRAM ARGUMENTS\n");
}

TEST_CASE("a command that can never be started is told, though Supervisor accepts it") {
    CHECK(explained(with("[program:p]\ncommand = sh -c 'x\nnumprocs=2\nprocess_name=%(process_num)d\n")) ==
          "/etc/s.conf:3:11: warning: `command` in [program:p] cannot be split into words: No closing quotation; the program "
          "will not start\n"
          "    command = sh -c 'x\n"
          "              ^\n"
          "    allowed: words as in a shell: quotes in pairs, and a backslash before what it stands for\n");
    CHECK(explained(with("[eventlistener:l]\nevents=EVENT\ncommand=\n"))
              .starts_with("/etc/s.conf:4:9: warning: `command` in [eventlistener:l] is empty; the program will not start\n"));
    CHECK(explained(with("[program:p]\ncommand=x 'a \\' b'\n")).find("No closing quotation") != std::string::npos);
    CHECK(explained(with("[program:p]\ncommand=x \"%(ENV_WHO)s\"\n")) == "");
    // Of two reasons the one that explains the other.
    const std::string cut = explained(with("[program:p]\ncommand=sh -c 'a ; b'\n"));
    CHECK(cut.find("begins a comment even there") != std::string::npos);
    CHECK(cut.find("No closing quotation") == std::string::npos);
}

TEST_CASE("a serverurl that leads nowhere is told") {
    CHECK(explained(with("[program:p]\ncommand=x\nserverurl=localhost:9001\n")) ==
          "/etc/s.conf:4:11: warning: `serverurl` in [program:p] leads nowhere: Unknown protocol for serverurl localhost:9001\n"
          "    serverurl=localhost:9001\n"
          "              ^\n"
          "    allowed: AUTO, unix:///PATH of a socket, or http://HOST:PORT\n");
    CHECK(explained(with("[program:p]\ncommand=x\nserverurl=auto\n")) == "");
    CHECK(explained(with("[supervisorctl]\nserverurl=unix:/run/s.sock\n"))
              .find("`serverurl` in [supervisorctl] leads nowhere: Unknown protocol") != std::string::npos);
    const std::string servers = "[unix_http_server]\nfile=/tmp/s.sock\n[inet_http_server]\nport=9001\n[supervisorctl]\n";
    CHECK(explained(with(servers + "serverurl=unix:///tmp/sock\n")) ==
          "/etc/s.conf:7:11: warning: `serverurl` in [supervisorctl] is unix:///tmp/sock, where no server of this "
          "configuration listens\n"
          "    serverurl=unix:///tmp/sock\n"
          "              ^\n"
          "    allowed: of the servers here: http://localhost:9001, unix:///tmp/s.sock\n"
          "    did you mean `unix:///tmp/s.sock`?\n");
    CHECK(explained(with(servers + "serverurl=http://127.0.0.1:9002\n")).find("where no server") != std::string::npos);
    for (const char* url : {"unix:///tmp/x/../s.sock", "unix:////tmp/s.sock", "http://127.0.0.1:9001", "http://other.example:80", "unix://%(ENV_NONE)s"})
        CHECK(explained(with(servers + "serverurl=" + url + "\n")) == "");
    CHECK(explained(with(servers)) == "");  // the default
    CHECK(explained(with("[unix_http_server]\nfile=/tmp/s.sock\n[supervisorctl]\n"))
              .starts_with("/etc/s.conf:4:1: warning: `serverurl` in [supervisorctl] is http://localhost:9001 when it is not "
                           "given, where no server"));
}

TEST_CASE("more processes than names are told where the one or the other stands") {
    const std::string what = ": error: %(process_num) must be present within process_name when numprocs > 1\n";
    CHECK(explained(with("[program:p]\ncommand=x\nnumprocs=2\n")).starts_with("/etc/s.conf:4:10" + what + "    numprocs=2\n"));
    CHECK(explained(with("[program:p]\ncommand=x\nprocess_name=y\nnumprocs=2\n"))
              .starts_with("/etc/s.conf:4:14" + what + "    process_name=y\n"));
}

TEST_CASE("what is wrong has its place, its line and what is allowed, whatever it is") {
    // Each has one error or warning.
    const std::string texts[] = {
        "[include]\n[supervisord]\n",
        "[supervisord]\n[include]\nfiles=none.conf\n",
        "[supervisord]\nuser=no-such-user\n",
        "[supervisord]\nleftovers=adapt\n",
        "[supervisord]\nexit_on=x\n",
        "[supervisord]\nlogfile=%(hre)s/x\n",
        "[supervisord]\nlogfile=/nonexistent/x\n",
        "[supervisord]\nenvironment=A\n",
        "[supervisord]\nxyz=1\n",
        "[supervisord]\n[inet_http_server]\n",
        "[supervisord]\n[inet_http_server]\nport=x\n",
        "[supervisord]\n[inet_http_server]\nport=1\nusername=x\n",
        "[supervisord]\n[inet_http_server]\nport=1\nxyz=1\n",
        "[supervisord]\n[unix_http_server]\n",
        "[supervisord]\n[unix_http_server]\nfile=\n",
        "[supervisord]\n[unix_http_server]\nfile=/x\nchmod=9\n",
        "[supervisord]\n[unix_http_server]\nfile=/x\nchown=no-such-user\n",
        "[supervisord]\n[rpcinterface:x]\n",
        "[supervisord]\n[unix_http_server]\nfile=/x\n[rpcinterface:x]\nsupervisor.rpcinterface_factory="
        "supervisor.rpcinterface:make_main_rpcinterface\na=b\n",
        "[supervisord]\n[ctlplugin:x]\nsupervisor.ctl_factory=a:b\n",
        "[supervisord]\n[program:a b]\ncommand=x\n",
        "[supervisord]\n[program:]\ncommand=x\n",
        "[supervisord]\n[program:a]\n",
        "[supervisord]\n[program:a]\ncommand=x\nnumprocs=1000000\nprocess_name=%(process_num)d\n",
        "[supervisord]\n[program:a]\ncommand=x\nnumprocs=2\nprocess_name=x%(process_num).0s\n",
        "[supervisord]\n[program:a]\ncommand=x\nprocess_name=a:b\n",
        "[supervisord]\n[program:a]\ncommand=x\nprocess_name=%(ENV_HOME)s\n",
        "[supervisord]\n[program:a]\ncommand=x\nstopasgroup=true\nkillasgroup=false\n",
        "[supervisord]\n[program:a]\ncommand=x\nstopsignal=9x\n",
        "[supervisord]\n[program:a]\ncommand=x\nexitcodes=0,256\n",
        "[supervisord]\n[program:a]\ncommand=x\nuser=no-such-user\n",
        "[supervisord]\n[program:a]\ncommand=x\nenvironment=A=\"b\n",
        "[supervisord]\n[program:a]\ncommand=x\nenvironment=A=b c\n",
        "[supervisord]\n[program:a]\ncommand=x\nautostart=perhaps\n",
        "[supervisord]\n[program:a]\ncommand=x\nstdout_logfile_maxbytes=10k\n",
        "[supervisord]\n[program:a]\ncommand=x\nxyzxyzxyz=1\n",
        "[supervisord]\n[program:a]\ncommand=sh -c 'a ; b'\n",
        "[supervisord]\n[group:g]\nprograms=a\n",
        "[supervisord]\n[group:g h]\nprograms=\n",
        "[supervisord]\n[eventlistener:e]\ncommand=x\n",
        "[supervisord]\n[eventlistener:e]\ncommand=x\nevents=NONE\n",
        "[supervisord]\n[eventlistener:e]\ncommand=x\nevents=EVENT\nbuffer_size=0\n",
        "[supervisord]\n[eventlistener:e]\ncommand=x\nevents=EVENT\nresult_handler=a:b\n",
        "[supervisord]\n[eventlistener:e]\ncommand=x\nevents=EVENT\nredirect_stderr=true\n",
        "[supervisord]\n[fcgi-program:f]\ncommand=x\n",
        "[supervisord]\n[fcgi-program:f]\ncommand=x\nsocket=x\n",
        "[supervisord]\n[fcgi-program:f]\ncommand=x\nsocket=tcp://a:1\nsocket_mode=0600\n",
        "[supervisord]\n[fcgi-program:f]\ncommand=x\nsocket=unix:///f\nsocket_backlog=0\n",
        "[supervisord]\n[supervisorctl]\nserverurl=x\n",
        {"[supervisord]\nidentifier=a\0b\n", 29},
    };
    for (const std::string& text : texts) {
        CAPTURE(text);
        Machine machine;
        const auto reading = machine.read(text);
        CHECK(reading.diagnostics.size() == 1);
        for (const auto& diagnostic : reading.diagnostics) {
            CAPTURE(diagnostic.message);
            CHECK(diagnostic.file == "/etc/s.conf");
            CHECK(diagnostic.line > 0);
            CHECK(diagnostic.column > 0);
            CHECK(!diagnostic.source.empty());
            CHECK(!diagnostic.allowed.empty());
        }
    }
}

TEST_CASE("a missing [supervisord] and a wrong [include] do not hide what else is wrong") {
    Machine machine;
    const auto reading = machine.read("[include]\n[program:p]\ncommand=x\nstartsecs=soon\n");
    REQUIRE(reading.diagnostics.size() == 3);
    CHECK(error_of(reading) == ".ini file has [include] section, but no files setting");
    CHECK(reading.diagnostics[1].message == ".ini file does not include supervisord section");
    CHECK(reading.diagnostics[2].option == "startsecs");
    CHECK_FALSE(reading.config);
}

TEST_CASE("columns count characters, and the mark stands under the place whatever is in front of it") {
    CHECK(explained("[supervisord]\nidentifier=\xc3\xa4\nminfds\t=\xc3\xa4\n") ==
          "/etc/s.conf:3:9: error: invalid literal for int() with base 10: '\xc3\xa4'\n"
          "    minfds\t=\xc3\xa4\n"
          "          \t ^\n"
          "    allowed: a whole number\n");
}

TEST_CASE("a line that would do something to a terminal, or is too long for it, is shown tamely") {
    CHECK(explained("[supervisord]\nminfds=\x1b[2J\n").find("    minfds=?[2J\n") != std::string::npos);
    const std::string shown = explained(concat("[supervisord]\nminfds=", std::string(5000, '9'), "x\n"));
    CHECK(shown.find(concat("    minfds=", std::string(93, '9'), "...\n           ^\n")) != std::string::npos);
    const std::string far = explained(concat("[supervisord]\nminfds", std::string(5000, ' '), "=x\n"));
    CHECK(far.find(concat("    ...", std::string(49, ' '), "=x\n       ", std::string(50, ' '), "^\n")) !=
          std::string::npos);
}

TEST_CASE("a file of nonsense is told in bounds") {
    Machine machine;
    std::string text = "[supervisord]\n";
    for (int i = 0; i < 5000; ++i) text += "nonsense\n";
    CHECK(machine.read(text).diagnostics.size() == 100);
}
