#include "supervisorctl/progress.hpp"

#include <algorithm>

#include "common/api/names.hpp"
#include "common/api/states.hpp"
#include "common/base/text.hpp"
#include "supervisorctl/printing.hpp"
#include "supervisorctl/session.hpp"

namespace supervisorctl {

namespace {

using base::concat;

constexpr std::chrono::seconds patience_of_observer{2};
constexpr std::string_view erase_line = "\r\x1b[K";

bool is_named(const Process& process, const Arguments& names) {
    return std::ranges::any_of(names, [&](const std::string& text) {
        const auto name = api::parse_name(text);
        return text == "all" || (name.group == process.group && name.process.value_or(process.name) == process.name);
    });
}

/// On its way to where the verb brings it, or not yet begun.
bool is_on_its_way(Verb verb, api::State state) {
    if (verb == Verb::start) return state == api::State::starting || state == api::State::backoff;
    return api::is_up(state) || state == api::State::stopping;
}

}  // namespace

std::set<std::string> awaited_by(Verb verb, const Arguments& names, const std::vector<Process>& before) {
    std::set<std::string> awaited;
    for (const Process& process : before) {
        const bool is_up = api::is_up(static_cast<api::State>(process.state));
        if (is_up == (verb == Verb::stop) && is_named(process, names)) awaited.insert(api::full_name(process.group, process.name));
    }
    return awaited;
}

std::string progress_line(Verb verb, const std::set<std::string>& awaited, const std::vector<Process>& now,
                          std::size_t columns) {
    std::vector<std::string> left;
    std::size_t done = 0;
    for (const Process& process : now) {
        const auto state = static_cast<api::State>(process.state);
        std::string full = api::full_name(process.group, process.name);
        if (!awaited.contains(full)) continue;
        done += verb == Verb::start ? state == api::State::running : api::is_stopped(state);
        if (is_on_its_way(verb, state)) left.push_back(state == api::State::backoff ? full + " (BACKOFF)" : std::move(full));
    }
    if (left.empty()) return "";
    const std::string_view what = verb == Verb::start ? " running, waiting for " : " stopped, waiting for ";
    return shortened(concat(name(verb), ": ", done, " of ", awaited.size(), what, base::join(left, ", ")), columns);
}

Progress::Progress(Session& session, Verb verb, const Arguments& names) : session_(session), verb_(verb) {
    const bool waits = verb == Verb::start || verb == Verb::stop;
    if (!waits || !session.terminal().has_screen() || session.has(takes::json)) return;
    Remote& remote = session.remote();
    const auto before = remote.processes();
    if (before.refused()) return;
    awaited_ = awaited_by(verb, names, before.value());
    if (awaited_.size() < 2) return;
    observer_.emplace(remote.server(), session.terminal().interrupt());
    remote.meanwhile([this] { show(); });
}

Progress::~Progress() {
    if (!observer_) return;
    session_.remote().meanwhile({});
    try {
        erase();
    } catch (const std::exception&) {
        // A terminal that has gone shows nothing any more.
    }
}

void Progress::show() {
    if (!observer_) return;
    try {
        observer_->give_up_after(patience_of_observer);
        const auto now = observer_->processes();
        // One column is left free: a line that ends in the last one wraps on some terminals.
        const std::size_t columns = session_.terminal().size().columns - 1;
        const std::string line = now.refused() ? "" : progress_line(verb_, awaited_, now.value(), columns);
        if (line == shown_) return;
        erase();
        session_.terminal().write(line);
        shown_ = line;
    } catch (const Trouble&) {
        observer_.reset();  // the call that is waited for tells what is wrong, if anything is
    }
}

void Progress::erase() {
    if (!std::exchange(shown_, {}).empty()) session_.terminal().write(erase_line);
}

}  // namespace supervisorctl
