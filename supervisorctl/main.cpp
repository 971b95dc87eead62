// supervisorctl: a command, or the shell.
#include <signal.h>
#include <sys/auxv.h>
#include <unistd.h>

#include <exception>

#include "common/base/fd.hpp"
#include "common/base/text.hpp"
#include "common/config/command_line.hpp"
#include "supervisorctl/arguments.hpp"
#include "supervisorctl/exit_status.hpp"
#include "supervisorctl/shell.hpp"

namespace {

using namespace supervisorctl;

int run(Invocation invocation) {
    Terminal terminal(STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO);
    Session session(std::move(invocation.settings), terminal);
    if (invocation.has_command) {
        session.run(invocation.command_line);
        return session.status();
    }
    run_shell(session);
    return exit_status::success;
}

/// The path of the program as the kernel was given it, which argv[0] is not when it was found through PATH.
std::string executed_path(const char* argv0) {
    const auto address = ::getauxval(AT_EXECFN);
    return address ? reinterpret_cast<const char*>(address) : argv0;
}

}  // namespace

int main(int argc, char** argv) try {
    base::fill_standard_descriptors();
    const std::string program = executed_path(argv[0]);
    const std::vector<std::string> words(argv + (argc > 0 ? 1 : 0), argv + argc);
    auto read = read_arguments(words, program, config::Surroundings::of_this_process());
    if (const auto* wrong = std::get_if<UsageError>(&read)) {
        (void)base::write_all(STDERR_FILENO, config::usage_error(program, wrong->message));
        return exit_status::invalid_arguments;
    }
    if (std::holds_alternative<HelpWanted>(read))
        return base::write_all(STDOUT_FILENO, help_text(program)) ? exit_status::success : exit_status::generic;
    return run(std::get<Invocation>(std::move(read)));
} catch (const Interrupted&) {
    ::signal(SIGINT, SIG_DFL);
    ::raise(SIGINT);  // whoever waits for us sees what ended us
} catch (const std::exception& trouble) {
    (void)base::write_all(STDERR_FILENO, base::concat("supervisorctl: ", trouble.what(), '\n'));
    return exit_status::generic;
}
