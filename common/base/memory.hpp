// Memory that was needed to begin and is not needed to go on.
#pragma once

namespace base {

/// Gives back the pages of program code that have been used so far, and free heap.  What is needed again is mapped
/// again from the page cache, at the price of a minor fault; a daemon that sleeps does not hold the code of its start.
void forget_start();

}  // namespace base
