#include "supervisord/web/site.hpp"

#include <ctime>
#include <optional>
#include <utility>

#include "common/api/log_stream.hpp"
#include "common/api/names.hpp"
#include "common/base/text.hpp"
#include "supervisord/rpc/jsonrpc.hpp"
#include "supervisord/rpc/xmlrpc.hpp"
#include "supervisord/web/form.hpp"
#include "supervisord/web/pages.hpp"
#include "supervisord/web/panel.hpp"
#include "supervisord/web/router.hpp"

namespace web {

namespace {

using Answered = std::function<void(Answer)>;

std::optional<logs::Follower::Position> read_position(const std::optional<std::string>& text) {
    const auto colon = text ? text->find(':') : std::string::npos;
    if (colon == std::string::npos) return std::nullopt;
    logs::Follower::Position position;
    const std::string_view view = *text;
    if (!base::parse_digits(view.substr(0, colon), position.file) || !base::parse_digits(view.substr(colon + 1), position.offset))
        return std::nullopt;
    return position;
}

Answer follow(const std::string& path, const std::optional<std::string>& position, Headers headers) {
    if (path.empty()) return error_page(404);
    Stream stream{std::move(headers), path, logs::Follower(path)};
    const auto wanted = read_position(position);
    const bool goes_on = wanted && stream.follower.open_at(*wanted);
    if (!goes_on && !stream.follower.open()) return error_page(404);
    const auto begins = goes_on ? *wanted : stream.follower.position();
    stream.headers.insert(stream.headers.begin(), {"Last-Modified", http_date(stream.follower.modified())});
    // Else a browser shows nothing until it has seen enough, which of some logs takes hours, to tell what kind of text it is.
    stream.headers.emplace_back("X-Content-Type-Options", "nosniff");
    stream.headers.emplace_back(api::log_position_header, base::concat(begins.file, ":", begins.offset));
    return stream;
}

struct Answering {
    control::Supervisor& supervisor;
    const Request& request;
    Answered answered;

    void operator()(const Refuse& refuse) {
        Response page = error_page(refuse.status, refuse.why);
        if (refuse.status == 405) page.headers.emplace_back("Allow", "POST");
        answered(std::move(page));
    }

    void operator()(const CallXml&) {
        if (request.body.empty()) return answered(error_page(400));
        rpc::answer_xml(supervisor, request.body, [answered = answered](rpc::XmlAnswer answer) {
            if (answer.status != 200) return answered(error_page(answer.status));
            answered(Response{200, {{"Content-Type", "text/xml"}}, std::move(answer.body)});
        });
    }

    void operator()(const CallJson&) {
        rpc::answer_json(supervisor, request.body, [answered = answered](std::string text) {
            if (text.empty()) return answered(Response{204});
            answered(Response{200, {{"Content-Type", "application/json"}}, std::move(text)});
        });
    }

    void operator()(const Redirect& redirect) {
        Response page = error_page(301);
        page.headers.emplace_back("Location", redirect.location);
        answered(std::move(page));
    }

    void operator()(const FollowProcess& wanted) {
        const auto [group, name] = api::parse_name(wanted.name);
        const control::Process* process = name ? supervisor.find(group, *name) : nullptr;
        if (!process) return answered(error_page(404));
        answered(follow(process->logfile(wanted.channel), request.head.log_position,
                        {{"Content-Type", "text/plain;charset=utf-8"}, {"X-Accel-Buffering", "no"}}));
    }

    void operator()(const FollowMain&) {
        answered(follow(supervisor.logfile(), request.head.log_position, {{"Content-Type", "text/plain;charset=utf-8"}}));
    }

    void operator()(const ShowStatus&) {
        if (request.body.size() > Form::most_bytes) return answered(error_page(413));
        answer_status(supervisor, Form(request.head.target, request.body), [answered = answered](Response response) {
            answered(std::move(response));
        });
    }

    void operator()(const ShowTail&) {
        if (request.body.size() > Form::most_bytes) return answered(error_page(413));
        answered(tail_response(supervisor, Form(request.head.target, request.body)));
    }

    void operator()(const ShowOk&) { answered(Response{200, {{"Content-Type", "text/plain"}}, "OK"}); }

    /// It changes with the program alone: as long as this one runs, whoever has it knows it.
    void operator()(const ShowStylesheet&) {
        static const std::time_t begun = std::time(nullptr);
        const std::string modified = http_date(begun);
        const auto known = request.head.if_modified_since ? read_http_date(*request.head.if_modified_since) : std::nullopt;
        if (known && *known >= begun) return answered(Response{304, {{"Last-Modified", modified}}});
        answered(Response{200, {{"Last-Modified", modified}, {"Content-Type", "text/css"}}, std::string(stylesheet())});
    }
};

}  // namespace

void answer(control::Supervisor& supervisor, const Request& request, std::function<void(Answer)> answered) {
    std::visit(Answering{supervisor, request, std::move(answered)}, route(request.head));
}

}  // namespace web
