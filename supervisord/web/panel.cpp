#include "supervisord/web/panel.hpp"

#include <algorithm>
#include <ctime>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/api/names.hpp"
#include "common/base/text.hpp"
#include "supervisord/rpc/methods.hpp"
#include "supervisord/rpc/selection.hpp"
#include "supervisord/web/pages.hpp"
#include "supervisord/web/router.hpp"

namespace web {

namespace {

constexpr std::int64_t least_tail = 1024, most_tail = 1024 * 1024;  // bytes of a log on a page

using Tell = std::function<void(std::string)>;  // what came of an action, as people read it

Response page(std::string html) {
    return {200,
            {{"Content-Type", "text/html;charset=utf-8"},
             {"Pragma", "no-cache"},
             {"Cache-Control", "no-cache"},
             {"Expires", "Thu, 01 Jan 1970 00:00:00 GMT"},
             {"Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src data:; frame-ancestors 'self'"},
             {"Referrer-Policy", "same-origin"},
             {"X-Content-Type-Options", "nosniff"},
             {"Set-Cookie", base::concat(page_cookie, "; Path=/; HttpOnly; SameSite=Strict")}},
            std::move(html)};
}

/// Relative, for a proxy may have another name and path than this server.
Response back_with(std::string_view message) {
    Response response = error_page(303);
    response.headers.emplace_back("Location", base::concat("./?message=", percent_encoded(message)));
    response.headers.emplace_back("Cache-Control", "no-cache");
    return response;
}

/// "Sun Nov  8 07:39:36 2026"
std::string local_time() {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    ::localtime_r(&now, &parts);
    char text[64];
    return std::string(text, std::strftime(text, sizeof text, "%a %b %e %H:%M:%S %Y", &parts));
}

std::string unexpected(const api::Refusal& refusal) {
    return base::concat("unexpected rpc fault [", api::code(refusal.fault), "] ", refusal.text());
}

std::string start_failure(const std::string& name, const api::Refusal& refusal) {
    const auto why = [&]() -> std::string {
        if (refusal.fault == api::Fault::no_file) return "no such file";
        if (refusal.fault == api::Fault::not_executable) return "file not executable";
        if (refusal.fault == api::Fault::already_started) return "already started";
        if (refusal.fault == api::Fault::spawn_error) return "spawn error";
        if (refusal.fault == api::Fault::abnormal_termination) return "abnormal termination";
        return unexpected(refusal);
    };
    return base::concat("ERROR: Process ", name, ": ", why());
}

void start(control::Supervisor& supervisor, const std::string& name, std::string_view done, const Tell& tell) {
    const rpc::Reply<rpc::TrueOrResults> started([name, done = std::string(done), tell](const auto& result) {
        const auto* refusal = std::get_if<api::Refusal>(&result);
        tell(refusal ? start_failure(name, *refusal) : base::concat("Process ", name, " ", done));
    });
    rpc::start_process(supervisor, started, name, true);
}

void stop(control::Supervisor& supervisor, const std::string& name, const Tell& tell) {
    const rpc::Reply<rpc::TrueOrResults> stopped([name, tell](const auto& result) {
        const auto* refusal = std::get_if<api::Refusal>(&result);
        tell(refusal ? unexpected(*refusal) : base::concat("Process ", name, " stopped"));
    });
    rpc::stop_process(supervisor, stopped, name, true);
}

/// Whether it ran or not: what counts is how the start ends.
void restart(control::Supervisor& supervisor, const std::string& name, const Tell& tell) {
    const rpc::Reply<rpc::TrueOrResults> stopped([&supervisor, name, tell](const auto&) {
        start(supervisor, name, "restarted", tell);
    });
    rpc::stop_process(supervisor, stopped, name, true);
}

void clear(control::Supervisor& supervisor, const std::string& name, const Tell& tell) {
    const auto cleared = rpc::clear_process_logs(supervisor, name);
    const auto* refusal = std::get_if<api::Refusal>(&cleared);
    tell(refusal ? unexpected(*refusal) : base::concat("Log for ", name, " cleared"));
}

void stop_all(control::Supervisor& supervisor, const Tell& tell) {
    const rpc::Reply<rpc::ProcessResults> stopped([tell](const auto&) { tell(base::concat("All stopped at ", local_time())); });
    rpc::stop_all_processes(supervisor, stopped, true);
}

void restart_all(control::Supervisor& supervisor, const Tell& tell) {
    const rpc::Reply<rpc::ProcessResults> started([tell](const auto&) { tell(base::concat("All restarted at ", local_time())); });
    const rpc::Reply<rpc::ProcessResults> stopped([&supervisor, started](const auto&) {
        rpc::start_all_processes(supervisor, started, true);
    });
    rpc::stop_all_processes(supervisor, stopped, true);
}

/// False: there is no such action.
bool act(control::Supervisor& supervisor, const std::string& action, const std::string& name, const Tell& tell) {
    const bool is_of_all = action == "refresh" || action == "stopall" || action == "restartall";
    const bool is_of_one = action == "start" || action == "stop" || action == "restart" || action == "clearlog";
    if (!is_of_all && (!is_of_one || name.empty())) return false;
    if (action == "refresh") {
        tell(base::concat("Page refreshed at ", local_time()));
        return true;
    }
    if (supervisor.mood() != api::Mood::running) tell(unexpected({api::Fault::shutdown_state, {}}));
    else if (action == "stopall") stop_all(supervisor, tell);
    else if (action == "restartall") restart_all(supervisor, tell);
    else if (!rpc::find_process(supervisor, name)) tell(base::concat("No such process named ", name));
    else if (action == "start") start(supervisor, name, "started", tell);
    else if (action == "stop") stop(supervisor, name, tell);
    else if (action == "restart") restart(supervisor, name, tell);
    else clear(supervisor, name, tell);
    return true;
}

std::vector<Row> rows(control::Supervisor& supervisor) {
    std::vector<control::Process*> processes = rpc::all_processes(supervisor);
    std::ranges::sort(processes, {}, [](control::Process* one) { return std::tie(one->group(), one->name()); });
    std::vector<Row> rows;
    for (control::Process* process : processes)
        rows.push_back({api::full_name(process->group(), process->name()), process->state(), process->description()});
    return rows;
}

std::int64_t read_limit(const std::string& text) {
    const auto number = base::parse_int(text);
    return number ? std::clamp(*number, least_tail, most_tail) : least_tail;
}

std::string tail_text(control::Supervisor& supervisor, const std::string& name, std::int64_t limit) {
    if (name.empty()) return "No process name found";
    auto read = rpc::read_process_stdout_log(supervisor, name, -limit, 0);
    const auto* refusal = std::get_if<api::Refusal>(&read);
    if (!refusal) return base::to_utf8(std::get<std::string>(read));
    if (refusal->fault == api::Fault::no_file) return base::concat("No file for ", name);
    return base::concat("ERROR: ", unexpected(*refusal));
}

}  // namespace

void answer_status(control::Supervisor& supervisor, const Form& form, const Respond& respond) {
    const std::string action = form.get("action");
    if (action.empty()) return respond(page(status_page(rows(supervisor), form.get("message"))));
    const Tell tell = [respond](const std::string& message) { respond(back_with(message)); };
    if (!act(supervisor, action, form.get("processname"), tell)) respond(error_page(400));
}

Response tail_response(control::Supervisor& supervisor, const Form& form) {
    const std::string name = form.get("processname");
    const std::int64_t limit = read_limit(form.get("limit"));
    return page(tail_page(name, tail_text(supervisor, name, limit), static_cast<std::size_t>(limit)));
}

}  // namespace web
