// Plays all roles for the tests: the keeper itself, a version that is tested, and a controller that is a puppet.  A puppet hands its link and its
// copy of the table to the test over the held descriptor "stage", and then does nothing but end when it is told to.
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <string_view>

#include "supervisord/keeper/keeper.hpp"
#include "supervisord/keeper/promotion.hpp"
#include "supervisord/keeper/table.hpp"
#include "tests/unit/keeper/stage.hpp"

namespace {

int succeed(const keeper::Snapshot& table) {
    std::vector<keeper::Ends> programs;
    for (const auto& slot : table.slots()) programs.push_back(keeper::ends_of(slot));
    std::vector<keeper::Holding> held;
    for (const auto& entry : table.header().held) held.push_back({entry.name, entry.fd});
    if (!keeper::keeper_is_gone(table.header().keeper_pid)) return 96;
    return keeper::become_keeper(programs, held, keeper::Upgrade::none, {}, [](const char* program, char* const* arguments) {
        ::execve(program, arguments, environ);
        return errno;
    });
}

int play_puppet(bool rebuild) {
    bool succeeds = false;
    const auto table = keeper::Snapshot::map(keeper::table_fd);
    if (!table) return 99;
    const int stage = table->held("stage");
    stage::Entrance entrance{.pid = ::getpid(), .rebuild = rebuild};
    iovec bytes{.iov_base = &entrance, .iov_len = sizeof entrance};
    alignas(cmsghdr) char control[CMSG_SPACE(2 * sizeof(int))] = {};
    msghdr header{};
    header.msg_iov = &bytes;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    cmsghdr* rights = CMSG_FIRSTHDR(&header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(2 * sizeof(int));
    const int descriptors[2] = {keeper::socket_fd, keeper::table_fd};
    std::memcpy(CMSG_DATA(rights), descriptors, sizeof descriptors);
    if (::sendmsg(stage, &header, MSG_NOSIGNAL) < 0) return 98;
    for (;;) {
        pollfd waited[2] = {{.fd = stage, .events = POLLIN, .revents = 0},
                            {.fd = keeper::socket_fd, .events = 0, .revents = 0}};
        if (::poll(waited, 2, -1) < 0) continue;
        if (waited[1].revents != 0) return succeeds ? succeed(*table) : 0;  // no keeper any more
        int code = 0;
        const ssize_t size = ::recv(stage, &code, sizeof code, MSG_DONTWAIT);
        if (size == 0) return 0;  // no test any more
        if (size > 0 && code == stage::crash) ::raise(SIGTRAP);  // no sanitizer has a handler for it
        if (size > 0 && code == stage::succeed) succeeds = true;
        else if (size > 0) return code;
    }
}

/// As the first copy says.
int play_tester() {
    char what = 0;
    if (::pread(keeper::examined_fd, &what, 1, 0) != 1) return 95;
    if (what == 'h') ::pause();
    if (::write(1, "tested\n", 7) != 7) return 94;
    return what == 't' ? 0 : 1;
}

}  // namespace

int main(int count, char** arguments) {
    const std::string_view role = count > 1 ? arguments[1] : "";
    if (role == "--keeper") return keeper::run({arguments + 2, arguments + count});
    if (role == keeper::self_test_argument) return play_tester();
    if (role == "--controller") return play_puppet(count > 2 && arguments[2] == std::string_view("--rebuild"));
    return 97;
}
