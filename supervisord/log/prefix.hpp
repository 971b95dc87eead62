// PURE.  Puts a text in front of each line of a stream, however it is cut into pieces: a line that is not at its end
// when a piece ends goes on in the next.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace logs {

/// Of a prefix, in bytes.
inline constexpr std::size_t prefix_limit = 160;

/// Plain data of fixed size: it lives in the journal.
struct PrefixState {
    bool inside = false;  // of a line

    bool operator==(const PrefixState&) const = default;
};

/// broken: somebody else's unfinished line, or one of our own that nothing will be added to, ends first.
[[nodiscard]] std::string prefix_lines(PrefixState& state, std::string_view prefix, std::string_view in, bool broken = false);
/// The end of the stream: what is to be added so that the last line has an end.
[[nodiscard]] std::string_view prefix_lines_end(PrefixState& state);

/// Who is in the middle of a line of a log that several write to; so that they do not write into it.  A writer is known by
/// what it remembers of its stream, which outlives the writer.
class OpenLine {
public:
    using Writer = PrefixState*;

    /// Something has been written, or somebody has looked what the log ends with.
    [[nodiscard]] bool is_known() const { return known_; }
    /// writer: null when it is not known.  Whose line was open before will not go on with it, nor will its successor.
    void is(bool open, Writer writer) {
        if (open_ && writer_ && writer_ != writer) writer_->inside = false;
        known_ = true;
        open_ = open;
        writer_ = writer;
    }
    /// It was open when it was first looked at, and this one remembers that it was in the middle of a line.
    void claim(Writer writer) {
        if (open_ && !writer_) writer_ = writer;
    }
    /// The writer is gone; nobody goes on with its line.
    void leave(Writer writer) {
        if (writer_ == writer) writer_ = nullptr;
    }

    [[nodiscard]] bool belongs_to(Writer writer) const { return open_ && writer_ == writer; }
    [[nodiscard]] bool is_of_another(Writer writer) const { return open_ && writer_ != writer; }

private:
    bool known_ = false;
    bool open_ = false;
    Writer writer_ = nullptr;
};

}  // namespace logs
