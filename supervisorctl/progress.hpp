// What many processes are at while supervisorctl waits for them: one line at the bottom of a terminal, which is gone when
// the waiting is over.  Nothing of it goes anywhere else: what is no terminal gets what it always got.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "supervisorctl/commands.hpp"
#include "supervisorctl/outcome.hpp"
#include "supervisorctl/remote.hpp"

namespace supervisorctl {

/// "start: 3 of 12 running, waiting for g:a (BACKOFF), b", as much of it as there is room for; empty: nothing to wait for.
/// awaited: full names.  Pure.
[[nodiscard]] std::string progress_line(Verb verb, const std::set<std::string>& awaited, const std::vector<Process>& now,
                                        std::size_t columns);
/// The full names of those that a start or a stop has to wait for.  names: as they are given.  Pure.
[[nodiscard]] std::set<std::string> awaited_by(Verb verb, const Arguments& names, const std::vector<Process>& before);

/// As long as it lives, the line is shown whenever the session's Remote has waited for a moment.
class Progress {
public:
    Progress(Session& session, Verb verb, const Arguments& names);
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    /// Before anything else is printed.
    void erase();

private:
    void show();

    Session& session_;
    Verb verb_;
    std::optional<Remote> observer_;  // asks beside the call that is waited for; nothing: nobody would see it
    std::set<std::string> awaited_;
    std::string shown_;
};

}  // namespace supervisorctl
