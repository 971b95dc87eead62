// What a controller begins with: the configuration that is in force, what the controllers before it have left, and why it
// is needed.  Decided once, before anything runs; a first start, a reload, a death, an upgrade differ here and nowhere
// else but in what is logged.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/base/result.hpp"
#include "common/config/model.hpp"
#include "supervisord/control/chronicle.hpp"
#include "supervisord/control/events.hpp"
#include "supervisord/control/ledger.hpp"
#include "supervisord/control/link.hpp"
#include "supervisord/control/notes.hpp"
#include "supervisord/handover.hpp"
#include "supervisord/keeper/message.hpp"
#include "supervisord/keeper/table.hpp"
#include "supervisord/log/journal.hpp"

namespace control_role {

struct Beginning {
    keeper::Why why = keeper::Why::first;
    bool rebuild = false;   // controllers have failed again and again: nothing that they noted is believed
    config::Config config;  // what this supervisord runs with
    std::optional<control::Chronicle::Content> content;  // what was active when another ended against its will,
    std::optional<control::Chronicle> chronicle;         // and where that is from, unless it had to be guessed
    std::vector<launch::Message> messages;               // for the activity log, once it is open: of the files,
    std::vector<std::string> problems;                   // and what else has to be told

    /// Carries on where another controller ended; else all is started.
    [[nodiscard]] bool follows() const { return content.has_value(); }
};

[[nodiscard]] Beginning choose_beginning(keeper::Why why, bool rebuild, const keeper::Snapshot& snapshot,
                                         const launch::Handover& handover);

/// What is written in such a way that another controller can go on with it.
struct Stores {
    control::Notes notes;
    logs::Journal journal;
    control::Ledger ledger;
};

/// As another controller left them, or new ones, which the keeper then holds.  What is lost with a new one is a problem of
/// the beginning.
[[nodiscard]] base::Result<Stores> take_stores(const keeper::Snapshot& snapshot, control::Link& link, Beginning& beginning);

/// Why a controller carries on, and with what: a line of the activity log.
[[nodiscard]] launch::Message resumed_message(const keeper::Message& welcome, const keeper::Snapshot& snapshot);

/// For programs.  When one of our own has started us, the others are not to be taken for what it has started.
[[nodiscard]] config::Environment environment_for_programs(const control::Notes& notes);

/// A start is a start, though some programs run already: what does not is begun anew, whatever was noted of it.  Those that
/// had been told to end by a shutdown or a reload, in the middle of which both were killed, have yet to end first.
[[nodiscard]] std::set<std::string> begin_what_does_not_run(control::Notes& notes, const control::Events& events,
                                                            const keeper::Snapshot& snapshot, const config::Config& config);

/// What the keeper holds under a name, at the start of the controller.
[[nodiscard]] base::Fd held(const keeper::Snapshot& snapshot, std::string_view name);

}  // namespace control_role
