// The launcher: what `supervisord` is until it has become the keeper.  Reads arguments and configuration, complains
// where the user sees it, gives up root, raises limits, takes the sockets (which refuses a second start before anything
// of the first is touched), goes into the background, and becomes the keeper by exec, so that nothing of all this stays
// in the keeper's memory (compat/signals.md, section 1).
#pragma once

namespace launch {

/// Returns only when there is nothing to become: an exit status of compat/config.md, section 13.
[[nodiscard]] int run(int argc, char** argv);

/// The path of this program as the kernel was given it, symbolic links and all.
[[nodiscard]] const char* executed_path();

}  // namespace launch
