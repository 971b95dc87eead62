// Requests, read as web/session.cpp does it, and what they are answered with.
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "supervisord/web/auth.hpp"
#include "supervisord/web/head.hpp"
#include "supervisord/web/site.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/support/fake_supervisor.hpp"

using fuzz::must;
namespace http = boost::beast::http;

namespace {

const std::string& log_file() {
    static const std::string path = [] {
        std::string made = fuzz::own_directory() + "/log";
        const auto file = base::open_file(made, O_WRONLY | O_CREAT, 0600);
        must(file && base::write_all(file->get(), "one\n\x1b[31m<b>two\xff\n"), "there is a log");
        return made;
    }();
    return path;
}

/// The head of an answer is of lines that we mean: nothing of the request has become one.
void check_head(const std::string& answer) {
    const auto end = answer.find("\r\n\r\n");
    must(answer.starts_with("HTTP/1.") && end != std::string::npos, "an answer has a head");
    for (std::size_t at = 0, stop = 0; at < end; at = stop + 2) {
        stop = answer.find("\r\n", at);
        const std::string_view line = std::string_view(answer).substr(at, stop - at);
        must(line.find_first_of("\r\n") == std::string_view::npos && (at == 0 || line.find(": ") != std::string_view::npos),
             "a line of a head is one");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    http::request_parser<http::string_body> parser;
    parser.eager(true);
    parser.header_limit(16 * 1024);
    parser.body_limit(1024 * 1024);
    boost::system::error_code error;
    boost::asio::const_buffer rest(data, size);
    while (!parser.is_done() && rest.size() > 0 && !error) rest += parser.put(rest, error);
    if (!parser.is_header_done() || (error && error != http::error::need_more)) return 0;

    web::Request request{web::read_head(parser.get()), {}};
    request.head.has_length = parser.content_length().has_value() || parser.chunked();
    request.body = parser.get().body();
    config::Server server;
    server.username = "me";
    for (const char* password : {"secret", "{SHA}e5e9fa1ba31ecd1ae84f75caaa474f3a663f05f4"}) {
        server.password = password;
        const auto look = web::look_at(server, request.head.authorization);
        must(look.verdict != web::Verdict::welcome || request.head.authorization, "nobody comes in without a word");
    }
    request.head.has_password = size % 2 != 0;

    fake::Supervisor supervisor;
    supervisor.its_logfile = log_file();
    supervisor.add("a", api::State::running).its_out = log_file();
    int answers = 0;
    web::answer(supervisor, request, [&](web::Answer answer) {
        ++answers;
        if (auto* response = std::get_if<web::Response>(&answer)) {
            check_head(web::write(*response, request.head, web::After::keep, 0));
        } else {
            auto& stream = std::get<web::Stream>(answer);
            check_head(web::write_stream_head(stream.headers, request.head, 0));
            for (int count = 0; count < 3; ++count) (void)stream.follower.read(8);
            (void)stream.follower.position();
        }
    });
    supervisor.run();
    for (auto& member : supervisor.active[0]->members) member->settle(api::State::running);
    supervisor.run();
    must(answers <= 1, "it is answered at most once");
    return 0;
}
