// What an event listener says: cut anywhere it means the same, and little of it is kept.
#include "supervisord/event/listener.hpp"
#include "tests/fuzz/fuzz.hpp"

using event::Listener;
using fuzz::must;

namespace {

/// Which is told by the texts of what was heard; a listener that becomes ready is sent an event at once.
std::string heard_by(Listener& listener, std::string_view bytes) {
    std::string out;
    for (const auto& heard : event::hear(listener, bytes)) {
        out += static_cast<char>('a' + static_cast<int>(heard.what));
        if (heard.what == event::Heard::What::state) {
            out += event::name(heard.from);
            out += event::name(heard.to);
        }
        out += heard.line;
        out += '\n';
    }
    must(listener.pending.size() <= event::result_line_limit && listener.result.size() <= 3, "little is kept");
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input cuts(data, std::min<std::size_t>(size, 8));
    const std::string_view bytes = fuzz::view(data, size).substr(std::min<std::size_t>(size, 8));
    const auto states = {Listener::State::acknowledged, Listener::State::busy, Listener::State::ready};
    for (const auto state : states) {
        Listener whole{.state = state}, pieces{.state = state};
        const std::string all = heard_by(whole, bytes);
        std::string parts;
        fuzz::Input lengths = cuts;
        for (std::string_view rest = bytes; !rest.empty();) {
            const std::string_view piece = rest.substr(0, lengths.is_done() ? 1 : lengths.number<std::uint8_t>() + 1);
            rest.remove_prefix(piece.size());
            parts += heard_by(pieces, piece);
        }
        must(all == parts && whole == pieces, "pieces mean what the whole does");
    }
    return 0;
}
