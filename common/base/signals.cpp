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

// As kill(1) and Python count; the C library keeps 32 and 33 for itself.
constexpr int first_real_time = 34;
constexpr int last_real_time = 64;

constexpr Name names[] = {
    {SIGHUP, "HUP"},     {SIGINT, "INT"},       {SIGQUIT, "QUIT"},   {SIGILL, "ILL"},   {SIGTRAP, "TRAP"},
    {SIGABRT, "ABRT"},   {SIGBUS, "BUS"},       {SIGFPE, "FPE"},     {SIGKILL, "KILL"}, {SIGUSR1, "USR1"},
    {SIGSEGV, "SEGV"},   {SIGUSR2, "USR2"},     {SIGPIPE, "PIPE"},   {SIGALRM, "ALRM"}, {SIGTERM, "TERM"},
    {SIGSTKFLT, "STKFLT"}, {SIGCHLD, "CHLD"},   {SIGCONT, "CONT"},   {SIGSTOP, "STOP"}, {SIGTSTP, "TSTP"},
    {SIGTTIN, "TTIN"},   {SIGTTOU, "TTOU"},     {SIGURG, "URG"},     {SIGXCPU, "XCPU"}, {SIGXFSZ, "XFSZ"},
    {SIGVTALRM, "VTALRM"}, {SIGPROF, "PROF"},   {SIGWINCH, "WINCH"}, {SIGPOLL, "POLL"}, {SIGPWR, "PWR"},
    {SIGSYS, "SYS"},     {first_real_time, "RTMIN"}, {last_real_time, "RTMAX"},
    // Other names of the same; a number is shown by the first.
    {SIGABRT, "IOT"},    {SIGCHLD, "CLD"},      {SIGPOLL, "IO"},
};

/// "RTMIN+3", "RTMAX-3".
std::optional<int> parse_real_time(std::string_view name) {
    const bool upwards = name.starts_with("RTMIN+");
    std::int64_t distance = 0;
    if (!upwards && !name.starts_with("RTMAX-")) return std::nullopt;
    if (!parse_digits(name.substr(6), distance) || distance > last_real_time - first_real_time) return std::nullopt;
    return upwards ? first_real_time + static_cast<int>(distance) : last_real_time - static_cast<int>(distance);
}

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
    return parse_real_time(name);
}

std::string signal_word(int number) {
    for (const auto& row : names)
        if (row.number == number) return std::string(row.name);
    if (number > first_real_time && number < last_real_time) return concat("RTMIN+", number - first_real_time);
    return std::to_string(number);
}

NoSignals::NoSignals() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
}
NoSignals::~NoSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

bool send_signal(pid_t pid, int number) {
    if (pid <= 1) return errno = EINVAL, false;
    return ::kill(pid, number) == 0;
}

bool send_signal_to_group(pid_t group, int number) {
    if (group <= 1) return errno = EINVAL, false;
    return ::kill(-group, number) == 0;
}

}  // namespace base
