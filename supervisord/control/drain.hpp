// What nobody reads any more, so that who writes it is not stopped by a full pipe: bytes are read and dropped, until the
// other end is closed.  Does not count them.
#pragma once

#include "common/base/fd.hpp"

namespace boost::asio {
class io_context;
}

namespace control {

/// Goes on by itself, for as long as the loop does.
void drain(boost::asio::io_context& loop, base::Fd pipe);

}  // namespace control
