#include "common/base/signals.hpp"

#include <csignal>

#include <cerrno>

#include "common/base/text.hpp"

namespace base {

namespace {

struct Name {
    int number;
    std::string_view name;
};

constexpr Name names[] = {
    {SIGHUP, "HUP"},     {SIGINT, "INT"},       {SIGQUIT, "QUIT"},   {SIGILL, "ILL"},   {SIGTRAP, "TRAP"},
    {SIGABRT, "ABRT"},   {SIGBUS, "BUS"},       {SIGFPE, "FPE"},     {SIGKILL, "KILL"}, {SIGUSR1, "USR1"},
    {SIGSEGV, "SEGV"},   {SIGUSR2, "USR2"},     {SIGPIPE, "PIPE"},   {SIGALRM, "ALRM"}, {SIGTERM, "TERM"},
    {SIGSTKFLT, "STKFLT"}, {SIGCHLD, "CHLD"},   {SIGCONT, "CONT"},   {SIGSTOP, "STOP"}, {SIGTSTP, "TSTP"},
    {SIGTTIN, "TTIN"},   {SIGTTOU, "TTOU"},     {SIGURG, "URG"},     {SIGXCPU, "XCPU"}, {SIGXFSZ, "XFSZ"},
    {SIGVTALRM, "VTALRM"}, {SIGPROF, "PROF"},   {SIGWINCH, "WINCH"}, {SIGPOLL, "POLL"}, {SIGPWR, "PWR"},
    {SIGSYS, "SYS"},     {34, "RTMIN"},         {64, "RTMAX"},
    // Other names of the same; a number is shown by the first.
    {SIGABRT, "IOT"},    {SIGCHLD, "CLD"},      {SIGPOLL, "IO"},
};

}  // namespace

std::string signal_name(int number) {
    for (const auto& row : names)
        if (row.number == number) return concat("SIG", row.name);
    return concat("signal ", number);
}

std::optional<int> parse_signal(std::string_view text) {
    if (const auto number = parse_int(text)) {
        if (*number == 0) return 0;
        for (const auto& row : names)
            if (row.number == *number) return row.number;
        return std::nullopt;
    }
    const std::string wanted = upper(strip(text));
    std::string_view name = wanted;
    if (name.starts_with("SIG")) name.remove_prefix(3);
    for (const auto& row : names)
        if (row.name == name) return row.number;
    return std::nullopt;
}

bool send_signal(pid_t pid, int number) {
    if (pid <= 1) return errno = EINVAL, false;
    return ::kill(pid, number) == 0;
}

bool send_signal_to_group(pid_t group, int number) {
    if (group <= 1) return errno = EINVAL, false;
    return ::kill(-group, number) == 0;
}

}  // namespace base
