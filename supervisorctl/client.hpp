// HTTP/1.1 to one server, over a Unix socket or TCP: requests on one connection that is kept, and streams, each on a
// connection of its own.  Everything that keeps an answer from coming is thrown as Trouble; Ctrl-C while waiting as
// Interrupted.  Does not know what is in the bodies: that is remote.hpp.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/clock.hpp"
#include "common/base/fd.hpp"
#include "common/config/server_url.hpp"
#include "supervisorctl/interrupt.hpp"

namespace supervisorctl {

struct Credentials {
    std::string username, password;
};

/// Where to connect and what to say about oneself.
struct Server {
    config::ServerUrl url;
    std::optional<Credentials> credentials;
};

struct HttpAnswer {
    unsigned status = 0;
    std::string reason;
    std::string body;
};

class Client {
public:
    Client(Server server, const Interrupt& interrupt) : server_(std::move(server)), interrupt_(interrupt) {}

    /// No limit: as long as it takes.
    [[nodiscard]] HttpAnswer post(std::string_view path, std::string_view type, std::string_view body,
                                  std::optional<std::chrono::milliseconds> limit);
    /// The two halves of post(), for those who ask several servers, or one several times, before they wait.
    void ask(std::string_view path, std::string_view type, std::string_view body);
    [[nodiscard]] HttpAnswer answer(std::optional<std::chrono::milliseconds> limit);
    /// Called now and then while an answer does not come; nothing: nobody is.
    void meanwhile(std::function<void()> work) { meanwhile_ = std::move(work); }
    /// The next request goes over a connection of its own.
    void hang_up() { socket_.reset(); }
    [[nodiscard]] const Server& server() const { return server_; }

private:
    Server server_;
    const Interrupt& interrupt_;
    base::Fd socket_;  // empty when the next request needs a new connection
    base::Fd asked_;   // an answer comes on it
    std::function<void()> meanwhile_;

    void wait_for_answer(int socket, std::optional<base::Time> deadline, std::chrono::milliseconds limit);
};

/// Escapes what may not stand in a path; keeps ":" and "/".
[[nodiscard]] std::string escaped_path(std::string_view path);

/// The answer to one GET whose body is read while it grows.
class Stream {
public:
    /// Returns when the head of the answer is there.  position: where another stream was cut off; empty: none was.
    Stream(const Server& server, std::string_view path, const Interrupt& interrupt, const std::string& position = "");
    Stream(Stream&&) noexcept;
    Stream& operator=(Stream&&) noexcept;
    ~Stream();

    [[nodiscard]] unsigned status() const;
    /// What came to its end, and was not cut off.
    [[nodiscard]] bool is_whole() const;
    /// Where in its log it is now; empty: the server does not say.
    [[nodiscard]] std::string position() const;
    /// Whether it goes on where the other was cut off.
    [[nodiscard]] bool goes_on() const { return goes_on_; }
    /// For poll(2): when it is ready to be read, take().
    [[nodiscard]] int descriptor() const { return socket_.get(); }
    /// What has come of the body since the last time, which may be nothing yet; no value when it has ended.
    [[nodiscard]] std::optional<std::string> take();

private:
    struct Parser;

    base::Fd socket_;
    std::unique_ptr<Parser> parser_;
    std::string unread_;
    std::string file_;  // of the log, as the server calls it
    std::int64_t offset_ = 0;
    bool goes_on_ = false;
};

}  // namespace supervisorctl
