// The bytes of one connection, part of session.cpp: reading ahead, writing in time, and noticing that the client has gone.
// Does not know what a request or an answer is.
#pragma once

#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>

#include "supervisord/web/server.hpp"

namespace web {

namespace asio = boost::asio;
using Protocol = asio::generic::stream_protocol;  // Unix or TCP: the same from here on
using Socket = Protocol::socket;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

class Wire {
public:
    Wire(Socket socket, const Limits& limits)
        : stream(std::move(socket)), buffer(limits.header_bytes + read_piece), limits_(limits) {}

    boost::beast::basic_stream<Protocol> stream;
    boost::beast::flat_buffer buffer;  // what has come and is not yet a request
    std::size_t written = 0;           // bytes of the present answer

    [[nodiscard]] bool closed() const { return closed_; }
    /// The coroutines end when the loop runs next.
    void close() {
        closed_ = true;
        stream.close();
    }
    void tell_news() {
        news_ = true;
        if (waiting_) stream.cancel();
    }
    void forget_news() { news_ = false; }
    /// Nothing has come that has not been taken.
    [[nodiscard]] bool is_silent();

    /// Waits, for as long as it takes, for the first bytes of a request.  Empty lines may stand before it; two with nothing
    /// behind them are a request in which nothing is.  False from here on: the connection is at its end.
    asio::awaitable<bool> begins();
    /// Reads the head of a request into a parser.  Counts for itself: Beast's limit is for what it has not understood yet, and
    /// who sends a head line by line could go on as long as there is memory.
    template <class Parser>
    asio::awaitable<boost::system::error_code> head(Parser& parser);
    /// Waits for what tell_news() tells, and reads ahead meanwhile.  False: the client has gone, or this server has.
    asio::awaitable<bool> news();
    /// False when it could not be sent, or not in time.
    asio::awaitable<bool> send(std::string text);
    /// The same, but who is too slow is still connected.  False: `left` is what was not sent in time; none of it when the
    /// client has gone.  The owner is kept until no timer of ours is left.
    asio::awaitable<bool> send_in_time(std::string_view& left, std::shared_ptr<const void> owner);
    /// Without waiting.
    void send_what_fits(std::string_view& left);
    /// Nothing more is said, and what the client says all the same is taken for a while: a socket closed with bytes unread
    /// is reset, and the client would lose the answer.
    asio::awaitable<void> farewell();

private:
    std::size_t skip_empty_lines();  // how many there were

    static constexpr std::size_t read_piece = 4096;            // while a client waits for its answer
    static constexpr std::size_t write_piece = 256 * 1024;     // has write_time to go out
    static constexpr std::size_t most_farewell = 1024 * 1024;  // bytes still taken from a client that was refused

    const Limits& limits_;
    bool news_ = false;     // what somebody waits for has come
    bool waiting_ = false;  // for news
    bool closed_ = false;
};

inline bool Wire::is_silent() {
    char byte = 0;
    return buffer.size() == 0 && ::recv(stream.socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) <= 0;
}

inline asio::awaitable<bool> Wire::begins() {
    std::size_t empty_lines = skip_empty_lines();
    while (buffer.size() == 0 && empty_lines < 2) {
        stream.expires_never();
        const auto [error, length] = co_await stream.async_read_some(buffer.prepare(read_piece), as_result);
        if (error || closed_) co_return false;
        buffer.commit(length);
        empty_lines += skip_empty_lines();
    }
    co_return buffer.size() > 0;
}

template <class Parser>
asio::awaitable<boost::system::error_code> Wire::head(Parser& parser) {
    using boost::beast::http::error;
    boost::system::error_code problem;
    for (std::size_t taken = 0;;) {
        const std::size_t used = parser.put(buffer.data(), problem);
        buffer.consume(used);
        taken += used;
        if (parser.is_header_done() || (problem && problem != error::need_more)) co_return problem;
        if (taken + buffer.size() > limits_.header_bytes) co_return error::header_limit;
        const auto [read_error, length] = co_await stream.async_read_some(buffer.prepare(read_piece), as_result);
        if (read_error == asio::error::eof) co_return error::partial_message;
        if (read_error) co_return read_error;
        buffer.commit(length);
    }
}

inline asio::awaitable<bool> Wire::news() {
    stream.expires_never();
    while (!news_) {
        boost::system::error_code error;
        waiting_ = true;
        if (buffer.size() < limits_.header_bytes) {
            const auto [read_error, length] = co_await stream.async_read_some(buffer.prepare(read_piece), as_result);
            if (!read_error) buffer.commit(length);
            error = read_error;
        } else {  // more requests than we want to hold: only look whether the client has gone
            const auto [wait_error] = co_await stream.socket().async_wait(asio::socket_base::wait_error, as_result);
            error = wait_error ? wait_error : make_error_code(asio::error::connection_reset);
        }
        waiting_ = false;
        if (closed_) co_return false;
        if (error && !news_) co_return false;
    }
    news_ = false;
    co_return true;
}

inline asio::awaitable<bool> Wire::send(std::string text) {
    std::string_view left = text;
    while (!left.empty()) {
        stream.expires_after(limits_.write_time);
        const std::string_view piece = left.substr(0, write_piece);
        const auto [error, length] = co_await stream.async_write_some(asio::buffer(piece.data(), piece.size()), as_result);
        if (error || closed_) co_return false;
        written += length;
        left.remove_prefix(length);
    }
    co_return true;
}

inline void Wire::send_what_fits(std::string_view& left) {
    while (!left.empty()) {
        const ssize_t count = ::send(stream.socket().native_handle(), left.data(), left.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return;
        written += static_cast<std::size_t>(count);
        left.remove_prefix(static_cast<std::size_t>(count));
        errno = 0;
    }
}

inline asio::awaitable<bool> Wire::send_in_time(std::string_view& left, std::shared_ptr<const void> owner) {
    asio::steady_timer timer(stream.get_executor());
    stream.expires_never();
    for (;;) {
        errno = 0;
        send_what_fits(left);
        const int error = errno;
        if (left.empty()) co_return true;
        if (error != EAGAIN) left = {};
        if (error != EAGAIN) co_return false;
        timer.expires_after(limits_.write_time);
        const auto too_late = [this, owner](const boost::system::error_code& cancelled) {
            if (!cancelled) stream.cancel();
        };
        timer.async_wait(too_late);
        const auto [waited] = co_await stream.socket().async_wait(asio::socket_base::wait_write, as_result);
        const bool in_time = timer.cancel() > 0;
        if (closed_ || (in_time && waited)) left = {};
        if (closed_ || !in_time || waited) co_return false;
    }
}

inline asio::awaitable<void> Wire::farewell() {
    boost::system::error_code ignored;
    stream.socket().shutdown(asio::socket_base::shutdown_send, ignored);
    stream.expires_after(limits_.farewell_time);
    buffer.clear();
    for (std::size_t taken = 0; taken < most_farewell;) {
        const auto [error, length] = co_await stream.async_read_some(buffer.prepare(read_piece), as_result);
        if (error || closed_) co_return;
        taken += length;
    }
}

inline std::size_t Wire::skip_empty_lines() {
    const auto* bytes = static_cast<const char*>(buffer.data().data());
    std::size_t empty = 0;
    while (empty + 1 < buffer.size() && bytes[empty] == '\r' && bytes[empty + 1] == '\n') empty += 2;
    buffer.consume(empty);
    return empty / 2;
}

}  // namespace web
