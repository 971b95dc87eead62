// Memory that was needed to begin and is not needed to go on.
#pragma once

#include <chrono>

namespace base {

/// After that most programs have been started and, with the usual startsecs, found to be running.
constexpr std::chrono::milliseconds start_takes{1100};

/// Gives back the pages of program code that have been used so far, and free heap.  What is needed again is mapped
/// again from the page cache, at the price of a minor fault; a daemon that sleeps does not hold the code of its start.
void forget_start();

}  // namespace base
