#include "transcript.hpp"

#include <algorithm>
#include <map>
#include <vector>

#include "common/base/signals.hpp"
#include "common/base/text.hpp"

namespace transcript {

using base::concat;
using namespace process;

namespace {

std::string show_time(milliseconds time) {
    const auto count = time.count();
    return count % 1000 == 0 ? concat(count / 1000, "s") : concat(count, "ms");
}

std::optional<milliseconds> read_time(std::string_view text) {
    std::int64_t count = 0;
    if (text.ends_with("ms") && base::parse_digits(text.substr(0, text.size() - 2), count)) return milliseconds(count);
    if (text.ends_with("s") && base::parse_digits(text.substr(0, text.size() - 1), count)) return milliseconds(count * 1000);
    return std::nullopt;
}

const std::pair<std::string_view, Event> plain_events[] = {
    {"start", Start{}},          {"stop", Stop{}},           {"hold", Hold{}},
    {"spawned", Spawned{}},      {"not spawned", SpawnFailed{}}, {"group gone", GroupGone{}},
    {"signal failed", SignalFailed{}}, {"wake", TimePassed{}},
};

std::string show_event(const Event& event) {
    if (const auto* exited = std::get_if<Exited>(&event))
        return concat("exited ", exited->code, exited->group_left ? " group left" : "");
    for (const auto& [name, plain] : plain_events)
        if (plain.index() == event.index()) return std::string(name);
    return "?";
}

std::string_view show_line(Line line) {
    switch (line) {
        case Line::entered_running: return "log success";
        case Line::gave_up: return "log gave up";
        case Line::exited_expected: return "log exited, expected";
        case Line::exited_unexpected: return "log exited, not expected";
        case Line::stopped: return "log stopped";
        case Line::killing: return "log killing";
        case Line::killing_remains: return "log killing what is left";
        case Line::leaving_remains: return "log leaving what is left";
    }
    return "?";
}

std::string show_action(const Action& action) {
    if (const auto* news = std::get_if<Announce>(&action)) {
        std::string out = concat(api::name(news->from), ">", api::name(news->to));
        const bool attempt = news->to == State::starting || news->to == State::backoff;
        if (attempt && news->tries > 0) out += concat(" tries ", news->tries);
        return out;
    }
    if (const auto* signal = std::get_if<Signal>(&action))
        return concat("signal ", base::signal_name(signal->number).substr(3), signal->group ? " group" : "");
    if (const auto* say = std::get_if<Say>(&action)) return std::string(show_line(say->line));
    return "spawn";
}

bool read_flag(std::string_view text, bool& flag) { return flag = text == "true", text == "true" || text == "false"; }

const std::map<std::string_view, config::Autorestart> autorestarts = {{"true", config::Autorestart::always},
                                                                      {"false", config::Autorestart::never},
                                                                      {"unexpected", config::Autorestart::unexpected}};

bool read_option(std::string_view key, std::string_view value, config::Program& program) {
    if (key == "startsecs") return base::parse_digits(value, program.startsecs);
    if (key == "startretries") return base::parse_digits(value, program.startretries);
    if (key == "stopwaitsecs") return base::parse_digits(value, program.stopwaitsecs);
    if (key == "stopasgroup") return read_flag(value, program.stopasgroup);
    if (key == "killasgroup") return read_flag(value, program.killasgroup);
    if (key == "autorestart") {
        const auto found = autorestarts.find(value);
        if (found == autorestarts.end()) return false;
        program.autorestart = found->second;
        return true;
    }
    if (key == "stopsignal") {
        const auto number = base::parse_signal(value);
        return number && (program.stopsignal = *number);
    }
    if (key == "exitcodes") {
        program.exitcodes.clear();
        return std::ranges::all_of(base::split(value, ','), [&](std::string_view code) {
            return base::parse_digits(code, program.exitcodes.emplace_back());
        });
    }
    return false;
}

}  // namespace

std::optional<Happening> read_happening(std::string_view text) {
    Happening out{.delay = milliseconds(0), .event = TimePassed{}};
    text = base::strip(text);
    if (text.starts_with('+')) {
        const auto blank = text.find(' ');
        const auto time = read_time(text.substr(1, blank == std::string_view::npos ? blank : blank - 1));
        if (!time) return std::nullopt;
        out.delay = *time;
        if (blank == std::string_view::npos) return out;
        text = base::strip(text.substr(blank));
    }
    if (text.starts_with("exited ")) {
        text.remove_prefix(7);
        Exited exited;
        if (text.ends_with(" group left")) {
            exited.group_left = true;
            text.remove_suffix(11);
        }
        const auto code = base::parse_int(text);
        if (!code) return std::nullopt;
        exited.code = static_cast<int>(*code);
        out.event = exited;
        return out;
    }
    for (const auto& [name, event] : plain_events)
        if (name == text) return out.event = event, out;
    return std::nullopt;
}

std::string show(const Happening& happening) {
    if (happening.delay.count() == 0) return show_event(happening.event);
    const std::string delay = concat("+", show_time(happening.delay));
    return std::holds_alternative<TimePassed>(happening.event) ? delay : concat(delay, " ", show_event(happening.event));
}

std::string show(const Machine& before, const Step& step, base::Time now) {
    std::vector<std::string> parts;
    for (const auto& action : step.actions) parts.push_back(show_action(action));
    const bool moved = std::ranges::any_of(step.actions, [](const Action& a) { return std::holds_alternative<Announce>(a); });
    if (step.next.deadline && (moved || step.next.deadline != before.deadline))
        parts.push_back(concat("wait ", show_time(std::chrono::duration_cast<milliseconds>(*step.next.deadline - now))));
    if (!step.next.deadline && before.deadline && !moved) parts.emplace_back("wait no more");
    return base::join(parts, ", ");
}

bool read_given(std::string_view text, config::Program& program) {
    return std::ranges::all_of(base::words(text), [&](std::string_view word) {
        const auto equals = word.find('=');
        return equals != std::string_view::npos && read_option(word.substr(0, equals), word.substr(equals + 1), program);
    });
}

std::string show_given(const config::Program& program) {
    const config::Program plain;
    const auto flag = [](bool on) { return on ? "true" : "false"; };
    std::string out;
    if (program.startsecs != plain.startsecs) out += concat(" startsecs=", program.startsecs);
    if (program.startretries != plain.startretries) out += concat(" startretries=", program.startretries);
    if (program.stopwaitsecs != plain.stopwaitsecs) out += concat(" stopwaitsecs=", program.stopwaitsecs);
    if (program.stopasgroup) out += concat(" stopasgroup=", flag(program.stopasgroup));
    if (program.killasgroup) out += concat(" killasgroup=", flag(program.killasgroup));
    if (program.stopsignal != plain.stopsignal) out += concat(" stopsignal=", base::signal_name(program.stopsignal).substr(3));
    if (program.exitcodes != plain.exitcodes) {
        std::vector<std::string> codes;
        for (const int code : program.exitcodes) codes.push_back(std::to_string(code));
        out += concat(" exitcodes=", base::join(codes, ","));
    }
    for (const auto& [name, value] : autorestarts)
        if (value == program.autorestart && value != plain.autorestart) out += concat(" autorestart=", name);
    return std::string(base::strip(out));
}

std::string line(std::string_view happening, std::string_view done) {
    std::string out(happening);
    out.resize(std::max<std::size_t>(out.size(), 22), ' ');
    out += done.empty() ? " ->" : " -> ";
    return out += done;
}

}  // namespace transcript
