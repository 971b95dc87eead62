// Kinds of values (compat/config.md, section 5): how a text becomes a value, what is said when it does not, and how a
// value is written.  A kind is a type with a name, a read and a write; the option table ties each option to one.
// Does not expand "%(...)s".
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/result.hpp"
#include "common/config/model.hpp"
#include "common/config/surroundings.hpp"

namespace config {

/// "~" and "~user" at the beginning; HOME as the surroundings have it.
[[nodiscard]] std::string expand_home(std::string_view path, const Surroundings& machine);

inline constexpr const char* allowed_names = "a name without blanks, colons, slashes and control characters";
/// Name of a program, a group or a process.  Error: Invalid name: 'a b' because of character: ' '.
[[nodiscard]] base::Result<std::string> parse_name(std::string_view text);

namespace kind {

using Ownership = std::pair<uid_t, gid_t>;  // a gid of -1: unchanged

struct InetAddress {
    std::string host;  // empty: all addresses
    int port = 0;

    bool operator==(const InetAddress&) const = default;
};

/// What all kinds have.  The texts of errors are Supervisor's.
template <class Type>
struct Kind {
    using type = Type;
    static constexpr std::string_view allowed{};   // what would have been right, for people; empty: anything
    static constexpr bool never_negative = false;  // less than 0 is taken as 0, with a warning (Q18)
    /// When a value is one of some words: these, for "did you mean".
    [[nodiscard]] static std::span<const std::string_view> words() { return {}; }
};

struct Text : Kind<std::string> {
    static constexpr std::string_view name = "text";
    [[nodiscard]] static base::Result<std::string> read(std::string_view text, const Surroundings& machine);
    [[nodiscard]] static std::string write(const std::string& value);
};

/// What stands before each line of a log.
struct Prefix : Kind<std::string> {
    static constexpr std::string_view name = "text of one line";
    static constexpr std::string_view allowed = "up to 128 bytes, in one line";
    static constexpr std::size_t limit = 128;
    [[nodiscard]] static base::Result<std::string> read(std::string_view text, const Surroundings& machine);
    [[nodiscard]] static std::string write(const std::string& value);
};

struct Integer : Kind<std::int64_t> {
    static constexpr std::string_view name = "integer";
    static constexpr std::string_view allowed = "a whole number";
    [[nodiscard]] static base::Result<std::int64_t> read(std::string_view text, const Surroundings& machine);
    [[nodiscard]] static std::string write(std::int64_t value);
};

/// An integer that makes no sense below 0.
struct Count : Kind<std::int64_t> {
    static constexpr std::string_view name = "number";
    static constexpr std::string_view allowed = "a whole number, 0 or more";
    static constexpr bool never_negative = true;
    [[nodiscard]] static base::Result<std::int64_t> read(std::string_view text, const Surroundings& machine);
    [[nodiscard]] static std::string write(std::int64_t value);
};

struct Seconds : Kind<std::int64_t> {
    static constexpr std::string_view name = "seconds";
    static constexpr std::string_view allowed = "a whole number of seconds, 0 or more";
    static constexpr bool never_negative = true;
    [[nodiscard]] static base::Result<std::int64_t> read(std::string_view text, const Surroundings& machine);
    [[nodiscard]] static std::string write(std::int64_t value);
};

/// "50MB"; a suffix KB, MB or GB in any case.
struct Bytes : Kind<std::int64_t> {
    static constexpr std::string_view name = "bytes";
    static constexpr std::string_view allowed = "a number of bytes, or a number with KB, MB or GB behind it";
    static constexpr bool never_negative = true;
    [[nodiscard]] static base::Result<std::int64_t> read(std::string_view text, const Surroundings& machine);
    [[nodiscard]] static std::string write(std::int64_t value);
};

struct Backlog : Kind<std::int64_t> {
    static constexpr std::string_view name = "1 to 65535";
    static constexpr std::string_view allowed = "a number from 1 to 65535";
    [[nodiscard]] static base::Result<std::int64_t> read(std::string_view text, const Surroundings& machine);
    [[nodiscard]] static std::string write(std::int64_t value);
};

struct Boolean : Kind<bool> {
    static constexpr std::string_view name = "boolean";
    static constexpr std::string_view allowed = "true or false; yes, on and 1, no, off and 0 are the same";
    [[nodiscard]] static std::span<const std::string_view> words();
    [[nodiscard]] static base::Result<bool> read(std::string_view text, const Surroundings& machine);
    [[nodiscard]] static std::string write(bool value);
};

/// Of a file.  It may be less than 0, as Python's, and the kernel takes the bits that it knows: -1 is all of them.
struct Octal : Kind<int> {
    static constexpr std::string_view name = "octal number";
    static constexpr std::string_view allowed = "octal digits, such as 022";
    [[nodiscard]] static base::Result<int> read(std::string_view text, const Surroundings& machine);
    [[nodiscard]] static std::string write(int value);
};

struct Directory : Kind<std::string> {
    static constexpr std::string_view name = "existing directory";
    static constexpr std::string_view allowed = "a directory that exists";
    [[nodiscard]] static base::Result<std::string> read(std::string_view text, const Surroundings& machine);
    [[nodiscard]] static std::string write(const std::string& value);
};

struct Path : Kind<std::string> {
    static constexpr std::string_view name = "path in an existing directory";
    static constexpr std::string_view allowed = "a path in a directory that exists";
    [[nodiscard]] static base::Result<std::string> read(std::string_view text, const Surroundings& machine);
    [[nodiscard]] static std::string write(const std::string& value);
};

/// Not "syslog", which older files have here; the reader of programs knows.
struct ChildLog : Kind<LogFile> {
    static constexpr std::string_view name = "path, AUTO or NONE";
    static constexpr std::string_view allowed = "a path in a directory that exists, AUTO or NONE";
    [[nodiscard]] static base::Result<LogFile> read(std::string_view text, const Surroundings& machine);
    [[nodiscard]] static std::string write(const LogFile& value);
};

struct User : Kind<uid_t> {
    static constexpr std::string_view name = "user name or number";
    static constexpr std::string_view allowed = "a user of this system, by name or number";
    [[nodiscard]] static base::Result<uid_t> read(std::string_view text, const Surroundings& machine);
    [[nodiscard]] static std::string write(uid_t value);
};

struct Owner : Kind<Ownership> {
    static constexpr std::string_view name = "user or user:group";
    static constexpr std::string_view allowed = "USER or USER:GROUP of this system";
    [[nodiscard]] static base::Result<Ownership> read(std::string_view text, const Surroundings& machine);
    [[nodiscard]] static std::string write(const Ownership& value);
};

struct Level : Kind<LogLevel> {
    static constexpr std::string_view name = "level";
    static constexpr std::string_view allowed = "critical, error, warn, info, debug, trace or blather";
    [[nodiscard]] static std::span<const std::string_view> words();
    [[nodiscard]] static base::Result<LogLevel> read(std::string_view text, const Surroundings& machine);
    [[nodiscard]] static std::string write(LogLevel value);
};

struct Signal : Kind<int> {
    static constexpr std::string_view name = "signal";
    static constexpr std::string_view allowed = "a signal, by name or number, such as TERM, 15 or RTMIN+3";
    [[nodiscard]] static std::span<const std::string_view> words();
    [[nodiscard]] static base::Result<int> read(std::string_view text, const Surroundings& machine);
    [[nodiscard]] static std::string write(int value);
};

struct ExitCodes : Kind<std::vector<int>> {
    static constexpr std::string_view name = "list of exit codes";
    static constexpr std::string_view allowed = "numbers from 0 to 255, with commas between them";
    [[nodiscard]] static base::Result<std::vector<int>> read(std::string_view text, const Surroundings& machine);
    [[nodiscard]] static std::string write(const std::vector<int>& value);
};

struct Restart : Kind<Autorestart> {
    static constexpr std::string_view name = "true, false or unexpected";
    static constexpr std::string_view allowed = "true, false or unexpected";
    [[nodiscard]] static std::span<const std::string_view> words();
    [[nodiscard]] static base::Result<Autorestart> read(std::string_view text, const Surroundings& machine);
    [[nodiscard]] static std::string write(Autorestart value);
};

/// Of an option with one of some words: the place of the text among them, in any case.
[[nodiscard]] base::Result<std::size_t> find_word(std::string_view option, std::string_view text,
                                                  std::span<const std::string_view> words, std::string_view allowed);

/// One of some words, Self::all, in the order of an enumeration.
template <class Self, class Enumeration>
struct OneOf : Kind<Enumeration> {
    [[nodiscard]] static std::span<const std::string_view> words() { return Self::all; }
    [[nodiscard]] static base::Result<Enumeration> read(std::string_view text, const Surroundings&) {
        const auto place = find_word(Self::option, text, Self::all, Self::allowed);
        if (!place) return base::Error{place.error()};
        return static_cast<Enumeration>(*place);
    }
    [[nodiscard]] static std::string write(Enumeration value) {
        return std::string(Self::all[static_cast<std::size_t>(value)]);
    }
};

struct KillMode : OneOf<KillMode, Killmode> {
    static constexpr std::string_view option = "killmode", name = "process, group or tree", allowed = name;
    static constexpr std::string_view all[] = {"process", "group", "tree"};
};

struct Leftover : OneOf<Leftover, Leftovers> {
    static constexpr std::string_view option = "leftovers", name = "adopt, stop or ignore", allowed = name;
    static constexpr std::string_view all[] = {"adopt", "stop", "ignore"};
};

struct PipeSignal : OneOf<PipeSignal, Sigpipe> {
    static constexpr std::string_view option = "sigpipe", name = "ignore or default", allowed = name;
    static constexpr std::string_view all[] = {"ignore", "default"};
};

struct EventUnit : OneOf<EventUnit, EventLength> {
    static constexpr std::string_view option = "event_len", name = "characters or bytes", allowed = name;
    static constexpr std::string_view all[] = {"characters", "bytes"};
};

struct ServerUrl : Kind<std::optional<std::string>> {
    static constexpr std::string_view name = "URL or AUTO";
    [[nodiscard]] static base::Result<std::optional<std::string>> read(std::string_view text, const Surroundings& machine);
    [[nodiscard]] static std::string write(const std::optional<std::string>& value);
};

struct Variables : Kind<Environment> {
    static constexpr std::string_view name = "KEY=\"value\" list";
    static constexpr std::string_view allowed = "KEY=\"value\" pairs, with commas between them";
    [[nodiscard]] static base::Result<Environment> read(std::string_view text, const Surroundings& machine);
    [[nodiscard]] static std::string write(const Environment& value);
};

struct List : Kind<std::vector<std::string>> {
    static constexpr std::string_view name = "list of names";
    [[nodiscard]] static base::Result<std::vector<std::string>> read(std::string_view text, const Surroundings& machine);
    [[nodiscard]] static std::string write(const std::vector<std::string>& value);
};

struct Events : Kind<std::vector<std::string>> {
    static constexpr std::string_view name = "list of event types";
    static constexpr std::string_view allowed = "types of events, with commas between them, such as PROCESS_STATE";
    [[nodiscard]] static std::span<const std::string_view> words();
    [[nodiscard]] static base::Result<std::vector<std::string>> read(std::string_view text, const Surroundings& machine);
    [[nodiscard]] static std::string write(const std::vector<std::string>& value);
};

struct Address : Kind<InetAddress> {
    static constexpr std::string_view name = "[host:]port";
    static constexpr std::string_view allowed = "PORT or HOST:PORT, the port from 1 to 65535";
    [[nodiscard]] static base::Result<InetAddress> read(std::string_view text, const Surroundings& machine);
    [[nodiscard]] static std::string write(const InetAddress& value);
};

struct Socket : Kind<std::string> {
    static constexpr std::string_view name = "tcp://host:port or unix:///path";
    static constexpr std::string_view allowed = "tcp://HOST:PORT or unix:///PATH";
    [[nodiscard]] static base::Result<std::string> read(std::string_view text, const Surroundings& machine);
    [[nodiscard]] static std::string write(const std::string& value);
};

}  // namespace kind
}  // namespace config
