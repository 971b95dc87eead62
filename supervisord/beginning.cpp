#include "supervisord/beginning.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <map>
#include <set>

#include "common/base/text.hpp"
#include "common/config/difference.hpp"
#include "common/config/reader.hpp"
#include "supervisord/control/tree.hpp"
#include "supervisord/process/description.hpp"
#include "supervisord/reload.hpp"
#include "supervisord/sockets.hpp"

extern char** environ;

namespace control_role {

namespace {

using base::concat;
using config::LogLevel;
using keeper::Why;

bool is_empty(int fd) { return ::lseek(fd, 0, SEEK_END) == 0; }

/// What another controller left, or a new one: in the file that the keeper has for it, or in one that it gets to hold.
template <class Blob>
base::Result<Blob> adopted_or_new(const keeper::Snapshot& snapshot, control::Link& link, std::string_view name,
                                  bool anew, std::vector<std::string>& problems) {
    const int number = snapshot.held(name);
    if (number >= 0 && !anew && !is_empty(number)) {
        auto adopted = Blob::adopt(base::Fd(number));
        if (adopted) return adopted;
        problems.push_back(adopted.error());
    } else if (number >= 0) {
        auto made = Blob::create(base::Fd(number));
        if (made) return made;
        problems.push_back(concat(made.error(), "; it is kept in memory without a name, and will be lost when both processes are killed"));
    }
    auto fresh = Blob::create();
    if (fresh) put(link, name, fresh->fd());
    return fresh;
}

/// What the chronicle of the controllers before us says.
struct Past {
    std::optional<control::Chronicle> chronicle;
    control::Chronicle::Content content;
};

Past read_past(const keeper::Snapshot& snapshot, bool is_believed, std::vector<std::string>& problems) {
    Past past;
    base::Fd file = held(snapshot, "config");
    if (!file || !is_believed) return past;
    auto chronicle = control::Chronicle::adopt(std::move(file), past.content);
    if (!chronicle) problems.push_back(chronicle.error());
    else if (past.content.started && past.content.last_read) past.chronicle = std::move(*chronicle);
    return past;
}

/// The files as they are now; what is wrong with them changes nothing.
void read_anew(Beginning& beginning, const launch::Handover& handover, bool was_prepared) {
    auto reading = launch::read_files(handover);
    beginning.messages = launch::messages_of(reading);
    for (const auto& it : reading.diagnostics)
        if (it.severity == config::Severity::error) beginning.problems.push_back(config::where_and_what(it));
    if (was_prepared && (!reading.config || *reading.config != beginning.config))
        beginning.problems.push_back("the files have changed since this reload was asked for, it puts in force what they said then");
    else if (reading.config)
        beginning.config = std::move(*reading.config);
}

/// As the activity log says it.
std::string what_happened(const keeper::Message& welcome) {
    if (welcome.why == Why::salvaged) return "supervisord was killed, keeper and controller";
    if (welcome.why == Why::promoted) return "keeper was killed, its controller has taken its place";
    if (welcome.why == Why::upgrade) return "upgrade: the new controller goes on in place of the old one";
    if (welcome.why == Why::hang) return "controller did not answer and was killed";
    const std::string end = WIFSIGNALED(welcome.wstatus) ? concat("signal ", WTERMSIG(welcome.wstatus))
                                                         : process::exit_text(welcome.wstatus);
    if (welcome.why == Why::taken_back)
        return concat("upgrade taken back, the old version goes on: the new controller ended before it worked (", end, ")");
    return concat("controller died (", end, ")");
}

}  // namespace

base::Fd held(const keeper::Snapshot& snapshot, std::string_view name) { return base::Fd(snapshot.held(name)); }

Beginning choose_beginning(keeper::Why why, bool rebuild, const keeper::Snapshot& snapshot, const launch::Handover& handover) {
    Beginning out;
    out.why = why;
    out.rebuild = rebuild;
    out.config = handover.config;
    const bool begins = why == Why::first || why == Why::reload;
    Past past = read_past(snapshot, !rebuild, out.problems);
    if (past.chronicle && !begins) {
        out.config = *past.content.started;
        out.content = std::move(past.content);
        out.chronicle = std::move(past.chronicle);
        return out;
    }
    // A reload puts in force what the one before us has read, and has seen to it that it can be.
    if (past.chronicle) out.config = why == Why::reload ? *past.content.last_read : *past.content.started;
    if (why == Why::first) return out;
    const bool was_prepared = why == Why::reload && past.chronicle;
    if (why != Why::salvaged) read_anew(out, handover, was_prepared);  // else it was read just now
    if (was_prepared)
        out.config.settings = config::after_reload(past.content.started->settings, std::move(out.config.settings));
    if (begins) {
        if (auto user = launch::user_message(out.config.settings)) out.messages.push_back(std::move(*user));
        launch::put_worst_first(out.messages);
        return out;
    }
    out.content.emplace();  // the table knows what runs, and nobody what was active
    out.content->started = out.content->last_read = out.config;
    out.content->active = out.config.groups;
    return out;
}

base::Result<Stores> take_stores(const keeper::Snapshot& snapshot, control::Link& link, Beginning& beginning) {
    auto notes = adopted_or_new<control::Notes>(snapshot, link, "notes", beginning.rebuild, beginning.problems);
    if (!notes) return base::Error{notes.error()};
    if (notes->spoilt() > 0)
        beginning.problems.push_back(concat("the notes of ", notes->spoilt(), " processes have been written over, and are lost"));
    auto journal = adopted_or_new<logs::Journal>(snapshot, link, "journal", false, beginning.problems);
    if (!journal) return base::Error{journal.error()};
    auto ledger = adopted_or_new<control::Ledger>(snapshot, link, "events", beginning.rebuild, beginning.problems);
    if (!ledger) return base::Error{ledger.error()};
    return Stores{std::move(*notes), std::move(*journal), std::move(*ledger)};
}

launch::Message resumed_message(const keeper::Message& welcome, const keeper::Snapshot& snapshot) {
    std::size_t alive = 0;
    for (const auto& slot : snapshot.slots()) alive += slot.state == keeper::SlotState::alive;
    const auto level = welcome.why == Why::upgrade      ? LogLevel::info
                       : welcome.why == Why::taken_back ? LogLevel::critical
                                                        : LogLevel::warn;
    return {level, concat(what_happened(welcome), ", resumed: ", alive, alive == 1 ? " process" : " processes",
                          " (controllers lost: ", welcome.restarts, ")")};
}

config::Environment environment_for_programs(const control::Notes& notes) {
    config::Environment out;
    for (char** entry = environ; *entry; ++entry) {
        const std::string_view text(*entry);
        const auto equals = text.find('=');
        if (equals == std::string_view::npos || text.starts_with("SUPERVISORD_CRASH")) continue;
        out.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
    const auto tree = out.find(std::string(control::tree_variable));
    std::uint64_t number = 0;
    if (tree != out.end() && base::parse_digits(tree->second, number) && notes.has_tree(number)) out.erase(tree);
    return out;
}

std::set<std::string> begin_what_does_not_run(control::Notes& notes, const control::Events& events, const keeper::Snapshot& snapshot,
                                              const config::Config& config) {
    std::map<std::string, control::Note> ended;
    if (notes.mood() != api::Mood::running) {  // in the middle of an end that nobody wants any more
        for (const auto& slot : snapshot.slots()) {
            const control::Notes::Record* record = notes.contains(slot.name) ? notes.record(slot.name) : nullptr;
            const bool is_of_it = slot.state != keeper::SlotState::free && record && record->note().incarnation == slot.inc;
            if (!is_of_it || record->note().machine.state != api::State::stopping) continue;
            ended.emplace(slot.name, record->note()).first->second.machine.holding = false;
        }
        notes.erase_all();
        for (const auto& [key, note] : ended)
            if (control::Notes::Record* record = notes.record(key)) record->commit(note);
        notes.set_mood(api::Mood::running);
    }
    std::set<std::string_view> known;
    for (const auto& slot : snapshot.slots())
        if (slot.state != keeper::SlotState::free) known.emplace(slot.name);
    for (const auto& group : config.groups)
        for (const auto& program : group.processes) {
            const std::string key = concat(group.name, ":", program.name);
            if (known.contains(key) || !notes.contains(key)) continue;
            const control::Notes::Record* record = notes.record(key);
            const bool is_told = record && record->note().untold[0] == 0 &&
                                 events.has_told(key, record->note().announcements);
            if (is_told) notes.erase(key);
        }
    std::set<std::string> names;
    for (const auto& one : ended) names.insert(one.first);
    return names;
}

}  // namespace control_role
