"""What is no message, or none that makes sense, on the channel between keeper and controller: written to either end from
outside, through copies of their descriptors."""
import contextlib
import ctypes
import os
import socket
import struct

PIDFD_GETFD = 438
SIZE, MAGIC, VERSION = 448, 0x6b656570, 2  # keeper/message.hpp
SPAWN, SIGNAL, RELEASE, PUT, UNKNOWN = 3, 4, 5, 7, (0, 40, 63, 100, 65535)
STRAY = '/dev/full'  # travels beside; nobody may keep it
libc = ctypes.CDLL(None, use_errno=True)


def copies(pid):
    """The ends of such channels that a process has."""
    with contextlib.suppress(OSError):
        pidfd = os.pidfd_open(pid)
        try:
            for name in os.listdir('/proc/%d/fd' % pid):
                with contextlib.suppress(OSError):
                    if not os.readlink('/proc/%d/fd/%s' % (pid, name)).startswith('socket:'):
                        continue
                    fd = libc.syscall(PIDFD_GETFD, pidfd, int(name), 0)
                    if fd < 0:
                        continue
                    end = socket.socket(fileno=fd)
                    with end:
                        if end.family == socket.AF_UNIX and end.type == socket.SOCK_SEQPACKET:
                            yield end
        finally:
            os.close(pidfd)


def message(kind, slot=0, inc=0):
    """seq is 0: no request has that, and so what is answered is nobody's answer."""
    head = struct.pack('IHHQQQQIIiiIi', MAGIC, VERSION, kind, 0, inc, 0, 0, slot, 0, 0, 0, 0, 9)
    return head.ljust(SIZE, b'\0')


def nonsense(random):
    """Never a request that could be carried out."""
    whole = random.randbytes(SIZE)
    return random.choice([
        lambda: random.randbytes(random.randrange(1, 2 * SIZE)),
        lambda: whole,
        lambda: message(random.choice(UNKNOWN))[:random.randrange(1, SIZE)],
        lambda: message(random.choice(UNKNOWN)) + b'x',
        lambda: message(random.choice(UNKNOWN)),
        lambda: struct.pack('IHH', MAGIC, VERSION, 200 + random.randrange(1000)) + bytes(8) + whole[16:],
        lambda: message(SIGNAL, random.choice((0, 5, 1 << 31)), 1 << 60),
        lambda: message(RELEASE, random.choice((0, 5, 1 << 31)), 1 << 60),
        lambda: message(SPAWN, 0, 0),
        lambda: message(PUT),
    ])()


def make(pid, random):
    """To the other end of what this process has.  How many were sent."""
    sent = 0
    for end in copies(pid):
        for _ in range(random.randrange(1, 8)):
            with contextlib.suppress(OSError), open(STRAY) as stray:
                beside = [stray.fileno()] * random.choice((0, 0, 1, 3))
                socket.send_fds(end, [nonsense(random)], beside, socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)
                sent += 1
    return sent


def keeps_strays(pid):
    with contextlib.suppress(OSError):
        return [name for name in os.listdir('/proc/%d/fd' % pid) if os.readlink('/proc/%d/fd/%s' % (pid, name)) == STRAY]
    return []
