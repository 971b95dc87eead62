#include "supervisorctl/client.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/chunk_encode.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cerrno>
#include <functional>
#include <tuple>
#include <utility>

#include "common/api/log_stream.hpp"
#include "common/base/base64.hpp"
#include "common/base/clock.hpp"
#include "common/base/text.hpp"
#include "supervisorctl/answer.hpp"
#include "supervisorctl/connect.hpp"

namespace supervisorctl {

namespace http = boost::beast::http;

using base::concat;
using Limit = std::optional<std::chrono::milliseconds>;
using ResponseParser = http::response_parser<http::string_body>;

namespace {

constexpr std::chrono::milliseconds pace{200};  // of what is done meanwhile
constexpr std::size_t answer_limit = std::size_t{1} << 30;  // bytes of a body: `tail -0` asks for a whole file
constexpr std::size_t head_limit = 64 * 1024;  // bytes that come before a body, or between and behind its chunks

[[noreturn]] void fail(const Server& server, std::string_view what) {
    throw Trouble(Trouble::Kind::other, concat(server.url.text, ' ', what));
}

std::string head(std::string_view verb, std::string_view path, const Server& server) {
    std::string out = concat(verb, ' ', path, " HTTP/1.1\r\nHost: ", server.url.authority(),
                             "\r\nUser-Agent: supervisorctl\r\n");
    if (server.credentials)
        out += concat("Authorization: Basic ",
                      base::base64(concat(server.credentials->username, ':', server.credentials->password)), "\r\n");
    return out;
}

void send_all(const base::Fd& socket, std::string_view bytes, const Server& server, const Interrupt& interrupt) {
    while (!bytes.empty()) {
        const ssize_t count = ::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count >= 0)
            bytes.remove_prefix(static_cast<std::size_t>(count));
        else if (errno == EAGAIN)
            (void)interrupt.wait(socket.get(), POLLOUT, std::nullopt);
        else if (errno == EPIPE || errno == ECONNRESET)
            return;  // it may have answered before it closed: a refusal is read next
        else if (errno != EINTR)
            fail(server, concat("cannot be written to: ", base::errno_text(errno)));
    }
}

/// Appends what has come.  False: the server has closed the connection.
bool receive(const base::Fd& socket, std::string& unread) {
    char buffer[65536];
    const ssize_t count = ::recv(socket.get(), buffer, sizeof buffer, 0);
    if (count > 0) unread.append(buffer, static_cast<std::size_t>(count));
    return count > 0 || (count < 0 && (errno == EAGAIN || errno == EINTR));
}

/// Feeds the parser with what was received, as far as it goes.  Beast limits what it has not understood yet of a head, and
/// nothing behind it: the bytes of the head are counted here, and what is left unread has a limit.
void parse(ResponseParser& parser, std::string& unread, std::size_t& head, const Server& server) {
    boost::system::error_code error;
    std::size_t used = 1;
    while (!unread.empty() && !parser.is_done() && !error && used > 0) {
        const bool in_head = !parser.is_header_done();
        used = parser.put(boost::asio::buffer(unread), error);
        unread.erase(0, used);
        if (in_head) head += used;
    }
    if (parser.is_header_done()) head = 0;
    const bool waits = error == http::error::need_more || (!error && !parser.is_done());
    if (waits && head + unread.size() <= head_limit) return;
    if (waits) error = http::error::header_limit;
    if (error) fail(server, concat("does not speak HTTP: ", error.message()));
}

/// An idle connection that the server has closed meanwhile, or on which it says what nobody asked for.
bool is_usable(const base::Fd& socket) {
    char byte;
    return socket && ::recv(socket.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

using Place = std::pair<std::string, std::int64_t>;  // a log, as the server calls it, and an offset in it

std::optional<Place> place_of(std::string_view text) {
    Place place;
    const auto colon = text.find(':');
    if (colon == std::string_view::npos || !base::parse_digits(text.substr(colon + 1), place.second)) return std::nullopt;
    place.first = std::string(text.substr(0, colon));
    return place;
}

}  // namespace

HttpAnswer Client::post(std::string_view path, std::string_view type, std::string_view body, Limit limit) {
    ask(path, type, body);
    return answer(limit);
}

void Client::ask(std::string_view path, std::string_view type, std::string_view body) {
    if (!is_usable(socket_)) socket_ = connect_to(server_.url, interrupt_);
    asked_ = std::move(socket_);
    send_all(asked_,
             concat(head("POST", path, server_), "Content-Type: ", type, "\r\nContent-Length: ", body.size(),
                    "\r\n\r\n", body),
             server_, interrupt_);
}

void Client::wait_for_answer(int socket, std::optional<base::Time> deadline, std::chrono::milliseconds limit) {
    for (;;) {
        Limit left;
        if (deadline) left = std::chrono::ceil<std::chrono::milliseconds>(*deadline - base::now());
        const bool is_last = !meanwhile_ || (left && *left <= pace);
        if (interrupt_.wait(socket, POLLIN, is_last ? left : Limit(pace))) return;
        if (is_last) fail(server_, concat("did not answer within ", limit.count() / 1000, " seconds"));
        meanwhile_();
    }
}

HttpAnswer Client::answer(Limit limit) {
    base::Fd socket = std::move(asked_);  // kept only when the answer is whole
    ResponseParser parser;
    parser.eager(true);
    parser.header_limit(head_limit);
    parser.body_limit(answer_limit);
    std::string unread;
    std::size_t head = 0;
    std::optional<base::Time> deadline;
    if (limit) deadline = base::now() + *limit;
    while (!parser.is_done()) {
        wait_for_answer(socket.get(), deadline, limit.value_or(std::chrono::milliseconds(0)));
        const bool open = receive(socket, unread);
        parse(parser, unread, head, server_);
        if (open || parser.is_done()) continue;
        boost::system::error_code error;
        if (parser.got_some()) parser.put_eof(error);
        if (error || !parser.is_done())
            throw Trouble(Trouble::Kind::cut_off, concat(server_.url.text, " closed the connection before it answered"));
    }
    http::response<http::string_body> answer = parser.release();
    if (answer.keep_alive() && unread.empty()) socket_ = std::move(socket);
    return {answer.result_int(), std::string(answer.reason()), std::move(answer.body())};
}

struct Stream::Parser {
    explicit Parser(const Server& from) : server(from) { parser.on_chunk_header(hear_chunk_header); }

    ResponseParser parser;
    std::size_t head = 0;  // bytes of it
    Server server;
    std::optional<Place> place;  // after a chunk that is no part of the log; less what of the body is counted by then
    std::function<void(std::uint64_t, boost::beast::string_view, boost::system::error_code&)> hear_chunk_header =
        [this](std::uint64_t size, boost::beast::string_view text, boost::system::error_code&) {
            http::chunk_extensions extensions;
            boost::system::error_code error;
            if (!text.empty()) extensions.parse(text, error);
            if (error) return;
            for (const auto& [name, value] : extensions) {
                if (name == "position") place = place_of({value.data(), value.size()});
                if (name == "position" && place) place->second -= static_cast<std::int64_t>(parser.get().body().size() + size);
            }
        };
};

std::string escaped_path(std::string_view path) {
    constexpr std::string_view kept = "-._~:/";
    constexpr char digits[] = "0123456789ABCDEF";
    std::string out;
    for (const char c : path) {
        const bool alphanumeric = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (alphanumeric || kept.find(c) != std::string_view::npos) {
            out += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out += '%';
        out += digits[byte >> 4];
        out += digits[byte & 15];
    }
    return out;
}

Stream::Stream(const Server& server, std::string_view path, const Interrupt& interrupt, const std::string& position)
    : socket_(connect_to(server.url, interrupt)), parser_(std::make_unique<Parser>(server)) {
    ResponseParser& parser = parser_->parser;
    parser.eager(true);
    parser.header_limit(head_limit);
    parser.body_limit(boost::none);
    const std::string wanted = concat(api::log_position_header, ": ", position, "\r\n");  // also without one: we understand the answer
    // Without `Connection: close`, for which the original's supervisord holds back what comes until it has 64 KiB.
    send_all(socket_, concat(head("GET", escaped_path(path), server), wanted, "\r\n"), server, interrupt);
    while (!parser.is_header_done()) {
        (void)interrupt.wait(socket_.get(), POLLIN, std::nullopt);
        const bool open = receive(socket_, unread_);
        parse(parser, unread_, parser_->head, server);
        if (!open && !parser.is_header_done()) fail(server, "closed the connection before it answered");
    }
    const std::string begins(parser.get()[api::log_position_header]);
    goes_on_ = !position.empty() && begins == position;
    if (auto place = place_of(begins)) std::tie(file_, offset_) = *place;
}

bool Stream::is_whole() const { return parser_->parser.is_done(); }

std::string Stream::position() const { return file_.empty() ? "" : concat(file_, ":", offset_); }

Stream::Stream(Stream&&) noexcept = default;
Stream& Stream::operator=(Stream&&) noexcept = default;
Stream::~Stream() = default;

unsigned Stream::status() const { return parser_->parser.get().result_int(); }

std::optional<std::string> Stream::take() {
    ResponseParser& parser = parser_->parser;
    const bool open = receive(socket_, unread_);
    parse(parser, unread_, parser_->head, parser_->server);
    std::string news = std::exchange(parser.get().body(), {});
    if (news.empty() && (!open || parser.is_done())) return std::nullopt;
    if (auto place = std::exchange(parser_->place, std::nullopt)) std::tie(file_, offset_) = *place;
    offset_ += static_cast<std::int64_t>(news.size());
    return news;
}

}  // namespace supervisorctl
