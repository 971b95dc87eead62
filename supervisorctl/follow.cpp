#include "supervisorctl/follow.hpp"

#include <poll.h>

#include "supervisorctl/exit_status.hpp"
#include "supervisorctl/session.hpp"

namespace supervisorctl {

using base::concat;

std::string log_path(const std::string& name, Channel channel) {
    return concat("/logtail/", escaped_path(name), channel == Channel::out ? "/stdout" : "/stderr");
}

std::optional<Stream> open_stream(Session& session, const std::string& path) {
    const Server& server = session.remote().server();
    const std::string url = server.url.text + path;
    try {
        Stream stream(server, path, session.terminal().interrupt());
        if (stream.status() == 200) return stream;
        session.terminal().complain(concat(url, " Cannot read, status code ", stream.status(), '\n'));
    } catch (const Trouble& trouble) {
        session.terminal().complain(concat(url, " Cannot connect, error: ", trouble.text, '\n'));
    }
    return std::nullopt;
}

void follow(Session& session, const std::string& path) {
    session.say("==> Press Ctrl-C to exit <==");
    try {
        auto stream = open_stream(session, path);
        if (!stream) return session.fail(exit_status::generic);
        while (const auto news = stream->take()) {
            session.terminal().write(*news);
            (void)session.terminal().interrupt().wait(stream->descriptor(), POLLIN, std::nullopt);
        }
    } catch (const Interrupted&) {
        session.say("");
    }
}

}  // namespace supervisorctl
