#include "supervisord/web/session.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <ctime>
#include <exception>
#include <list>
#include <optional>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>

#include "common/base/alarm.hpp"
#include "common/base/clock.hpp"
#include "common/base/text.hpp"
#include "supervisord/log/files.hpp"
#include "supervisord/web/auth.hpp"
#include "supervisord/web/head.hpp"
#include "supervisord/web/message.hpp"
#include "supervisord/web/router.hpp"
#include "supervisord/web/site.hpp"
#include "supervisord/web/wire.hpp"

namespace web {

namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;

constexpr std::chrono::milliseconds likely_time{500};  // for a request on its way, when the server winds down
constexpr std::chrono::seconds followed_is_looked_at{1};  // a log, for what others do with it
constexpr std::size_t stream_piece = 64 * 1024;    // of a followed log
// What the kernel holds for who follows a log; and room beyond it for the rest of a piece and the last line.
constexpr int stream_buffer = stream_piece, last_buffer = 16 * static_cast<int>(stream_piece);

/// "22/Nov/2026:07:44:54 +0000"
std::string access_time(std::time_t time) {
    std::tm parts{};
    ::localtime_r(&time, &parts);
    char text[64];
    return std::string(text, std::strftime(text, sizeof text, "%d/%b/%Y:%H:%M:%S %z", &parts));
}

void set_send_buffer(Socket& socket, int bytes) {
    error_code ignored;
    socket.set_option(asio::socket_base::send_buffer_size(bytes), ignored);
}

int status_of(const error_code& error) {
    if (error == http::error::header_limit || error == http::error::buffer_overflow) return 431;
    if (error == http::error::body_limit) return 413;
    return 400;
}

std::string position_extension(const logs::Follower::Position& position) {
    return base::concat(";position=\"", position.file, ':', position.offset, '"');
}

/// One connection.  At any time it waits for one thing: bytes, an answer, or a log that grows; while it waits for one of
/// the latter two it also reads ahead, so that it notices when the client has gone.
class Session : public Connection, public std::enable_shared_from_this<Session> {
public:
    Session(std::shared_ptr<Shared> shared, Socket socket, std::shared_ptr<Door> door, std::string peer)
        : shared_(std::move(shared)), door_(std::move(door)), peer_(std::move(peer)),
          wire_(std::move(socket), shared_->limits) {
        waiting_since = base::now();
        close = [this] { end(); };
        is_idle = [this] { return followed_ || is_silent(); };
        place_ = door_->connections.insert(door_->connections.end(), this);
    }
    ~Session() { leave(); }
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    void start();

private:
    using Parser = http::request_parser<http::string_body>;

    std::shared_ptr<Shared> shared_;
    std::shared_ptr<Door> door_;
    std::string peer_;
    Wire wire_;
    std::optional<std::list<Connection*>::iterator> place_;

    std::optional<Parser> parser_;
    Request request_;
    std::string request_line_;
    std::uint64_t number_ = 0;      // of the request; an answer to an earlier one comes too late
    std::optional<Passwords::Outcome> checked_;  // the credentials of the request
    std::optional<Answer> answer_;
    logs::Watch watch_;
    std::optional<Stream> followed_;  // a log, and nothing else any more

    [[nodiscard]] const Limits& limits() const { return shared_->limits; }

    asio::awaitable<void> run();
    asio::awaitable<bool> begin_of_request();
    asio::awaitable<bool> serve_request();
    void drop(std::string rest);
    asio::awaitable<void> refuse(int status);
    asio::awaitable<void> follow(Stream stream);

    void end();
    void leave();
    [[nodiscard]] bool is_silent();
    void take_head();
    asio::awaitable<int> authenticate();
    void begin_check(const Look& look);
    [[nodiscard]] int refusal() const;
    asio::awaitable<bool> has_room(Stream& stream);
    void ask();
    void log_access(int status);
    void complain(std::string_view what);
};

void Session::start() {
    const auto self = shared_from_this();
    const auto ended = [self](const std::exception_ptr& failure) {
        if (!failure || self->shared_->closed) return;
        try {
            std::rethrow_exception(failure);
        } catch (const std::exception& error) {
            self->complain(error.what());
        }
    };
    asio::co_spawn(shared_->loop, run(), ended);
}

/// What it holds of others goes at once; the coroutine ends when the loop runs next.
void Session::end() {
    leave();
    watch_ = {};
    answer_.reset();
    ++number_;
    wire_.close();
}

void Session::leave() {
    if (place_) door_->connections.erase(*place_);
    place_.reset();
}

asio::awaitable<void> Session::run() {
    for (;;) {
        const bool begun = co_await begin_of_request();
        if (!begun) co_return;
        const bool goes_on = co_await serve_request();
        if (!goes_on) co_return;
    }
}

asio::awaitable<bool> Session::begin_of_request() {
    parser_.reset();  // an idle connection holds no body
    request_ = {};
    waiting_since = base::now();
    return wire_.begins();
}

/// False: the connection is at its end.
asio::awaitable<bool> Session::serve_request() {
    parser_.emplace();
    parser_->header_limit(limits().header_bytes);
    parser_->body_limit(limits().body_bytes);
    request_line_.clear();
    wire_.written = 0;
    const base::Time begun = base::now();
    wire_.stream.expires_after(limits().request_time);

    const error_code head_error = co_await wire_.head(*parser_);
    if (wire_.closed()) co_return false;
    if (head_error.category() == http::make_error_code(http::error::bad_method).category()) {
        const bool cut_off = head_error == http::error::partial_message || head_error == http::error::end_of_stream;
        if (!cut_off) co_await refuse(status_of(head_error));
        co_return false;
    }
    if (head_error) co_return false;

    const auto left = limits().request_time - (base::now() - begun);  // what we need for the password is not the client's
    take_head();
    int status = co_await authenticate();
    if (wire_.closed()) co_return false;
    if (status == 0) status = refusal();
    if (status != 0) {
        co_await refuse(status);
        co_return false;
    }
    wire_.stream.expires_after(left);
    if (beast::iequals(parser_->get()[http::field::expect], "100-continue")) {
        std::string go_on("HTTP/1.1 100 Continue\r\n\r\n");
        const bool sent = co_await wire_.send(std::move(go_on));
        if (!sent) co_return false;
        wire_.stream.expires_after(left);
    }

    const auto [body_error, body_length] = co_await http::async_read(wire_.stream, wire_.buffer, *parser_, as_result);
    if (wire_.closed()) co_return false;
    if (body_error == http::error::body_limit || body_error == http::error::bad_chunk) {
        co_await refuse(status_of(body_error));
        co_return false;
    }
    if (body_error) co_return false;

    waiting_since.reset();
    ask();
    while (!answer_) {
        const bool there = co_await wire_.news();
        if (!there) co_return false;
    }
    Answer answered = *std::move(answer_);
    answer_.reset();
    auto* stream = std::get_if<Stream>(&answered);
    if (stream) {
        const bool room = co_await has_room(*stream);
        if (wire_.closed()) co_return false;
        if (!room) answered = error_page(503);
    }
    if (stream = std::get_if<Stream>(&answered); stream) {
        co_await follow(std::move(*stream));
        co_return false;
    }
    const Response& response = std::get<Response>(answered);
    const After after = parser_->get().keep_alive() && !shared_->winding_down ? After::keep : After::close;
    std::string text = write(response, request_.head, after, std::time(nullptr));
    const bool sent = co_await wire_.send(std::move(text));
    if (!wire_.closed()) log_access(response.status);
    co_return sent && after == After::keep;
}

/// No request has begun, nor is one in the socket (closed with that unread, the connection would be reset), nor is one
/// likely to be on its way.
bool Session::is_silent() {
    return !parser_ && waiting_since && base::now() - *waiting_since >= likely_time && wire_.is_silent();
}

/// An error page, after which nothing more of the client is wanted.
asio::awaitable<void> Session::refuse(int status) {
    Response page = error_page(status);
    if (status == 401) page.headers.emplace_back("WWW-Authenticate", "Basic realm=\"default\"");
    std::string text = write(page, request_.head, After::close, std::time(nullptr));
    const bool sent = co_await wire_.send(std::move(text));
    if (wire_.closed()) co_return;
    log_access(status);
    if (sent) co_await wire_.farewell();
}

/// Sends a log as it grows.  What is not yet sent stays in the file, so that a slow client costs no memory.
asio::awaitable<void> Session::follow(Stream stream) {
    logs::Follower& follower = followed_.emplace(std::move(stream)).follower;
    const std::weak_ptr<Session> weak = weak_from_this();
    watch_ = shared_->files.watch(followed_->path, [weak](logs::Watch::Change change, const logs::File* file) {
        const auto self = weak.lock();
        if (!self) return;
        if (change == logs::Watch::Change::emptying) self->followed_->follower.emptying(file->dev, file->ino);
        if (change == logs::Watch::Change::emptied) self->followed_->follower.emptied(file->dev, file->ino);
        self->wire_.tell_news();
    });
    asio::steady_timer look_again(shared_->loop);  // for what others do with the file
    set_send_buffer(wire_.stream.socket(), stream_buffer);
    std::string text = write_stream_head(followed_->headers, request_.head, std::time(nullptr));
    bool there = co_await wire_.send(std::move(text));
    while (there) {
        const std::string bytes = follower.read(stream_piece);
        if (bytes.empty()) {
            look_again.expires_after(followed_is_looked_at);
            look_again.async_wait([weak](const error_code& stopped) {
                if (const auto self = weak.lock(); self && !stopped) self->wire_.tell_news();
            });
            there = co_await wire_.news();
            continue;
        }
        std::string extension;
        if (follower.has_jumped() && request_.head.log_position) extension = position_extension(follower.position());
        const std::string chunk = write_chunk(bytes, request_.head, extension);
        std::string_view left = chunk;
        there = co_await wire_.send_in_time(left, shared_from_this());
        if (!there && !wire_.closed() && !left.empty()) drop(std::string(left));
    }
    watch_ = {};
    if (!wire_.closed()) log_access(200);
}

/// Tells one who is too slow for a log that it ends here, in what room the kernel still has for it.
void Session::drop(std::string rest) {
    const auto seconds = limits().write_time.count();
    rest += write_chunk(base::concat("\n==> Dropped, for nothing of it was read for ", seconds, " seconds <==\n"), request_.head);
    if (request_.head.minor > 0) rest += write_chunk("", request_.head);
    set_send_buffer(wire_.stream.socket(), last_buffer);
    std::string_view left = rest;
    wire_.send_what_fits(left);
    shared_->supervisor.log(config::LogLevel::info, base::concat(peer_, ": does not read the log that it follows, dropped"));
}

void Session::take_head() {
    Head& head = request_.head;
    head = read_head(parser_->get());
    head.has_length = parser_->content_length().has_value() || parser_->chunked();
    head.has_password = door_->section.username.has_value();  // else it goes no further
    head.is_for_all = door_->is_unix() || door_->section.insecure;
    request_line_ = base::concat(head.method, " ", head.target, " HTTP/1.", head.minor);
}

/// The status to refuse a stranger with, before the body has come; 0: none.  Closed when the client has gone meanwhile.
asio::awaitable<int> Session::authenticate() {
    const Look look = look_at(door_->section, request_.head.authorization);
    if (look.verdict == Verdict::malformed) co_return 400;
    if (look.verdict == Verdict::costly) begin_check(look);
    else checked_ = look.verdict == Verdict::welcome ? Passwords::Outcome::right : Passwords::Outcome::wrong;
    while (!checked_) {
        const bool there = co_await wire_.news();
        if (!there) end();
        if (!there) co_return 0;
    }
    if (*checked_ == Passwords::Outcome::busy) co_return 503;
    const std::string host = peer_.substr(0, peer_.rfind(':'));
    if (*checked_ == Passwords::Outcome::right) {
        if (door_->section.username) shared_->failures.forget(host);
        co_return 0;
    }
    // Who has sent nothing does not guess: browsers ask like this before they ask the user.
    if (!request_.head.authorization) co_return 401;
    const auto wait = shared_->failures.add(host, base::now());
    if (wait.count() > 0) {
        asio::steady_timer timer(shared_->loop, wait);
        co_await timer.async_wait(as_result);
    }
    co_return 401;
}

void Session::begin_check(const Look& look) {
    checked_.reset();
    wire_.forget_news();
    const std::weak_ptr<Session> weak = weak_from_this();
    const bool right_name = look.right_name;
    const auto memory = right_name ? Passwords::Memory::counts : Passwords::Memory::does_not;
    shared_->passwords.check(*door_->section.password, look.password, [weak, right_name](Passwords::Outcome outcome) {
        const auto self = weak.lock();
        if (!self) return;
        const bool wrong_name = outcome == Passwords::Outcome::right && !right_name;
        self->checked_ = wrong_name ? Passwords::Outcome::wrong : outcome;
        self->wire_.tell_news();
    }, memory);
}

/// What else can be refused before the body has come, which is then not read; 0: nothing.
int Session::refusal() const {
    const Route wanted = route(request_.head);
    const auto* refused = std::get_if<Refuse>(&wanted);
    return refused && refused->status == 411 ? 411 : 0;
}

/// A log that is followed takes a descriptor of its own for as long.
asio::awaitable<bool> Session::has_room(Stream& stream) {
    Room& room = shared_->room;
    if (!room.is_kept_from(*door_, stream.follower.descriptor())) co_return true;
    bool freed = room.free_descriptor(*door_);
    if (!freed && room.is_free_soon(*door_)) {
        asio::steady_timer moment(shared_->loop, Room::grace);
        const auto [error] = co_await moment.async_wait(as_result);
        if (error || wire_.closed()) co_return false;
        freed = room.free_descriptor(*door_);
    }
    if (!freed || !stream.follower.open_at(stream.follower.position())) co_return false;
    co_return !room.is_kept_from(*door_, stream.follower.descriptor());
}

void Session::ask() {
    base::alarm::begin();
    request_.body = std::move(parser_->get().body());
    const std::uint64_t number = ++number_;
    wire_.forget_news();
    const std::weak_ptr<Session> weak = weak_from_this();
    try {
        answer(shared_->supervisor, request_, [weak, number](Answer answered) {
            const auto self = weak.lock();
            if (!self || self->number_ != number || self->answer_) return;
            self->answer_ = std::move(answered);
            self->wire_.tell_news();
        });
    } catch (const std::exception& error) {
        complain(error.what());
        answer_ = error_page(500);
    }
    request_.body = {};
}

void Session::log_access(int status) {
    const std::string time = access_time(std::time(nullptr));
    shared_->supervisor.log(config::LogLevel::trace,
                            base::concat(peer_, " - - [", time, "] \"", request_line_, "\" ", status, " ", wire_.written));
}

void Session::complain(std::string_view what) {
    shared_->supervisor.log(config::LogLevel::error, base::concat(peer_, ":Server Error: ", what));
}

}  // namespace

void start_session(std::shared_ptr<Shared> shared, base::Fd fd, std::shared_ptr<Door> door, std::string peer) {
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &length);
    Socket socket(shared->loop, Protocol(address.ss_family, 0), fd.get());
    static_cast<void>(fd.release());
    std::make_shared<Session>(std::move(shared), std::move(socket), std::move(door), std::move(peer))->start();
}

}  // namespace web
