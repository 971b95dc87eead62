#include "supervisord/log/syslog.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>
#include <regex>
#include <vector>

#include "tests/unit/log/support.hpp"

namespace {

struct Daemon {
    test::Directory directory;
    std::string path = directory / "log";
    base::Fd socket;

    Daemon() { listen(); }

    void listen() {
        ::unlink(path.c_str());
        socket = base::Fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
        REQUIRE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    }

    std::vector<std::string> received() const {
        std::vector<std::string> messages;
        std::string buffer(200000, '\0');
        for (ssize_t size = 0; (size = ::recv(socket.get(), buffer.data(), buffer.size(), 0)) >= 0;)
            messages.emplace_back(buffer, 0, static_cast<std::size_t>(size));
        return messages;
    }
};

}  // namespace

TEST_CASE("each line is a message of its own, with the name of the process") {
    Daemon daemon;
    logs::Syslog syslog(daemon.path);
    std::size_t sent = 0;
    CHECK(logs::send_lines(syslog, "p ", "one\n\ntwo\n\n", sent) == 0);
    CHECK(sent == 10);
    const auto messages = daemon.received();
    REQUIRE(messages.size() == 3);
    const std::string head = "<14>[A-Z][a-z]{2} [ 0-9][0-9] [0-9]{2}:[0-9]{2}:[0-9]{2} supervisord: ";
    CHECK(std::regex_match(messages[0], std::regex(head + "p one")));
    CHECK(std::regex_match(messages[1], std::regex(head + "p ")));
    CHECK(std::regex_match(messages[2], std::regex(head + "p two")));
}

TEST_CASE("a slow log daemon makes nobody wait: what was sent is remembered") {
    Daemon daemon;
    logs::Syslog syslog(daemon.path);
    std::string text;
    for (int i = 0; i < 100000; ++i) text += "line " + std::to_string(i) + "\n";
    std::size_t sent = 0;
    std::vector<std::string> messages;
    int error = EAGAIN;
    bool waited = false;
    while (error == EAGAIN) {
        error = logs::send_lines(syslog, "p ", text, sent);
        waited = waited || error == EAGAIN;
        for (auto& message : daemon.received()) messages.push_back(std::move(message));
    }
    CHECK(error == 0);
    CHECK(waited);
    REQUIRE(messages.size() == 100000);
    CHECK(messages.back().ends_with(" line 99999"));
}

TEST_CASE("without a log daemon lines vanish, and a new daemon gets the next") {
    Daemon daemon;
    logs::Syslog nobody(daemon.directory / "none");
    CHECK(nobody.send("x") == 0);
    logs::Syslog syslog(daemon.path);
    CHECK(syslog.send("first") == 0);
    daemon.socket.reset();
    daemon.listen();
    CHECK(syslog.send("second") == 0);
    const auto messages = daemon.received();
    REQUIRE(messages.size() == 1);
    CHECK(messages[0].ends_with("second"));
}

TEST_CASE("a line that is too long for one message goes in pieces") {
    Daemon daemon;
    logs::Syslog syslog(daemon.path);
    CHECK(syslog.send(std::string(65536, 'a') + "b") == 0);
    const auto messages = daemon.received();
    REQUIRE(messages.size() == 2);
    CHECK(messages[1].ends_with(": b"));
}
