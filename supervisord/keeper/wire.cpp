#include "supervisord/keeper/wire.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace keeper {

Sent send_message(int socket, const Message& message, std::span<const int> descriptors) {
    iovec bytes{.iov_base = const_cast<Message*>(&message), .iov_len = sizeof message};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * descriptor_limit)] = {};
    msghdr header{};
    header.msg_iov = &bytes;
    header.msg_iovlen = 1;
    if (!descriptors.empty()) {
        header.msg_control = control;
        header.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
        cmsghdr* rights = CMSG_FIRSTHDR(&header);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(descriptors.size_bytes());
        std::memcpy(CMSG_DATA(rights), descriptors.data(), descriptors.size_bytes());
    }
    for (;;) {
        if (::sendmsg(socket, &header, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) return Sent::done;
        if (errno == EINTR) continue;
        // Too many references: as many descriptors are on their way as this user may have open.
        const bool full = errno == EAGAIN || errno == ETOOMANYREFS || errno == ENOBUFS || errno == ENOMEM;
        return full ? Sent::full : Sent::closed;
    }
}

namespace {

// A dead peer that had not read everything makes us hear ECONNRESET, once, before what it had sent.
ssize_t receive(int socket, msghdr& header) {
    for (;;) {
        const ssize_t size = ::recvmsg(socket, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
        if (size < 0 && (errno == EINTR || errno == ECONNRESET)) continue;
        return size;
    }
}

void take_descriptors(msghdr& header, Incoming& incoming) {
    for (cmsghdr* part = CMSG_FIRSTHDR(&header); part; part = CMSG_NXTHDR(&header, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
        const std::size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count; ++i) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(part) + i * sizeof(int), sizeof fd);
            base::Fd owned(fd);
            if (incoming.count < descriptor_limit) incoming.descriptors[incoming.count++] = std::move(owned);
        }
    }
}

}  // namespace

void receive_message(int socket, Incoming& incoming) {
    incoming = Incoming{};
    iovec bytes{.iov_base = &incoming.message, .iov_len = sizeof incoming.message};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * descriptor_limit)];
    msghdr header{};
    header.msg_iov = &bytes;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    const ssize_t size = receive(socket, header);
    if (size < 0) {
        incoming.receipt = errno == EAGAIN ? Receipt::nothing : Receipt::closed;
        return;
    }
    if (size == 0) {
        incoming.receipt = Receipt::closed;
        return;
    }
    take_descriptors(header, incoming);
    incoming.descriptors_lost = (header.msg_flags & MSG_CTRUNC) != 0;
    const bool whole = size == sizeof incoming.message && (header.msg_flags & MSG_TRUNC) == 0;
    incoming.receipt = whole && incoming.message.magic == Message::right_magic ? Receipt::message : Receipt::malformed;
}

bool make_link(base::Fd& keeper_end, base::Fd& controller_end) {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return false;
    keeper_end = base::Fd(ends[0]);
    controller_end = base::Fd(ends[1]);
    return true;
}

}  // namespace keeper
