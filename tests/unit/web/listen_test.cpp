#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "supervisord/web/listen.hpp"

namespace {

constexpr const char* in_use =
    "Another program is already listening on a port that one of our HTTP servers is configured to use.  Shut this program "
    "down first before starting supervisord.";

struct Place {
    std::filesystem::path directory;
    config::Server server;
    Place() {
        std::string name = std::filesystem::temp_directory_path() / "listen_test_XXXXXX";
        directory = ::mkdtemp(name.data());
        server.file = directory / "socket";
    }
    ~Place() { std::filesystem::remove_all(directory); }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

    [[nodiscard]] std::size_t names() const {
        std::size_t count = 0;
        for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(directory)) ++count;
        return count;
    }
    [[nodiscard]] mode_t mode() const {
        struct stat status {};
        REQUIRE(::stat(server.file.c_str(), &status) == 0);
        return status.st_mode & 07777;
    }
};

bool can_connect(const std::string& path) {
    const base::Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    return ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

/// What is said on stderr meanwhile.
template <class Deed>
std::string said(const Place& place, Deed deed) {
    const std::string path = place.directory / "stderr";
    const base::Fd before(::dup(STDERR_FILENO));
    const base::Fd file(::open(path.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600));
    ::dup2(file.get(), STDERR_FILENO);
    deed();
    ::dup2(before.get(), STDERR_FILENO);
    std::ifstream in(path);
    std::string text{std::istreambuf_iterator<char>(in), {}};
    std::filesystem::remove(path);
    return text;
}

}  // namespace

TEST_CASE("a Unix socket listens under its name, with its mode, and nothing else is left") {
    Place place;
    for (const mode_t mode : {0700, 0766, 0600, 0000, 0777}) {
        place.server.chmod = mode;
        const mode_t before = ::umask(0022);
        const auto opened = web::open_unix(place.server);
        CHECK(::umask(before) == 0022);
        REQUIRE(opened);
        CHECK(place.mode() == mode);
        CHECK(place.names() == 1);
        CHECK((::fcntl(opened->get(), F_GETFD) & FD_CLOEXEC) != 0);
        if (mode != 0 || ::geteuid() == 0) CHECK(can_connect(place.server.file));
        std::filesystem::remove(place.server.file);
    }
}

TEST_CASE("a Unix socket is at no moment open wider than configured") {
    Place place;
    place.server.chmod = 0600;
    std::atomic<bool> stop = false;
    std::atomic<int> widest = 0;
    std::atomic<int> seen = 0;
    std::thread observer([&] {
        while (!stop) {
            std::error_code ignored;
            for (const auto& entry : std::filesystem::directory_iterator(place.directory, ignored)) {
                struct stat status {};
                if (::lstat(entry.path().c_str(), &status) != 0) continue;
                ++seen;
                widest = widest | static_cast<int>(status.st_mode & 07777);
            }
        }
    });
    const mode_t before = ::umask(0);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);  // the observer may have to wait for a processor
    for (int i = 0; i < 300 || (seen == 0 && std::chrono::steady_clock::now() < deadline); ++i) {
        const auto opened = web::open_unix(place.server);
        CHECK(opened);
        ::unlink(place.server.file.c_str());
    }
    ::umask(before);
    stop = true;
    observer.join();
    CHECK(seen > 0);
    CHECK((widest & ~0600) == 0);
}

TEST_CASE("a socket that somebody listens on is not touched") {
    Place place;
    const auto first = web::open_unix(place.server);
    REQUIRE(first);
    const auto second = web::open_unix(place.server);
    REQUIRE_FALSE(second);
    CHECK(second.error() == in_use);
    CHECK(can_connect(place.server.file));
    CHECK(place.names() == 1);
}

TEST_CASE("a socket whose queue is full is one that somebody listens on") {
    Place place;
    const base::Fd hung(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, place.server.file.c_str(), sizeof address.sun_path - 1);
    REQUIRE(::bind(hung.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(hung.get(), 0) == 0);
    std::vector<base::Fd> waiting;
    for (int i = 0; i < 3; ++i) {
        waiting.emplace_back(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        static_cast<void>(::connect(waiting.back().get(), reinterpret_cast<const sockaddr*>(&address), sizeof address));
    }
    const auto opened = web::open_unix(place.server);
    REQUIRE_FALSE(opened);
    CHECK(opened.error() == in_use);
}

TEST_CASE("a stale socket is replaced, and that is told") {
    Place place;
    CHECK(web::open_unix(place.server));
    CHECK_FALSE(can_connect(place.server.file));
    const std::string text = said(place, [&] {
        const auto opened = web::open_unix(place.server);
        CHECK(opened);
        CHECK(can_connect(place.server.file));
    });
    CHECK(text == "Unlinking stale socket " + place.server.file + "\n");
}

TEST_CASE("what is no socket is not removed") {
    Place place;
    std::ofstream(place.server.file) << "precious";
    const auto opened = web::open_unix(place.server);
    REQUIRE_FALSE(opened);
    CHECK(opened.error() == "Cannot open an HTTP server: " + place.server.file + " exists and is not a socket");
    CHECK(std::filesystem::file_size(place.server.file) == 8);
    CHECK(place.names() == 1);
}

TEST_CASE("a link that leads nowhere is not followed") {
    Place place;
    std::filesystem::create_symlink(place.directory / "elsewhere", place.server.file);
    CHECK_FALSE(web::open_unix(place.server));
    CHECK(place.names() == 1);
}

namespace {

/// A process that opens the socket when the gate is closed.  Ends with 0 when it is refused, and with 1, when the door
/// is closed, if it has got it.
pid_t starter(const config::Server& server, int gate_read, int gate_write, int door_read, int door_write) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child > 0) return child;
    ::close(gate_write);
    ::close(door_write);
    ::dup2(::open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO);
    char byte = 0;
    if (::read(gate_read, &byte, 1) != 0) ::_exit(3);
    const auto opened = web::open_unix(server);
    if (!opened) ::_exit(opened.error() == in_use ? 0 : 2);
    ::_exit(::read(door_read, &byte, 1) == 0 ? 1 : 3);
}

}  // namespace

TEST_CASE("of many that start at the same time one wins, also over a stale socket") {
    for (const bool stale : {false, true}) {
        CAPTURE(stale);
        Place place;
        if (stale) CHECK(web::open_unix(place.server));
        int gate[2];
        int door[2];
        REQUIRE(::pipe2(gate, O_CLOEXEC) == 0);
        REQUIRE(::pipe2(door, O_CLOEXEC) == 0);
        std::vector<pid_t> children;
        for (int i = 0; i < 8; ++i) children.push_back(starter(place.server, gate[0], gate[1], door[0], door[1]));
        ::close(gate[0]);
        ::close(gate[1]);
        while (children.size() > 1) {  // the losers end by themselves
            int status = 0;
            const pid_t ended = ::waitpid(-1, &status, 0);
            REQUIRE(ended > 0);
            CHECK(WIFEXITED(status));
            CHECK(WEXITSTATUS(status) == 0);
            std::erase(children, ended);
        }
        CHECK(can_connect(place.server.file));
        ::close(door[0]);
        ::close(door[1]);
        int status = 0;
        REQUIRE(::waitpid(children[0], &status, 0) == children[0]);
        CHECK(WIFEXITED(status));
        CHECK(WEXITSTATUS(status) == 1);
    }
}

TEST_CASE("what goes wrong is told in Supervisor's words") {
    Place place;
    place.server.file = place.directory / "missing" / "socket";
    CHECK(web::open_unix(place.server).error() == "Cannot open an HTTP server: socket.error reported errno.ENOENT (2)");
    place.server.file = place.directory / std::string(200, 'x');
    CHECK(web::open_unix(place.server).error() == "Cannot open an HTTP server: socket.error reported AF_UNIX path too long");

    config::Server inet;
    inet.family = config::Server::Family::inet;
    inet.host = "203.0.113.1";
    inet.port = 9001;
    CHECK(web::open_inet(inet).error() == "Cannot open an HTTP server: socket.error reported errno.EADDRNOTAVAIL (99)");
    inet.host = "127.0.0.1";
    inet.port = 0;
    const auto first = web::open_inet(inet);
    REQUIRE(first);
    sockaddr_in address{};
    socklen_t length = sizeof address;
    REQUIRE(::getsockname(first->get(), reinterpret_cast<sockaddr*>(&address), &length) == 0);
    inet.port = ntohs(address.sin_port);
    CHECK(web::open_listening(inet).error() == in_use);
}

TEST_CASE("an owner that may not be given is told, and nothing is left") {
    if (::geteuid() != 0) return;  // needs another user to be
    Place place;
    REQUIRE(::chmod(place.directory.c_str(), 0777) == 0);
    place.server.chown = {0, 0};
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        if (::setgid(65534) != 0 || ::setuid(65534) != 0) ::_exit(3);
        const auto opened = web::open_unix(place.server);
        const std::string expected = "Not permitted to chown " + place.server.file +
                                     " to uid/gid (0, 0); adjust \"sockchown\" value in config file or on command line to "
                                     "values that the current user (nobody) can successfully chown";
        ::_exit(!opened && opened.error() == expected ? 0 : 1);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
    CHECK(place.names() == 0);
    place.server.chown = {65534, static_cast<gid_t>(-1)};
    REQUIRE(web::open_unix(place.server));
    struct stat status_of_socket {};
    REQUIRE(::stat(place.server.file.c_str(), &status_of_socket) == 0);
    CHECK(status_of_socket.st_uid == 65534);
    CHECK(place.mode() == 0700);
}
