// Bytes that nobody would write, and more of them than anybody has.
#include <doctest/doctest.h>

#include <ctime>
#include <random>

#include "common/config/client.hpp"
#include "tests/unit/config/machine.hpp"

namespace {

/// Pieces of which lines are made, so that chance gets further than the first line.
const std::string pieces[] = {
    "[supervisord]\n", "[program:a]\n", "[program:b]\n", "[group:g]\n", "[include]\n", "[eventlistener:e]\n",
    "[fcgi-program:f]\n", "[unix_http_server]\n", "[inet_http_server]\n", "[DEFAULT]\n", "[rpcinterface:x]\n", "[",
    "]", "command=", "environment=", "programs=", "a,b", "files=", "numprocs=", "process_name=", "socket=", "events=",
    "EVENT", "port=", "file=", "priority=", "stdout_logfile=", "umask=", "exitcodes=", "user=", "%(process_num)d",
    "%(here)s", "%(", "%", "%%", "%(numprocs)99999d", "\n", "\n", "\n", "\r", "  ", "\t", ";", " #", "=", ":", "\"", "'",
    "\\", "A=1,B=2", "-1", "0", "3", "99999999999999999999", "9223372036854775807", "tcp://a:1", "unix:///x", "~",
    "\xef\xbb\xbf", "\xff", "\xc3\xb6", std::string(1, '\0'), "\x01", std::string(300, 'x'), "true", "numprocs_start=",
};

}  // namespace

TEST_CASE("no file whatever crashes the reader") {
    const unsigned seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random(seed);
    Machine machine;
    const auto any = [&](std::size_t size) { return random() % size; };
    int accepted = 0;
    for (int round = 0; round < 20000; ++round) {
        std::string text = any(4) ? "[supervisord]\n" : "";
        const std::size_t length = any(30);
        for (std::size_t i = 0; i < length; ++i) {
            text += pieces[any(std::size(pieces))];
            if (any(20) == 0) text += static_cast<char>(any(256));
        }
        CAPTURE(text);
        const auto reading = machine.read(text);
        CHECK(reading.config.has_value() == (reading.first_error() == nullptr));
        accepted += reading.config.has_value();
        (void)config::read_client("/etc/s.conf", machine.surroundings());
    }
    CHECK(accepted > 100);  // else the pieces test nothing
}

TEST_CASE("five thousand programs are read well within a second") {
    std::string text = "[supervisord]\nenvironment=";
    for (int i = 0; i < 10; ++i) text += (i ? ",V" : "V") + std::to_string(i) + "=\"x\"";
    text += "\n";
    for (int i = 0; i < 5000; ++i)
        text += "[program:p" + std::to_string(i) + "]\ncommand=/bin/cat %(program_name)s %(ENV_WHO)s\nstartsecs=3\n"
                "stdout_logfile=/tmp/%(program_name)s.log\nredirect_stderr=true\nautorestart=true\n";
    Machine machine;
    const std::clock_t begin = std::clock();  // time of the processor: other work on the machine does not count
    const auto reading = machine.read(text);
    const double took = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
    REQUIRE(reading.config);
    CHECK(reading.config->groups.size() == 5000);
    MESSAGE("5,000 programs in " << took << " s of the processor");
    CHECK(took < 10);  // it takes a fifth of one; the rest is for slow machines and sanitizers
}
