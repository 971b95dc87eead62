#include "supervisord/event/listener.hpp"

#include <algorithm>

#include "common/base/text.hpp"

namespace event {

namespace {

using State = Listener::State;
using What = Heard::What;

constexpr std::string_view ready_token = "READY\n";
constexpr std::string_view result_token = "RESULT ";
constexpr std::string_view good_result = "OK";

class Hearing {
public:
    explicit Hearing(Listener& listener) : it_(listener) {}

    std::vector<Heard> all() {
        while (understand()) {}
        return std::move(out_);
    }

private:
    /// True: there may be more.
    bool understand() {
        switch (it_.state) {
            case State::acknowledged: return greeting();
            case State::ready:
                if (!it_.pending.empty()) become(State::unknown);
                return !it_.pending.empty();
            case State::busy: return it_.left ? result() : result_line();
            case State::unknown: it_.pending.clear(); return false;
        }
        return false;
    }

    bool greeting() {
        if (it_.pending.size() < ready_token.size()) return false;
        if (!it_.pending.starts_with(ready_token)) {
            become(State::unknown);
            return true;
        }
        it_.pending.erase(0, ready_token.size());
        become(State::ready);
        return true;
    }

    bool result_line() {
        const auto end = it_.pending.find('\n');
        const bool is_line = end <= result_line_limit;
        if (!is_line && it_.pending.size() <= result_line_limit) return false;
        const std::string line = it_.pending.substr(0, std::min(end, result_line_limit));
        const auto length = line.starts_with(result_token) ? base::parse_int(line.substr(result_token.size()))
                                                           : base::Result<std::int64_t>(base::Error{""});
        if (!is_line || !length || *length < 0) {
            out_.push_back({.what = What::bad_line, .line = line});
            become(State::unknown);
            return true;
        }
        it_.pending.erase(0, end + 1);
        it_.left = static_cast<std::uint64_t>(*length);
        it_.result.clear();
        return true;
    }

    bool result() {
        const std::size_t size = std::min<std::uint64_t>(*it_.left, it_.pending.size());
        const std::size_t telling = good_result.size() + 1 - it_.result.size();
        it_.result.append(it_.pending, 0, std::min(size, telling));
        it_.pending.erase(0, size);
        *it_.left -= size;
        if (*it_.left > 0) return false;
        out_.push_back({.what = it_.result == good_result ? What::processed : What::rejected});
        it_.left.reset();
        it_.result.clear();
        become(State::acknowledged);
        return true;
    }

    void become(State state) {
        out_.push_back({.what = What::state, .from = it_.state, .to = state});
        it_.state = state;
    }

    Listener& it_;
    std::vector<Heard> out_;
};

}  // namespace

std::string_view name(State state) {
    switch (state) {
        case State::ready: return "READY";
        case State::busy: return "BUSY";
        case State::acknowledged: return "ACKNOWLEDGED";
        case State::unknown: return "UNKNOWN";
    }
    return "UNKNOWN";
}

std::vector<Heard> hear(Listener& listener, std::string_view bytes) {
    listener.pending += bytes;
    return Hearing(listener).all();
}

}  // namespace event
