// Removes files where nobody waits for it: to free the blocks of one takes 30 ms and more for 50 MB.
#pragma once

#include <string>

namespace logs {

/// unlink(2): 0 or an errno; the name is gone at once.  The blocks are freed by a thread, as long as there is one to be had
/// and not too many files wait for it; else before this returns.
[[nodiscard]] int remove_in_background(const std::string& path);

}  // namespace logs
