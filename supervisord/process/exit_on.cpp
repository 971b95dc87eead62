#include "supervisord/process/exit_on.hpp"

#include <sys/wait.h>

#include <algorithm>

#include "common/base/text.hpp"
#include "common/config/groups.hpp"
#include "supervisord/process/description.hpp"

namespace process {

namespace {

bool has_ended(const Fate& fate) { return fate.state == api::State::exited || fate.state == api::State::fatal; }

int code_of(const Fate& fate) {
    const int status = fate.status;
    int code = 1;
    if (status != unknown_status && WIFEXITED(status)) code = WEXITSTATUS(status);
    if (status != unknown_status && WIFSIGNALED(status)) code = 128 + WTERMSIG(status);
    return fate.state == api::State::fatal ? std::max(code, 1) : code;
}

Ending ending_of(const Fate& fate) {
    const auto name = fate.group == fate.name ? std::string(fate.name) : base::concat(fate.group, ':', fate.name);
    const auto how = fate.state == api::State::fatal ? std::string("FATAL") : exit_text(fate.status);
    return {code_of(fate), base::concat(name, " ended (", how, ')')};
}

/// Of those that chosen() takes, when there is one, and all of them have ended: the first that failed, or the first.
template <class Chosen>
std::optional<Ending> when_all_ended(std::span<const Fate> fates, Chosen chosen) {
    const Fate* telling = nullptr;
    for (const auto& fate : fates) {
        if (!chosen(fate)) continue;
        if (!has_ended(fate)) return std::nullopt;
        if (!telling || (code_of(*telling) == 0 && code_of(fate) != 0)) telling = &fate;
    }
    if (!telling) return std::nullopt;
    return ending_of(*telling);
}

}  // namespace

std::optional<Ending> time_to_end(std::span<const std::string> wanted, std::span<const Fate> fates) {
    for (const std::string& word : wanted) {
        std::optional<Ending> ending;
        if (word == config::exit_on_fatal) {
            const auto fatal = std::ranges::find(fates, api::State::fatal, &Fate::state);
            if (fatal != fates.end()) ending = ending_of(*fatal);
        } else if (word == config::exit_on_all) {
            ending = when_all_ended(fates, [](const Fate& fate) {
                return !fate.is_listener && (fate.state != api::State::stopped || fate.ever_started);
            });
        } else {
            ending = when_all_ended(fates, [&](const Fate& fate) { return config::is_named(word, fate.group, fate.name); });
        }
        if (ending) return ending;
    }
    return std::nullopt;
}

}  // namespace process
