// The table of all options: one row each, with everything there is to know about it.  Reading, defaults, messages
// about misspelt names, the command line of supervisord, the sample file and the reference all come from these rows.
// A rule over several options is no column here but a function beside the reader.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "common/config/client.hpp"
#include "common/config/kinds.hpp"
#include "common/config/model.hpp"

namespace config {

// What sections say that the model has in another form.

struct UnixServer {
    std::string file;
    int chmod = 0700;
    kind::Ownership chown{static_cast<uid_t>(-1), static_cast<gid_t>(-1)};
    std::optional<std::string> username, password;
};
struct InetServer {
    kind::InetAddress port;
    std::optional<std::string> username, password;
    bool insecure = false;
};
/// How many processes a program section makes, and their names.
struct Copies {
    std::string process_name;
    std::int64_t numprocs = 1;
    std::int64_t numprocs_start = 0;
};
struct GroupSection {
    std::vector<std::string> programs;
    std::int64_t priority = 999;
};
/// What [fcgi-program:x] has besides the options of a program.
struct FcgiSection {
    std::string socket;
    std::optional<kind::Ownership> socket_owner;
    std::optional<int> socket_mode;
    std::int64_t socket_backlog = 0;
};
/// What [eventlistener:x] has besides the options of a program, or reads differently.
struct ListenerSection {
    std::vector<std::string> events;
    std::int64_t buffer_size = 10;
    std::string result_handler;
    std::int64_t busy_timeout = 0;
    EventLength event_len = EventLength::characters;
    std::int64_t priority = -1;
};
struct IncludeSection {
    std::string files;
};
struct RpcInterfaceSection {
    std::string factory;
};
struct CtlPluginSection {
    std::string factory;
};

/// Which %(names)s a value may have; each has those before it, but for program_name, which lacks host_node_name.
enum class Refers {
    environment,   // ENV_x
    here,          // + here
    program_name,  // + program_name
    host,          // here + host_node_name
    section,       // + program_name, group_name
    copy,          // + process_num, numprocs: evaluated for each process
    process,       // + the process's own environment as ENV_x
};

/// What has to be begun anew before another value counts.
enum class Reload { nothing, process, group, supervisord, start };  // start: a reload of it is not enough

/// A typed member of Target, behind texts.
template <class Target>
struct Field {
    std::string_view kind;     // for people
    std::string_view allowed;  // what would have been right, in more words
    bool never_negative = false;
    std::span<const std::string_view> (*words)() = nullptr;
    base::Result<void> (*set)(Target&, std::string_view, const Surroundings&) = nullptr;
    std::string (*get)(const Target&) = nullptr;  // empty when nothing is set
    void (*copy)(const Target& from, Target& to) = nullptr;
};

/// The member at the end of a path of pointers to members: in<kind::Bytes, &Program::out, &Output::capture_maxbytes>.
template <class Kind, auto... Path>
struct In {
    template <class Target>
    constexpr operator Field<Target>() const {
        return {Kind::name, Kind::allowed, Kind::never_negative, &Kind::words, &set<Target>,
                &get<Target>, &copy<Target>};
    }

private:
    template <class Target>
    static base::Result<void> set(Target& target, std::string_view text, const Surroundings& machine) {
        auto value = Kind::read(text, machine);
        if (!value) return base::Error{value.error()};
        (target .* ... .* Path) = std::move(*value);
        return {};
    }
    template <class Target>
    static std::string get(const Target& target) {
        const auto& value = (target .* ... .* Path);
        if constexpr (std::is_same_v<std::remove_cvref_t<decltype(value)>, typename Kind::type>)
            return Kind::write(value);
        else
            return value ? Kind::write(*value) : std::string();
    }
    template <class Target>
    static void copy(const Target& from, Target& to) {
        (to .* ... .* Path) = (from .* ... .* Path);
    }
};
template <class Kind, auto... Path>
constexpr In<Kind, Path...> in() { return {}; }

/// An option of [supervisord] on the command line; its long name is that of the option.
struct CommandLineFlag {
    char letter = 0;                // 0: only the long name
    std::string_view argument = {}; // what the help calls it; empty: takes none and means true
    std::string_view doc = {};      // for the help; empty: that of the option
};

template <class Target>
struct Option {
    std::string_view name;
    Field<Target> field;
    std::optional<std::string_view> fallback{};  // nothing: not set
    Refers refers = Refers::environment;
    int turn = 0;  // when Supervisor reads it: which of two errors of a section is told first
    Reload reload = Reload::supervisord;
    bool acted_on = true;
    std::optional<CommandLineFlag> flag{};
    std::string_view complaint{};  // what stands before a wrong value instead of what the kind says
    bool complains_with_place = false;  // " in [section] option" behind what the kind says
    std::string_view sample{};     // value in the sample file; empty: left out
    bool in_force = false;       // not commented out there
    std::string_view doc{};        // one sentence
};

/// The rows of one kind of section, in the order of the sample.
template <class Target>
[[nodiscard]] std::span<const Option<Target>> options_of();
template <> std::span<const Option<Settings>> options_of();
template <> std::span<const Option<UnixServer>> options_of();
template <> std::span<const Option<InetServer>> options_of();
template <> std::span<const Option<Client>> options_of();
template <> std::span<const Option<Program>> options_of();
template <> std::span<const Option<Copies>> options_of();
template <> std::span<const Option<GroupSection>> options_of();
template <> std::span<const Option<FcgiSection>> options_of();
template <> std::span<const Option<ListenerSection>> options_of();
template <> std::span<const Option<IncludeSection>> options_of();
template <> std::span<const Option<RpcInterfaceSection>> options_of();
template <> std::span<const Option<CtlPluginSection>> options_of();

/// Names that a section of this name may have; nothing for one that is unknown.  Sections of Python plugins take
/// any: their options are arguments.
struct KnownNames {
    std::vector<std::string_view> options;
    bool any = false;
};
[[nodiscard]] std::optional<KnownNames> known_options(std::string_view section);
/// "did you mean" for a section that is unknown: its name with a prefix that is known; nothing when none is near.
[[nodiscard]] std::optional<std::string> similar_section(std::string_view section);
/// The nearest of the names, when it is near.
[[nodiscard]] std::optional<std::string_view> similar(std::string_view word, std::span<const std::string_view> names);

/// The factory that every configuration has, and the result handler of listeners that name none.
inline constexpr std::string_view standard_rpcinterface = "supervisor.rpcinterface:make_main_rpcinterface";
inline constexpr std::string_view standard_result_handler = "supervisor.dispatchers:default_handler";

}  // namespace config
