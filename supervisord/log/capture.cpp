#include "supervisord/log/capture.hpp"

namespace logs {

namespace {

// Neither token has its first byte anywhere else: after a mismatch nothing but the present byte can begin one.
static_assert(capture_begin.rfind('<') == 0 && capture_end.rfind('<') == 0);

void add(std::vector<Piece>& pieces, bool inside, std::string_view bytes) {
    if (bytes.empty()) return;
    const auto what = inside ? Piece::What::captured : Piece::What::plain;
    if (pieces.empty() || pieces.back().what != what) pieces.push_back({.what = what});
    pieces.back().bytes += bytes;
}

}  // namespace

void split_captures(CaptureState& state, std::string_view in, std::vector<Piece>& pieces) {
    while (!in.empty()) {
        const std::string_view token = state.inside ? capture_end : capture_begin;
        if (state.matched == 0) {
            const auto start = in.find(token.front());
            add(pieces, state.inside, in.substr(0, start));
            if (start == std::string_view::npos) return;
            in.remove_prefix(start + 1);
            state.matched = 1;
        } else if (in.front() == token[state.matched]) {
            in.remove_prefix(1);
            if (++state.matched < token.size()) continue;
            state.matched = 0;
            if (state.inside) pieces.push_back({.what = Piece::What::complete});
            state.inside = !state.inside;
        } else {
            add(pieces, state.inside, token.substr(0, state.matched));
            state.matched = 0;
        }
    }
}

void split_captures_end(CaptureState& state, std::vector<Piece>& pieces) {
    if (!state.inside) add(pieces, false, capture_begin.substr(0, state.matched));
    state = {};
}

}  // namespace logs
