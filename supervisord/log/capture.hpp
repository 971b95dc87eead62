// PURE.  Finds what a program writes between capture tokens (compat/logging.md, section 4), however the stream is cut
// into pieces.  The tokens go nowhere.  No byte that cannot be part of a token is held back (Q53).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace logs {

inline constexpr std::string_view capture_begin = "<!--XSUPERVISOR:BEGIN-->";
inline constexpr std::string_view capture_end = "<!--XSUPERVISOR:END-->";

/// Plain data of fixed size: it lives in the journal.
struct CaptureState {
    bool inside = false;        // between the tokens
    std::uint8_t matched = 0;   // bytes of the next token that were seen and held back

    bool operator==(const CaptureState&) const = default;
};

struct Piece {
    enum class What { plain, captured, complete };  // complete: the end token; what was captured is whole
    What what = What::plain;
    std::string bytes = {};  // none of complete

    bool operator==(const Piece&) const = default;
};

/// The pieces of a part of the stream, in order.
void split_captures(CaptureState& state, std::string_view in, std::vector<Piece>& pieces);
/// The same at the end of the stream: what was held back comes out; what was captured and not ended is nothing.
void split_captures_end(CaptureState& state, std::vector<Piece>& pieces);

}  // namespace logs
