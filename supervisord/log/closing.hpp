// Closes descriptors where nobody waits for it: with the last one of a file that has no name any more its blocks are freed,
// which takes 30 ms and more for 50 MB.
#pragma once

#include "common/base/fd.hpp"

namespace logs {

/// Never waits for a disk, as long as there is a thread to be had and no more than some wait already; else at once.
void close_in_background(base::Fd fd);

/// The file of that name, so that it is not freed by whoever takes its name away; nothing when there is none.
[[nodiscard]] base::Fd keep_alive(const char* path);

}  // namespace logs
