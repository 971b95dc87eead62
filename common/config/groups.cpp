#include "common/config/groups.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "common/base/text.hpp"
#include "common/base/users.hpp"
#include "common/config/kinds.hpp"
#include "common/config/programs.hpp"

namespace config {

namespace {

using base::concat;

bool is_fcgi(const ini::Section& section) { return section.name.starts_with("fcgi-program:"); }

class Groups {
public:
    explicit Groups(const Context& context) : context_(context) {}

    std::vector<Group> read(std::vector<LeftOut>& left_out) {
        each("group:", [&](const auto& section) { heterogeneous(section); });
        each("program:", [&](const auto& section) { alone(section); });
        each("eventlistener:", [&](const auto& section) { listeners(section); });
        each("fcgi-program:", [&](const auto& section) { alone(section); });
        std::ranges::stable_sort(groups_, {}, [](const Built& built) {
            return std::tie(built.group.priority, built.group.name);
        });
        return unique(left_out);
    }

private:
    struct Built {
        Group group;
        const ini::Section* section;
    };

    template <class Visit>
    void each(std::string_view prefix, Visit visit) {
        for (const auto& section : context_.document.sections())
            if (section.name.starts_with(prefix)) visit(section);
    }

    SectionReader reader_of(const ini::Section& section) {
        return {context_, section, SectionReader::Suffix::none};
    }

    /// The name of a group as a whole; nothing: an error has been noted.
    std::optional<std::string> group_name(SectionReader& reader) {
        auto name = parse_name(name_of(reader.section()));
        if (name) return std::move(*name);
        reader.error("", name.error(), {allowed_names});
        return std::nullopt;
    }

    void finish(SectionReader& reader, Group group) {
        for (const auto& process : group.processes) {
            const std::string full = concat(group.name, ':', process.name);
            if (full.size() <= longest_full_name) continue;
            reader.error("process_name", concat("Invalid name: ", base::python_repr(full), " because it is longer than ", longest_full_name,
                                                " bytes, with the name of its group"), {"shorter names"});
            break;
        }
        if (!reader.failed()) groups_.push_back({std::move(group), &reader.section()});
    }

    void heterogeneous(const ini::Section& section) {
        auto reader = reader_of(section);
        const auto name = group_name(reader);
        GroupSection options;
        reader.fill(options, Scope(context_.environment));
        Group group;
        if (name) group.name = *name;
        group.priority = options.priority;
        std::map<std::string, std::string> makers;  // of the processes, for the message about two of one name
        std::set<std::string> listed;
        for (const auto& program : options.programs) {
            const ini::Section* member = find_member(reader, program);
            if (!member) continue;
            if (!listed.insert(program).second) {
                reader.warn("programs", concat("[", section.name, "] names program ", program, " twice"));
                continue;
            }
            note_use(reader, *member);
            add(reader, group, *member, makers);
        }
        finish(reader, std::move(group));
    }

    const ini::Section* find_member(SectionReader& reader, const std::string& program) {
        const auto* plain = context_.document.find(concat("program:", program));
        const auto* fcgi = context_.document.find(concat("fcgi-program:", program));
        const std::string begin = concat("[", reader.section().name, "] ");
        if (plain && fcgi)
            reader.error("programs",
                         concat(begin, "name ", program, " is ambiguous (exists as program and fcgi-program)"),
                         {"another name for one of the two sections"});
        else if (!plain && !fcgi)
            reader.error("programs", concat(begin, "names unknown program or fcgi-program ", program),
                         {"names of [program:x] and [fcgi-program:x] sections", nearest(program, program_names())});
        else
            return plain ? plain : fcgi;
        return nullptr;
    }

    [[nodiscard]] std::vector<std::string_view> program_names() const {
        std::vector<std::string_view> names;
        for (const auto& section : context_.document.sections())
            if (section.name.starts_with("program:") || is_fcgi(section)) names.push_back(name_of(section));
        return names;
    }

    void note_use(SectionReader& reader, const ini::Section& member) {
        const auto [use, first] = used_.emplace(&member, &reader.section());
        if (first) return;
        reader.warn("programs", concat("[", member.name, "] is in [", use->second->name, "] and in [",
                                       reader.section().name, "]: its processes run twice"));
    }

    void add(SectionReader& reader, Group& group, const ini::Section& member,
             std::map<std::string, std::string>& makers) {
        std::optional<FcgiSocket> socket;
        if (is_fcgi(member)) socket = read_socket(member);
        for (auto& process : read_program(context_, member, group.name)) {
            const auto [maker, first] = makers.emplace(process.name, member.name);
            if (!first && maker->second != member.name)
                reader.error("programs", concat("[", reader.section().name, "] has two processes named ", process.name,
                                                ", of [", maker->second, "] and of [", member.name, "]"),
                             {"programs whose process_name is another for each"});
            process.socket = socket;
            group.processes.push_back(std::move(process));
        }
    }

    /// A [program:x] or [fcgi-program:x] that is in no group is one of its own.
    void alone(const ini::Section& section) {
        if (used_.contains(&section)) return;
        auto reader = reader_of(section);
        const auto name = group_name(reader);
        Group group;
        reader.fill_one(group, group_priority, context_.environment);
        if (!name) return;
        group.name = *name;
        if (is_fcgi(section)) {
            group.kind = GroupKind::fcgi_program;
            Program program;
            reader.fill_one(program, row_of<Program>("user"), context_.environment);
            group.socket = read_socket(section);
        }
        group.processes = read_program(context_, section, group.name);
        for (auto& process : group.processes) process.socket = group.socket;
        finish(reader, std::move(group));
    }

    void listeners(const ini::Section& section) {
        auto reader = reader_of(section);
        ListenerSection options;
        const std::string begin = concat("[", section.name, "] section ");
        for (const auto name : {"priority", "buffer_size"})
            reader.fill_one(options, row_of<ListenerSection>(name), context_.environment);
        if (options.buffer_size < 1)
            reader.error("buffer_size", concat(begin, "sets invalid buffer_size (", options.buffer_size, ")"),
                         {"a number from 1"});
        reader.fill_one(options, row_of<ListenerSection>("result_handler"), context_.environment);
        if (options.result_handler != standard_result_handler)
            reader.error("result_handler",
                         concat(options.result_handler, " cannot be resolved within [", section.name, "]"),
                         {std::string(standard_result_handler)});
        reader.fill(options, Scope(context_.environment));
        Group group;
        group.kind = GroupKind::eventlistener;
        group.name = name_of(section);
        group.priority = options.priority;
        group.buffer_size = options.buffer_size;
        group.events = options.events;
        group.result_handler = options.result_handler;
        group.busy_timeout = options.busy_timeout;
        group.event_len = options.event_len;
        const bool refused = reader.failed() && options.events.empty() && reader.find("events");
        if (options.events.empty() && !refused)
            reader.error("events", concat(begin, "requires an \"events\" line"), {std::string(kind::Events::allowed)});
        Program program;
        reader.fill_one(program, row_of<Program>("redirect_stderr"), context_.environment);
        if (program.redirect_stderr)
            reader.error("redirect_stderr", concat(begin, "sets redirect_stderr=true but this is not allowed because "
                                                          "it will interfere with the eventlistener protocol"),
                         {"redirect_stderr=false, or no redirect_stderr"});
        group.processes = read_program(context_, section, group.name);
        finish(reader, std::move(group));
    }

    std::optional<FcgiSocket> read_socket(const ini::Section& section) {
        auto reader = reader_of(section);
        Names names(context_.environment);
        names.set("program_name", std::string(name_of(section)));
        FcgiSection options;
        const bool in_place = reader.find("socket") && !reader.find("socket")->value.empty();
        const Turns turns{.end = in_place ? Turns().end : row_of<FcgiSection>("socket").turn};  // it is the last
        reader.fill(options, Scope(context_.environment).set(Refers::program_name, names), std::nullopt, turns);
        if (!in_place)
            reader.error("socket", concat("[", section.name, "] section requires a \"socket\" line"),
                         {concat("socket=", kind::Socket::allowed)});
        if (reader.failed()) return std::nullopt;

        FcgiSocket socket;
        socket.url = options.socket;
        socket.backlog = options.socket_backlog;
        if (socket.url.starts_with("tcp://")) {
            if (options.socket_owner || options.socket_mode)
                reader.error("socket", concat("socket_owner and socket_mode params should only be used with a Unix "
                                              "domain socket in [", section.name, "] socket"),
                             {"unix:///PATH, or neither socket_owner nor socket_mode"});
            return socket;
        }
        socket.mode = options.socket_mode.value_or(0700);
        socket.owner = options.socket_owner ? options.socket_owner : owner_by_user(reader);
        return socket;
    }

    /// Without socket_owner a unix socket belongs to the user of the program, when that is another one.
    std::optional<kind::Ownership> owner_by_user(SectionReader& reader) {
        const ini::Option* option = reader.find("user");
        if (!option) return std::nullopt;
        const auto text = reader.expanded(*option, Refers::here, context_.environment);
        const auto user = text ? base::find_user(*text) : base::Error{"no user"};
        if (!user || user->uid == context_.machine.uid) return std::nullopt;
        return kind::Ownership{user->uid, user->gid};
    }

    /// Of two groups of one name the first in start order exists (Q15).
    std::vector<Group> unique(std::vector<LeftOut>& left_out) {
        std::vector<Group> groups;
        std::map<std::string, const ini::Section*> makers;
        for (auto& built : groups_) {
            const auto [maker, first] = makers.emplace(built.group.name, built.section);
            if (first) {
                groups.push_back(std::move(built.group));
                continue;
            }
            reader_of(*built.section)
                .warn("", concat("[", maker->second->name, "] and [", built.section->name, "] both make a group named ",
                                 maker->first, "; the processes of [", built.section->name, "] are left out"));
            left_out.push_back({groups.size() + left_out.size(), std::move(built.group)});
        }
        return groups;
    }

    /// The priority of a program is that of its group too, but is read with fewer names there.
    static constexpr Option<Group> group_priority = {.name = "priority",
                                                     .field = in<kind::Integer, &Group::priority>(),
                                                     .fallback = "999",
                                                     .refers = Refers::here};

    const Context& context_;
    std::vector<Built> groups_;
    std::map<const ini::Section*, const ini::Section*> used_;  // a program, and the first group that names it
};

}  // namespace

std::vector<Group> read_groups(const Context& context, std::vector<LeftOut>& left_out) {
    return Groups(context).read(left_out);
}

bool is_named(std::string_view wanted, std::string_view group, std::string_view process) {
    const auto colon = wanted.find(':');
    if (colon == std::string_view::npos) return wanted == group || wanted == process;
    return wanted.substr(0, colon) == group && wanted.substr(colon + 1) == process;
}

void check_exit_on(SectionReader& reader, const Settings& settings, const std::vector<Group>& groups) {
    std::vector<std::string_view> words = {exit_on_fatal, exit_on_all};
    for (const auto& group : groups) {
        words.push_back(group.name);
        for (const auto& process : group.processes) words.push_back(process.name);
    }
    for (const auto& word : settings.exit_on) {
        const bool known = std::ranges::find(words, word) != words.end() || std::ranges::any_of(groups, [&](const Group& group) {
            return std::ranges::any_of(group.processes, [&](const auto& process) { return is_named(word, group.name, process.name); });
        });
        if (!known)
            reader.error("exit_on", concat("exit_on names ", base::python_repr(word), ", which is no program and no group"),
                         {"fatal, all-exited, or names of programs or groups, with commas between them", nearest(word, words)});
    }
}

}  // namespace config
