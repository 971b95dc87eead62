#include "supervisorctl/follow.hpp"

#include <poll.h>

#include <chrono>

#include "common/base/clock.hpp"
#include "supervisorctl/answer.hpp"
#include "supervisorctl/exit_status.hpp"
#include "supervisorctl/printing.hpp"
#include "supervisorctl/session.hpp"

namespace supervisorctl {

using base::concat;

namespace {

constexpr std::chrono::seconds patience{5};  // for another controller; the keeper starts it within one
constexpr std::chrono::milliseconds look_again{100};
constexpr unsigned unavailable = 503;

}  // namespace

std::string log_path(const std::string& name, Channel channel) {
    return concat("/logtail/", name, channel == Channel::out ? "/stdout" : "/stderr");
}

std::optional<Stream> open_stream(Session& session, const std::string& path) {
    const Server& server = session.remote().server();
    const std::string url = server.url.text + harmless(path);
    try {
        Stream stream(server, path, session.terminal().interrupt());
        if (stream.status() == 200) return stream;
        session.terminal().complain(concat(url, " Cannot read, status code ", stream.status(), '\n'));
    } catch (const Trouble& trouble) {
        session.terminal().complain(concat(url, " Cannot connect, error: ", harmless(trouble.text), '\n'));
    }
    return std::nullopt;
}

namespace {

/// Until it ends, or is cut off.
void print(Session& session, Stream& stream) {
    while (const auto news = stream.take()) {
        session.terminal().write(*news);
        (void)session.terminal().interrupt().wait(stream.descriptor(), POLLIN, std::nullopt);
    }
}

/// The same log from where a stream was cut off: another controller serves it in a moment.  Nothing: none does.
std::optional<Stream> open_again(Session& session, const std::string& path, const std::string& position) {
    const base::Time end = base::now() + patience;
    while (base::now() < end) {
        try {
            Stream stream(session.remote().server(), path, session.terminal().interrupt(), position);
            if (stream.status() == 200) return stream;
            if (stream.status() != unavailable) return std::nullopt;
        } catch (const Trouble&) {
            // not yet
        }
        (void)session.terminal().interrupt().wait(-1, 0, look_again);
    }
    return std::nullopt;
}

}  // namespace

bool follow(Session& session, const std::string& path) {
    session.say("==> Press Ctrl-C to exit <==");
    try {
        auto stream = open_stream(session, path);
        if (!stream) return session.fail(exit_status::generic), false;
        print(session, *stream);
        while (!stream->is_whole()) {
            const std::string position = stream->position();
            if (!position.empty()) stream = open_again(session, path, position);
            if (position.empty() || !stream) {
                session.terminal().complain(concat(session.remote().server().url.text, harmless(path), " Cannot read on, the connection was closed\n"));
                return session.fail(exit_status::generic), false;
            }
            if (!stream->goes_on()) session.terminal().complain("==> Connected again, something may be missing here <==\n");
            print(session, *stream);
        }
    } catch (const Interrupted&) {
        session.say("");
        return true;
    }
    return false;
}

}  // namespace supervisorctl
