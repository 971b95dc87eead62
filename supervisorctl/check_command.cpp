// check: what is wrong with a configuration file, without any supervisord
#include "common/config/check.hpp"
#include "supervisorctl/exit_status.hpp"
#include "supervisorctl/families.hpp"
#include "supervisorctl/session.hpp"

namespace supervisorctl {

void check(Session& session, const Arguments& arguments) {
    if (arguments.size() > 1) {
        say_with_help(session, "Error: check accepts one file", "check");
        return session.fail(exit_status::invalid_arguments);
    }
    const std::string path = arguments.empty() ? session.settings().configuration : arguments.front();
    if (path.empty()) {
        session.say("Error: there is no configuration file at the usual places");
        return session.fail(exit_status::invalid_arguments);
    }
    auto surroundings = config::Surroundings::of_this_process();
    surroundings.strict = session.has(takes::strict);
    const auto reading = config::read(path, surroundings);
    session.terminal().write(session.has(takes::json) ? config::check_json(path, reading)
                                                      : config::check_text(path, reading));
    if (const int status = config::check_status(reading)) session.fail(status);
}

}  // namespace supervisorctl
