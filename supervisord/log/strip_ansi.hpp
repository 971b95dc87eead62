// PURE.  Takes ANSI control sequences (ESC [ parameters final) out of a stream of bytes, however it is cut into
// pieces: what is in the middle of a sequence at the end of one piece is remembered for the next (quirks.md, Q55).
// Other escapes are left as they are.  A sequence that is broken off by a control character or a byte above 0x7e ends
// there, so that a stray ESC [ cannot swallow the lines that follow.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace logs {

/// Plain data of fixed size: it lives in the journal.
struct StripState {
    enum class Place : std::uint8_t { text, after_escape, in_sequence };
    Place place = Place::text;

    bool operator==(const StripState&) const = default;
};

/// Most bytes that come out for `size` that go in: an ESC that was held back may be added.
[[nodiscard]] constexpr std::size_t strip_ansi_room(std::size_t size) { return size + 1; }

/// Writes what is left of `in` to `out`, which has room as above and does not overlap; answers how many bytes.
[[nodiscard]] std::size_t strip_ansi(StripState& state, std::string_view in, char* out);
/// The same at the end of the stream: an ESC that was held back comes out (one byte of room).
[[nodiscard]] std::size_t strip_ansi_end(StripState& state, char* out);

}  // namespace logs
