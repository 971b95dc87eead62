// One message over a SOCK_SEQPACKET socket, with the descriptors beside it.  Never waits, whatever the socket's mode.
// Both programs use it.  The controller must go on reading while it cannot send: the keeper reads no request while an
// answer to one before does not fit.
#pragma once

#include <span>

#include "common/base/fd.hpp"
#include "supervisord/keeper/message.hpp"

namespace keeper {

enum class Sent {
    done,
    full,    // try again when the socket can be written
    closed,  // the other side is gone
};
[[nodiscard]] Sent send_message(int socket, const Message& message, std::span<const int> descriptors = {});

enum class Receipt {
    message,
    nothing,    // for now
    closed,     // the other side is gone, and all it sent has been read
    malformed,  // something came that is no message; go on
};
struct Incoming {
    Receipt receipt = Receipt::nothing;
    bool descriptors_lost = false;  // we are out of them: the message is whole, what came beside it is not
    Message message;
    std::size_t count = 0;
    base::Fd descriptors[descriptor_limit];  // take what you keep; the rest is closed
};
/// Fills `incoming`, whatever was in it is closed.
void receive_message(int socket, Incoming& incoming);

/// Both ends of a new socket, close-on-exec.  False: errno stands.
[[nodiscard]] bool make_link(base::Fd& keeper_end, base::Fd& controller_end);

}  // namespace keeper
