#include "supervisord/self_test.hpp"

#include <algorithm>
#include <string>

#include "common/base/fd.hpp"
#include "common/base/text.hpp"
#include "common/config/reader.hpp"
#include "supervisord/control/chronicle.hpp"
#include "supervisord/control/ledger.hpp"
#include "supervisord/control/notes.hpp"
#include "supervisord/handover.hpp"
#include "supervisord/keeper/boot.hpp"
#include "supervisord/keeper/passage.hpp"
#include "supervisord/keeper/table.hpp"
#include "supervisord/log/journal.hpp"

namespace control_role {

namespace {

using base::concat;

void say(std::string_view what, std::string text = {}) {
    std::ranges::replace(text, '\n', ' ');
    (void)base::write_all(1, concat(what, text, '\n'));
}

base::Fd examined(std::string_view name) {
    const auto* const found = std::ranges::find(keeper::examined, name);
    return base::Fd(keeper::examined_fd + static_cast<int>(found - std::begin(keeper::examined)));
}

/// All that a keeper and a controller of this version read when they take over: with the same functions.
base::Result<launch::Handover> read_all() {
    keeper::Passage passage;
    if (!keeper::read_passage(keeper::examined_passage_fd, passage)) return base::Error{"the keeper hands over what this version does not know"};
    const auto table = keeper::Snapshot::map(keeper::table_fd);
    if (!table) return base::Error{table.error()};
    const auto boot = keeper::read_boot_text(keeper::controller_boot_fd);
    if (!boot) return base::Error{boot.error()};
    auto handover = launch::Handover::from_text(*boot);
    if (!handover) return handover;
    if (const auto notes = control::Notes::adopt(examined("notes")); !notes) return base::Error{notes.error()};
    if (const auto journal = logs::Journal::adopt(examined("journal")); !journal) return base::Error{journal.error()};
    if (const auto ledger = control::Ledger::adopt(examined("events")); !ledger) return base::Error{ledger.error()};
    control::Chronicle::Content content;
    if (const auto chronicle = control::Chronicle::adopt(examined("config"), content); !chronicle)
        return base::Error{chronicle.error()};
    if (!content.started || !content.last_read) return base::Error{"the configuration that is active is not known"};
    return handover;
}

}  // namespace

int self_test() {
    const auto handover = read_all();
    if (!handover) {
        say(self_test_refusal, handover.error());
        return 1;
    }
    // What is active goes on whatever the files say by now; a reload would not.
    const auto reading = launch::read_files(*handover);
    if (const auto* error = reading.first_error()) say(self_test_warning, config::where_and_what(*error));
    say(self_test_verdict);
    return 0;
}

}  // namespace control_role
