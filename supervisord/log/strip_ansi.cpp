#include "supervisord/log/strip_ansi.hpp"

#include <cstring>

namespace logs {

namespace {

constexpr char escape = '\x1b';

bool is_parameter(char c) { return c >= 0x20 && c <= 0x3f; }
bool is_final(char c) { return c >= 0x40 && c <= 0x7e; }

}  // namespace

std::size_t strip_ansi(StripState& state, std::string_view in, char* out) {
    using Place = StripState::Place;
    char* end = out;
    for (std::size_t i = 0; i < in.size();) {
        const char c = in[i];
        switch (state.place) {
            case Place::text: {
                // Nearly all bytes are here: whole stretches at once.
                const void* found = std::memchr(in.data() + i, escape, in.size() - i);
                const std::size_t stop = found ? static_cast<std::size_t>(static_cast<const char*>(found) - in.data()) : in.size();
                std::memcpy(end, in.data() + i, stop - i);
                end += stop - i;
                i = stop;
                if (found) {
                    state.place = Place::after_escape;
                    ++i;
                }
                break;
            }
            case Place::after_escape:
                if (c == '[') {
                    state.place = Place::in_sequence;
                    ++i;
                } else {  // another kind of escape; c is looked at again, as it may be the next ESC
                    *end++ = escape;
                    state.place = Place::text;
                }
                break;
            case Place::in_sequence:
                if (is_parameter(c)) {
                    ++i;
                } else {
                    state.place = Place::text;
                    if (is_final(c)) ++i;  // else the sequence is broken off, and c is text
                }
                break;
        }
    }
    return static_cast<std::size_t>(end - out);
}

std::size_t strip_ansi_end(StripState& state, char* out) {
    const bool held_back = state.place == StripState::Place::after_escape;
    if (held_back) *out = escape;
    state = StripState{};
    return held_back ? 1 : 0;
}

}  // namespace logs
