#include "supervisorctl/outcome.hpp"

#include "common/api/names.hpp"
#include "common/base/text.hpp"
#include "supervisorctl/exit_status.hpp"

namespace supervisorctl {

namespace {

using api::Fault;

struct Row {
    Verb verb;
    Fault result;
    std::string_view words;  // empty: the description is the whole line
    int exit_status;
};

constexpr Row outcome_rows[] = {
    {Verb::start, Fault::success, "started", exit_status::success},
    {Verb::start, Fault::already_started, "ERROR (already started)", exit_status::success},
    {Verb::start, Fault::bad_name, "ERROR (no such process)", exit_status::generic},
    {Verb::start, Fault::no_file, "ERROR (no such file)", exit_status::generic},
    {Verb::start, Fault::not_executable, "ERROR (file is not executable)", exit_status::generic},
    {Verb::start, Fault::spawn_error, "ERROR (spawn error)", exit_status::not_running},
    {Verb::start, Fault::abnormal_termination, "ERROR (abnormal termination)", exit_status::not_running},

    {Verb::stop, Fault::success, "stopped", exit_status::success},
    {Verb::stop, Fault::not_running, "ERROR (not running)", exit_status::success},
    {Verb::stop, Fault::bad_name, "ERROR (no such process)", exit_status::generic},
    {Verb::stop, Fault::failed, "", exit_status::generic},

    {Verb::signal, Fault::success, "signalled", exit_status::success},
    {Verb::signal, Fault::bad_name, "ERROR (no such process)", exit_status::generic},
    {Verb::signal, Fault::bad_signal, "ERROR (bad signal name)", exit_status::generic},
    {Verb::signal, Fault::not_running, "ERROR (not running)", exit_status::not_running},
    {Verb::signal, Fault::failed, "", exit_status::generic},

    {Verb::clear, Fault::success, "cleared", exit_status::success},
    {Verb::clear, Fault::bad_name, "ERROR (no such process)", exit_status::generic},
    {Verb::clear, Fault::failed, "ERROR (failed)", exit_status::generic},
};

}  // namespace

std::string_view name(Verb verb) {
    switch (verb) {
        case Verb::start: return "start";
        case Verb::stop: return "stop";
        case Verb::signal: return "signal";
        case Verb::clear: return "clear";
    }
    return "";
}

std::optional<Report> report(Verb verb, const Outcome& outcome) {
    for (const Row& row : outcome_rows) {
        if (row.verb != verb || row.result != outcome.status) continue;
        if (row.words.empty()) return Report{outcome.description, row.exit_status};
        return Report{base::concat(api::full_name(outcome.group, outcome.name), ": ", row.words), row.exit_status};
    }
    return std::nullopt;
}

}  // namespace supervisorctl
