#include <doctest/doctest.h>

#include "common/config/kinds.hpp"
#include "tests/unit/config/machine.hpp"

namespace kind = config::kind;

namespace {

struct Case {
    const char* text;
    const char* result;  // written again, or the error
};

template <class Kind>
void check(std::initializer_list<Case> cases) {
    const Machine machine;
    for (const auto& c : cases) {
        CAPTURE(Kind::name);
        CAPTURE(c.text);
        const auto value = Kind::read(c.text, machine.surroundings());
        CHECK((value ? Kind::write(*value) : value.error()) == c.result);
    }
}

}  // namespace

TEST_CASE("numbers") {
    check<kind::Integer>({{"1", "1"}, {" -1 ", "-1"}, {"+1_000", "1000"},
                          {"99999999999999999999", "9223372036854775807"}, {"-99999999999999999999", "-9223372036854775808"},
                          {"abc", "invalid literal for int() with base 10: 'abc'"},
                          {"1.5", "invalid literal for int() with base 10: '1.5'"},
                          {"0x1", "invalid literal for int() with base 10: '0x1'"},
                          {"", "invalid literal for int() with base 10: ''"}});
    check<kind::Bytes>({{"0", "0"}, {"100", "100"}, {"1024", "1KB"}, {"1 KB", "1KB"}, {"3mb", "3MB"}, {"1Gb", "1GB"},
                        {"50MB", "50MB"}, {"2048KB", "2MB"},
                        {"10k", "invalid literal for int() with base 10: '10k'"},
                        {"1b", "invalid literal for int() with base 10: '1b'"},
                        {"1.5MB", "invalid literal for int() with base 10: '1.5'"},
                        {"MB", "invalid literal for int() with base 10: ''"},
                        {"", "invalid literal for int() with base 10: ''"},
                        {"99999999999999GB", "9223372036854775807"}, {"-99999999999999GB", "-8589934592GB"}});
    check<kind::Octal>({{"022", "022"}, {"0700", "0700"}, {"0o700", "0700"}, {"7", "007"}, {"-1", "-001"}, {"-0o22", "-022"},
                        {"- 1", "- 1 can not be converted to an octal type"},
                        {"00000000000000022", "022"},
                        {"17777777777", "17777777777"},
                        {"77777777777", "77777777777 can not be converted to an octal type"},
                        {"--1", "--1 can not be converted to an octal type"},
                        {"9", "9 can not be converted to an octal type"},
                        {"", " can not be converted to an octal type"}});
    check<kind::Backlog>({{"128", "128"}, {"0", "Invalid socket_backlog value 0"},
                          {"65536", "Invalid socket_backlog value 65536"},
                          {"x", "invalid literal for int() with base 10: 'x'"}});
}

TEST_CASE("words") {
    check<kind::Boolean>({{"yes", "true"}, {"TRUE", "true"}, {"On", "true"}, {"1", "true"}, {"no", "false"},
                          {"False", "false"}, {"OFF", "false"}, {"0", "false"},
                          {"maybe", "not a valid boolean value: 'maybe'"}, {"", "not a valid boolean value: ''"}});
    check<kind::Restart>({{"true", "true"}, {"0", "false"}, {"Unexpected", "unexpected"},
                          {"MayBe", "invalid 'autorestart' value 'maybe'"}});
    check<kind::Level>({{"info", "info"}, {"WARN", "warn"}, {"blather", "blather"},
                        {"verbose", "bad logging level name 'verbose'"},
                        {"warning", "bad logging level name 'warning'"}});
    check<kind::Signal>({{"TERM", "TERM"}, {"sigint", "INT"}, {" 9 ", "KILL"}, {"34", "RTMIN"}, {"IOT", "ABRT"},
                         {"SIGRTMIN+3", "RTMIN+3"}, {"rtmax-1", "RTMIN+29"},
                         {"RTMIN+31", "value 'RTMIN+31' is not a valid signal name"},
                         {"35", "value '35' is not a valid signal number"},
                         {"FOO", "value 'FOO' is not a valid signal name"},
                         {"99", "value '99' is not a valid signal number"},
                         {"0", "value '0' is not a valid signal number"},
                         {"SIG_IGN", "value 'SIG_IGN' is not a valid signal name"}});
    check<kind::ExitCodes>({{"0", "0"}, {"0, 2", "0,2"}, {"", ""}, {"255", "255"},
                            {"0,256", "not a valid list of exit codes: '0,256'"},
                            {"0,", "not a valid list of exit codes: '0,'"},
                            {"-1", "not a valid list of exit codes: '-1'"}});
    check<kind::List>({{"", ""}, {"a , b", "a,b"}, {"a,", "a,"}});
    check<kind::Events>({{"tick_5, EVENT", "EVENT,TICK_5"}, {"EVENT,EVENT", "EVENT"}, {"", ""},
                         {"TICK_7", "Unknown event type TICK_7"}, {"EVENT,", "Unknown event type "}});
    check<kind::ServerUrl>({{"auto", "AUTO"}, {" AUTO ", "AUTO"}, {"http://x", "http://x"}});
}

TEST_CASE("paths") {
    check<kind::Directory>({{"/tmp", "/tmp"}, {"/var/log/", "/var/log/"},
                            {"/nosuch", "/nosuch is not an existing directory"},
                            {"~/x", "~/x is not an existing directory"}});
    check<kind::Path>({{"x.log", "x.log"}, {"/tmp/x.log", "/tmp/x.log"},
                       {"/nosuch/x.log", "The directory named as part of the path /nosuch/x.log does not exist"},
                       {"~/x.log", "The directory named as part of the path ~/x.log does not exist"}});
    check<kind::ChildLog>({{"NONE", "NONE"}, {"off", "NONE"}, {"", ""}, {"Auto", "AUTO"}, {"/tmp/x", "/tmp/x"},
                           {"auto.log", "auto.log"}});
    Machine machine;
    machine.directories.insert("/home/me");
    CHECK(*kind::Path::read("~/x.log", machine.surroundings()) == "/home/me/x.log");
    CHECK(*kind::Directory::read("~", machine.surroundings()) == "/home/me");
}

TEST_CASE("users") {
    check<kind::User>({{"root", "0"}, {"0", "0"}, {"daemon", "1"},
                       {"no-such-user-x", "Invalid user name no-such-user-x"}, {"3999999", "Invalid user id 3999999"},
                       {"", "Invalid user name "}});
    check<kind::Owner>({{"root", "0"}, {"root:daemon", "0:1"}, {"0:1", "0:1"}});
    CHECK(!kind::Owner::read("no-such-user-x:root", Machine().surroundings()));
    CHECK(!kind::Owner::read("root:no-such-group-x", Machine().surroundings()));
}

TEST_CASE("addresses") {
    check<kind::Address>({{"9001", "*:9001"}, {":9001", "*:9001"}, {"*:9001", "*:9001"},
                          {"LocalHost:9001", "localhost:9001"}, {"[::1]:9001", "[::1]:9001"},
                          {"abc", "not a valid port number: 'abc' "}, {"0", "not a valid port number: '0' "},
                          {"", "not a valid port number: '' "}, {"99999", "not a valid port number: '99999' "},
                          {"-1", "not a valid port number: '-1' "}, {"127.0.0.1:", "no port number specified in ''"},
                          {"h:9999999999999999999999", "9999999999999999999999 is above upper bound (65535)"},
                          {"[::1]", "not a valid port number: '[::1]' "},
                          {"70000", "not a valid port number: '70000' "}, {"x:70000", "70000 is above upper bound (65535)"},
                          {"x:0", "0 is below lower bound (1)"},
                          {"x:http", "invalid literal for int() with base 10: 'http'"}});
    check<kind::Socket>({{"tcp://LOCALHOST:0099", "tcp://localhost:99"}, {"unix:///tmp/../x//y", "unix:///x/y"},
                         {"foo", "Bad socket format 'foo'"}, {"tcp://a", "Bad socket format 'tcp://a'"},
                         {"tcp://a:b", "Bad socket format 'tcp://a:b'"},
                         {"unix://foo", "('Unix socket path %s is not an absolute path', 'foo')"},
                         {"tcp://a:99999", "99999 is above upper bound (65535)"}});
}

TEST_CASE("names of programs have no blanks, colons or slashes, and are not empty") {
    CHECK(*config::parse_name(" a.b-c ") == "a.b-c");
    CHECK(config::parse_name("a b").error() == "Invalid name: 'a b' because of character: ' '");
    CHECK(config::parse_name("a/b:c").error() == "Invalid name: 'a/b:c' because of character: ':'");
    CHECK(config::parse_name("a/b").error() == "Invalid name: 'a/b' because of character: '/'");
    CHECK(config::parse_name("a\nb").error() == "Invalid name: 'a\\nb' because of character: '\\n'");
    CHECK(config::parse_name("a\x1b[2Jb").error() == "Invalid name: 'a\\x1b[2Jb' because of character: '\\x1b'");
    CHECK(config::parse_name(" ").error() == "Invalid name: '' because it is empty");
}
