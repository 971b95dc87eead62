// tail, maintail
#include <optional>

#include "supervisorctl/exit_status.hpp"
#include "supervisorctl/families.hpp"
#include "supervisorctl/follow.hpp"
#include "supervisorctl/printing.hpp"
#include "supervisorctl/session.hpp"

namespace supervisorctl {

using base::concat;

namespace {

struct Extent {
    bool follows = false;
    std::int64_t bytes = 1600;  // from the end; 0: everything
};

/// "-f" or "-100"
std::optional<Extent> parse_extent(std::string_view word) {
    if (word == "-f") return Extent{.follows = true};
    Extent extent;
    if (!word.starts_with('-') || !base::parse_digits(word.substr(1), extent.bytes)) return std::nullopt;
    return extent;
}

void fail(Session& session, std::string_view message) {
    session.say(message);
    session.fail(exit_status::generic);
}

void print(Session& session, const std::string& text) {
    session.terminal().write(text);
    session.say("");  // also after text that ends in a newline: Supervisor's habit
}

void print_json(Session& session, const std::vector<Member>& members) {
    session.terminal().write(json_object(members) + '\n');
}

void show_tail(Session& session, const std::string& name, Channel channel, std::int64_t bytes) {
    const auto text = session.remote().tail(name, channel, bytes);
    if (text.refused_for(api::Fault::no_file)) return fail(session, concat(name, ": ERROR (no log file)"));
    if (text.refused_for(api::Fault::failed))
        return fail(session, concat(name, ": ERROR (unknown error reading log)"));
    if (text.refused_for(api::Fault::bad_name)) return fail(session, concat(name, ": ERROR (no such process name)"));
    if (session.has(takes::json))
        print_json(session, {{"name", name},
                             {"channel", std::string(channel == Channel::out ? "stdout" : "stderr")},
                             {"text", text.value()}});
    else
        print(session, text.value());
}

}  // namespace

void tail(Session& session, const Arguments& arguments) {
    if (arguments.empty() || arguments.size() > 3) {
        say_with_help(session, arguments.empty() ? "Error: too few arguments" : "Error: too many arguments", "tail");
        return session.fail(exit_status::generic);
    }
    const std::size_t next = arguments[0].starts_with('-') ? 1 : 0;
    if (next == arguments.size()) return fail(session, "Error: tail requires process name");
    const std::string& name = arguments[next];
    Channel channel = Channel::out;
    if (next + 1 < arguments.size()) {
        const std::string word = base::lower(arguments.back());
        if (word != "stdout" && word != "stderr")
            return fail(session, concat("Error: bad channel ", base::python_repr(word)));
        if (word == "stderr") channel = Channel::err;
    }
    const auto extent = next == 0 ? Extent{} : parse_extent(arguments[0]);
    if (!extent) return fail(session, concat("Error: bad argument ", arguments[0]));
    if (extent->follows) return (void)follow(session, log_path(name, channel));
    show_tail(session, name, channel, extent->bytes);
}

void maintail(Session& session, const Arguments& arguments) {
    if (arguments.size() > 1) {
        say_with_help(session, "Error: too many arguments", "maintail");
        return session.fail(exit_status::generic);
    }
    const auto extent = arguments.empty() ? Extent{} : parse_extent(arguments[0]);
    if (!extent) return fail(session, concat("Error: bad argument ", arguments[0]));
    if (extent->follows) return (void)follow(session, "/mainlogtail");
    const auto text = session.remote().tail_main_log(extent->bytes);
    if (text.refused_for(api::Fault::no_file)) return fail(session, "supervisord: ERROR (no log file)");
    if (text.refused_for(api::Fault::failed))
        return fail(session, "supervisord: ERROR (unknown error reading log)");
    if (session.has(takes::json)) return print_json(session, {{"text", text.value()}});
    print(session, text.value());
}

}  // namespace supervisorctl
