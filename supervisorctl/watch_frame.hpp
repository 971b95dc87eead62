// What `status --watch` shows, and what its keys mean.  Pure: what is known goes in, lines or a key come out.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "supervisorctl/remote.hpp"

namespace supervisorctl {

struct Watched {
    std::string server;  // its URL
    std::string time;    // of the last answer
    std::string notice;  // what went wrong, what was done, or a question; empty: nothing
    bool is_lost = false;  // there is no answer any more: what is shown is old
    std::vector<Process> processes;
    std::string chosen;  // the full name of one of them
};

/// So many lines at most, separated by newlines, none wider than the columns.  The processes that do not fit are left
/// out around the chosen one.
[[nodiscard]] std::string frame(const Watched& watched, std::size_t columns, std::size_t rows, bool coloured);

/// The full name of the process that stands so many lines below (above: less than 0) the named one; the last or first
/// one, or empty, when there is none.
[[nodiscard]] std::string moved(const std::vector<Process>& processes, const std::string& from, std::int64_t lines);

/// A key is the byte that it sends, or one of these.
namespace key {
inline constexpr int up = 256, down = 257, page_up = 258, page_down = 259, first = 260, last = 261;
inline constexpr int end_of_input = 4, redraw = 12;  // Ctrl-D, Ctrl-L
}
/// Takes a key out of what was typed; nothing when that is not a whole one.
[[nodiscard]] std::optional<int> take_key(std::string& typed);

}  // namespace supervisorctl
