// What nobody reads any more, so that who writes it is not stopped by a full pipe: bytes are read and dropped, until the
// other end is closed.  Does not count them.
#pragma once

#include <functional>

#include "common/base/fd.hpp"
#include "supervisord/control/loop.hpp"

namespace control {

/// Goes on by itself, for as long as the loop does, or until the answer is called, which gives the pipe back.  While the
/// answer is kept the pipe stays open, though its end has come.
std::function<base::Fd()> drain(Loop& loop, base::Fd pipe);

}  // namespace control
