// What supervisorctl makes of the bytes that a server of HTTP sends: an answer, and a log that it follows.
#include <sys/socket.h>
#include <sys/un.h>

#include "supervisorctl/answer.hpp"
#include "supervisorctl/client.hpp"
#include "tests/fuzz/fuzz.hpp"

using fuzz::must;

namespace {

/// A server that has sent all it has to say, and closed, before anybody asks.
struct Listening {
    std::string path = fuzz::own_directory() + "/socket";
    base::Fd socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};

    Listening() {
        sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
        path.copy(address.sun_path, sizeof address.sun_path - 1);
        must(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 && ::listen(socket.get(), 4) == 0, "there is a socket");
    }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const Listening listening;
    static const supervisorctl::Interrupt interrupt;
    if (size > 60'000) return 0;  // what a socket holds
    const supervisorctl::Server server{config::parse_server_url("unix://" + listening.path).value(), {}};
    supervisorctl::Client client(server, interrupt);
    client.ask("/rpc", "text/plain", "body");
    {
        const base::Fd connection(::accept4(listening.socket.get(), nullptr, nullptr, SOCK_CLOEXEC));
        must(connection && ::send(connection.get(), data, size, MSG_NOSIGNAL) == static_cast<ssize_t>(size), "it can be sent");
    }
    try {
        (void)client.answer(std::chrono::milliseconds(10'000));
    } catch (const supervisorctl::Trouble& trouble) {
        must(trouble.text.find("unix://") != std::string::npos && trouble.text.find("within") == std::string::npos, "it is said who is the trouble");
    }
    return 0;
}
