#include "common/config/kinds.hpp"

#include <algorithm>
#include <climits>
#include <cstdio>
#include <cstdlib>

#include "common/base/fd.hpp"
#include "common/base/signals.hpp"
#include "common/base/text.hpp"
#include "common/base/users.hpp"
#include "common/config/environment.hpp"
#include "common/config/event_types.hpp"
#include "common/config/utf8.hpp"

namespace config {

using base::concat;
using base::Error;
using base::Result;

std::string expand_home(std::string_view path, const Surroundings& machine) {
    const auto home = machine.environment.find("HOME");
    if (home == machine.environment.end() || !(path == "~" || path.starts_with("~/"))) return base::expand_home(path);
    std::string expanded = home->second;
    while (expanded.ends_with('/')) expanded.pop_back();
    expanded += path.substr(1);
    return expanded.empty() ? "/" : expanded;
}

Result<std::string> parse_name(std::string_view text) {
    const std::string_view name = base::strip(text);
    if (name.empty()) return Error{"Invalid name: '' because it is empty"};
    for (const char character : {' ', ':', '/'})
        if (name.find(character) != std::string_view::npos)
            return Error{concat("Invalid name: ", base::python_repr(text), " because of character: '", character, "'")};
    // Names stand in lines: of the log, of events, of tables.  (A value may have several lines.)
    const auto control = std::ranges::find_if(name, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; });
    if (control != name.end())
        return Error{concat("Invalid name: ", base::python_repr(name), " because of character: ", base::python_repr({control, 1}))};
    return std::string(name);
}

namespace kind {

namespace {

struct Unit {
    std::string_view suffix;
    std::int64_t bytes;
};
constexpr Unit units[] = {{"gb", 1024LL * 1024 * 1024}, {"mb", 1024LL * 1024}, {"kb", 1024}};

struct NamedLevel {
    std::string_view name;
    LogLevel level;
};
constexpr NamedLevel levels[] = {
    {"critical", LogLevel::critical}, {"error", LogLevel::error}, {"warn", LogLevel::warn},
    {"info", LogLevel::info},         {"debug", LogLevel::debug}, {"trace", LogLevel::trace},
    {"blather", LogLevel::blather},
};

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
    const std::string lower = base::lower(text);
    return std::find(words.begin(), words.end(), lower) != words.end();
}
bool is_true(std::string_view text) { return is_one_of(text, {"yes", "true", "on", "1"}); }
bool is_false(std::string_view text) { return is_one_of(text, {"no", "false", "off", "0"}); }

std::vector<std::string> list(std::string_view text) {
    std::vector<std::string> out;
    if (base::strip(text).empty()) return out;
    for (const auto piece : base::split(text, ',')) out.emplace_back(strip(piece));
    return out;
}

/// As Python's int(text, 8), whose limits nobody needs: modes are small.
std::optional<int> octal(std::string_view text) {
    text = base::strip(text);
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+')) text.remove_prefix(1);
    if (text.starts_with("0o") || text.starts_with("0O")) text.remove_prefix(2);
    if (!base::is_int(text)) return std::nullopt;
    int mode = 0;
    for (const char c : text) {
        if (c == '_') continue;
        if (c < '0' || c > '7') return std::nullopt;
        if (mode > INT_MAX / 8) return std::nullopt;
        mode = mode * 8 + (c - '0');
    }
    return negative ? -mode : mode;
}

/// Python's numbers have no end; beyond ours the last one stands for them, and the reader of the section warns.
Result<std::int64_t> integer(std::string_view text) {
    const auto number = base::parse_int(text);
    if (number || !base::is_int(text)) return number;
    return base::strip(text).starts_with('-') ? INT64_MIN : INT64_MAX;
}

Result<int> port_number(std::string_view text) {
    const auto number = base::parse_int(text);
    if (!base::is_int(text)) return Error{number.error()};
    const std::string shown = number ? std::to_string(*number) : std::string(base::strip(text));  // however large it is
    if (shown.starts_with('-') || shown == "0") return Error{concat(shown, " is below lower bound (1)")};
    if (!number || *number > 65535) return Error{concat(shown, " is above upper bound (65535)")};
    return static_cast<int>(*number);
}

}  // namespace

Result<std::string> Text::read(std::string_view text, const Surroundings&) { return std::string(text); }
std::string Text::write(const std::string& value) { return value; }

Result<std::string> Prefix::read(std::string_view text, const Surroundings&) {
    if (text.size() > limit || std::ranges::any_of(text, [](unsigned char c) { return c < ' ' && c != '\t' && c != '\x1b'; }))
        return Error{concat("invalid prefix ", base::python_repr(text), ": ", allowed)};
    return std::string(text);
}
std::string Prefix::write(const std::string& value) { return value; }

Result<std::int64_t> Integer::read(std::string_view text, const Surroundings&) { return integer(text); }
std::string Integer::write(std::int64_t value) { return std::to_string(value); }

Result<std::int64_t> Count::read(std::string_view text, const Surroundings&) { return integer(text); }
std::string Count::write(std::int64_t value) { return std::to_string(value); }

Result<std::int64_t> Seconds::read(std::string_view text, const Surroundings&) { return integer(text); }
std::string Seconds::write(std::int64_t value) { return std::to_string(value); }

Result<std::int64_t> Bytes::read(std::string_view text, const Surroundings&) {
    const std::string lower = base::lower(text);
    for (const auto& unit : units) {
        if (!lower.ends_with(unit.suffix)) continue;
        const auto number = integer(std::string_view(lower).substr(0, lower.size() - 2));
        if (!number) return number;
        std::int64_t bytes = 0;
        if (__builtin_mul_overflow(*number, unit.bytes, &bytes)) return *number < 0 ? INT64_MIN : INT64_MAX;
        return bytes;
    }
    return integer(lower);
}
std::string Bytes::write(std::int64_t value) {
    for (const auto& unit : units)
        if (value != 0 && value % unit.bytes == 0) return concat(value / unit.bytes, base::upper(unit.suffix));
    return std::to_string(value);
}

Result<std::int64_t> Backlog::read(std::string_view text, const Surroundings&) {
    const auto number = base::parse_int(text);
    if (number && (*number < 1 || *number > 65535)) return Error{concat("Invalid socket_backlog value ", text)};
    return number;
}
std::string Backlog::write(std::int64_t value) { return value == 0 ? "" : std::to_string(value); }

std::span<const std::string_view> Boolean::words() {
    static constexpr std::string_view all[] = {"true", "false", "yes", "no", "on", "off"};
    return all;
}
Result<bool> Boolean::read(std::string_view text, const Surroundings&) {
    if (is_true(text)) return true;
    if (is_false(text)) return false;
    return Error{concat("not a valid boolean value: ", base::python_repr(text))};
}
std::string Boolean::write(bool value) { return value ? "true" : "false"; }

Result<int> Octal::read(std::string_view text, const Surroundings&) {
    if (const auto mode = octal(text)) return *mode;
    return Error{concat(text, " can not be converted to an octal type")};
}
std::string Octal::write(int value) {
    char digits[16];
    std::snprintf(digits, sizeof digits, "%04o", static_cast<unsigned>(std::abs(value)));
    return concat(value < 0 ? "-" : "", std::abs(value) < 0100 ? digits + 1 : digits);
}

Result<std::string> Directory::read(std::string_view text, const Surroundings& machine) {
    std::string path = expand_home(text, machine);
    if (!machine.is_directory(path)) return Error{concat(text, " is not an existing directory")};
    return path;
}
std::string Directory::write(const std::string& value) { return value; }

Result<std::string> Path::read(std::string_view text, const Surroundings& machine) {
    std::string path = expand_home(text, machine);
    const std::string directory = base::directory_of(path);
    if (!directory.empty() && !machine.is_directory(directory))
        return Error{concat("The directory named as part of the path ", text, " does not exist")};
    return path;
}
std::string Path::write(const std::string& value) { return value; }

Result<LogFile> ChildLog::read(std::string_view text, const Surroundings& machine) {
    if (is_one_of(text, {"none", "off"})) return LogFile{LogFile::Kind::none, ""};
    if (is_one_of(text, {"auto"})) return LogFile{LogFile::Kind::automatic, ""};
    auto path = Path::read(text, machine);
    if (!path) return Error{path.error()};
    return LogFile{LogFile::Kind::path, *path};
}
std::string ChildLog::write(const LogFile& value) {
    switch (value.kind) {
    case LogFile::Kind::none: return "NONE";
    case LogFile::Kind::automatic: return "AUTO";
    case LogFile::Kind::path: return value.path;
    }
    return "";
}

Result<uid_t> User::read(std::string_view text, const Surroundings&) {
    const auto user = base::find_user(text);
    if (!user) return Error{user.error()};
    return user->uid;
}
std::string User::write(uid_t value) { return std::to_string(value); }

Result<Ownership> Owner::read(std::string_view text, const Surroundings&) {
    const auto colon = text.find(':');
    const auto user = base::find_user(text.substr(0, colon));
    if (!user) return Error{user.error()};
    if (colon == std::string_view::npos) return Ownership{user->uid, static_cast<gid_t>(-1)};
    const auto group = base::find_group(text.substr(colon + 1));
    if (!group) return Error{group.error()};
    return Ownership{user->uid, *group};
}
std::string Owner::write(const Ownership& value) {
    if (value.first == static_cast<uid_t>(-1)) return "";
    if (value.second == static_cast<gid_t>(-1)) return std::to_string(value.first);
    return concat(value.first, ':', value.second);
}

std::span<const std::string_view> Level::words() {
    static constexpr auto all = [] {
        std::array<std::string_view, std::size(levels)> names;
        std::ranges::transform(levels, names.begin(), &NamedLevel::name);
        return names;
    }();
    return all;
}
Result<LogLevel> Level::read(std::string_view text, const Surroundings&) {
    const std::string lower = base::lower(text);
    for (const auto& row : levels)
        if (row.name == lower) return row.level;
    return Error{concat("bad logging level name ", base::python_repr(text))};
}
std::string Level::write(LogLevel value) {
    for (const auto& row : levels)
        if (row.level == value) return std::string(row.name);
    return "";
}

Result<int> Signal::read(std::string_view text, const Surroundings&) {
    const auto number = base::parse_signal(text);
    if (number && *number != 0) return *number;  // 0 would stop nothing (Q27)
    const std::string_view what = base::is_int(text) ? "number" : "name";
    return Error{concat("value ", base::python_repr(text), " is not a valid signal ", what)};
}
std::span<const std::string_view> Signal::words() {
    // What people stop programs with.
    static constexpr std::string_view names[] = {"TERM", "HUP",   "INT",  "QUIT", "KILL", "USR1",
                                                 "USR2", "WINCH", "ABRT", "ALRM", "PWR"};
    return names;
}
std::string Signal::write(int value) { return base::signal_word(value); }

Result<std::vector<int>> ExitCodes::read(std::string_view text, const Surroundings&) {
    std::vector<int> codes;
    for (const auto& piece : list(text)) {
        const auto code = base::parse_int(piece);
        if (!code || *code < 0 || *code > 255)
            return Error{concat("not a valid list of exit codes: ", base::python_repr(text))};
        codes.push_back(static_cast<int>(*code));
    }
    return codes;
}
std::string ExitCodes::write(const std::vector<int>& value) {
    std::vector<std::string> codes;
    for (const int code : value) codes.push_back(std::to_string(code));
    return base::join(codes, ",");
}

std::span<const std::string_view> Restart::words() {
    static constexpr std::string_view all[] = {"true", "false", "unexpected"};
    return all;
}
Result<Autorestart> Restart::read(std::string_view text, const Surroundings&) {
    if (is_true(text)) return Autorestart::always;
    if (is_false(text)) return Autorestart::never;
    if (is_one_of(text, {"unexpected"})) return Autorestart::unexpected;
    return Error{concat("invalid 'autorestart' value ", base::python_repr(base::lower(text)))};
}
std::string Restart::write(Autorestart value) {
    switch (value) {
    case Autorestart::never: return "false";
    case Autorestart::unexpected: return "unexpected";
    case Autorestart::always: return "true";
    }
    return "";
}

Result<std::size_t> find_word(std::string_view option, std::string_view text, std::span<const std::string_view> words,
                              std::string_view allowed) {
    const std::string lower = base::lower(text);
    const auto found = std::ranges::find(words, lower);
    if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
    return Error{concat("invalid '", option, "' value ", base::python_repr(lower), ": ", allowed)};
}

Result<std::optional<std::string>> ServerUrl::read(std::string_view text, const Surroundings&) {
    if (base::upper(base::strip(text)) == "AUTO") return std::optional<std::string>();
    return std::optional<std::string>(text);
}
std::string ServerUrl::write(const std::optional<std::string>& value) { return value.value_or("AUTO"); }

Result<Environment> Variables::read(std::string_view text, const Surroundings&) {
    auto pairs = parse_pairs(text);
    if (!pairs) return Error{pairs.error()};
    return std::move(pairs->environment);
}
std::string Variables::write(const Environment& value) { return write_pairs(value); }

Result<std::vector<std::string>> List::read(std::string_view text, const Surroundings&) { return list(text); }
std::string List::write(const std::vector<std::string>& value) { return base::join(value, ","); }

std::span<const std::string_view> Events::words() { return event_type_names(); }
Result<std::vector<std::string>> Events::read(std::string_view text, const Surroundings&) {
    std::vector<std::string> events;
    for (const auto& piece : list(text)) events.push_back(base::upper(piece));
    std::sort(events.begin(), events.end());
    events.erase(std::unique(events.begin(), events.end()), events.end());
    for (const auto& event : events)
        if (!find_event_type(event)) return Error{concat("Unknown event type ", event)};
    return events;
}
std::string Events::write(const std::vector<std::string>& value) { return base::join(value, ","); }

Result<InetAddress> Address::read(std::string_view text, const Surroundings&) {
    InetAddress address;
    auto colon = text.rfind(':');
    if (text.ends_with(']')) colon = std::string_view::npos;  // an IPv6 address alone is no port (Q25)
    if (colon == std::string_view::npos) {
        if (!port_number(text)) return Error{concat("not a valid port number: ", base::python_repr(text), " ")};
    } else if (colon + 1 == text.size()) {
        return Error{"no port number specified in ''"};
    } else {
        address.host = base::lower(text.substr(0, colon));
        if (address.host.starts_with('[') && address.host.ends_with(']'))
            address.host = address.host.substr(1, address.host.size() - 2);
        if (address.host == "*") address.host.clear();
        text.remove_prefix(colon + 1);
    }
    const auto port = port_number(text);
    if (!port) return Error{port.error()};
    address.port = *port;
    return address;
}
std::string Address::write(const InetAddress& value) {
    if (value.port == 0) return "";
    if (value.host.find(':') != std::string::npos) return concat('[', value.host, "]:", value.port);
    return concat(value.host.empty() ? "*" : value.host, ':', value.port);
}

Result<std::string> Socket::read(std::string_view text, const Surroundings&) {
    // Supervisor prints a pair, ('Bad socket format %s', 'foo'); the first words are what is searched for.
    const auto refused = [&] { return Error{concat("Bad socket format ", base::python_repr(text))}; };
    if (text.starts_with("unix://")) {
        const std::string_view path = text.substr(7);
        if (path.starts_with('/')) return concat("unix://", base::absolute_path(path, "/"));
        return Error{concat("('Unix socket path %s is not an absolute path', ", base::python_repr(path), ")")};
    }
    if (!text.starts_with("tcp://")) return refused();
    const std::string_view address = text.substr(6);
    const auto colon = address.find(':');
    if (colon == std::string_view::npos || colon == 0) return refused();
    const std::string_view host = address.substr(0, colon), digits = address.substr(colon + 1);
    const bool blank = std::any_of(host.begin(), host.end(), base::is_space);
    const bool number = !digits.empty() && digits.find_first_not_of("0123456789") == std::string_view::npos;
    if (blank || !number) return refused();
    const auto port = port_number(digits);
    if (!port) return Error{port.error()};
    return concat("tcp://", base::lower(host), ':', *port);
}
std::string Socket::write(const std::string& value) { return value; }

}  // namespace kind
}  // namespace config
