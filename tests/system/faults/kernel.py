"""An older kernel, as far as a seccomp filter can make one: features that are not there."""
import ctypes
import os
import platform
import struct

PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, MODE_FILTER = 38, 22, 2
ALLOW, FAIL = 0x7fff0000, 0x00050000  # the latter with an errno
ENOSYS, EINVAL, ENOTTY = 38, 22, 25
LOAD, IS, IS_NOT_0, RETURN = 0x20, 0x15, 0x25, 0x06
NUMBER, ARCHITECTURE = 0, 4


def argument(which):
    return 16 + 8 * which  # its lower half, on machines that are little-endian


# By the names of processors: how the kernel calls them, ioctl, memfd_create, seccomp, write.  The others have one number
# everywhere.
MACHINES = {'x86_64': (0xc000003e, 16, 319, 317, 1), 'aarch64': (0xc00000b7, 29, 279, 277, 64)}
ARCH, IOCTL, MEMFD_CREATE, SECCOMP, WRITE = MACHINES.get(platform.machine(), (0, 0, 0, 0, 0))
PIDFD_GET_INFO = 3 << 30 | 64 << 16 | 0xff << 8 | 11

# What is missing: the system call, what it says then; and of which argument, with which value or with any but 0.
FEATURES = {
    'cgroup_kill': (WRITE, EINVAL, 2, 1),                 # 5.14.  A filter sees no file: nobody writes a single byte then
    'close_range': (436, ENOSYS, None, None),             # before Linux 5.9
    'memfd_create': (MEMFD_CREATE, ENOSYS, None, None),   # a filter of system calls, as services may have
    'pidfd_getfd': (438, ENOSYS, None, None),             # 5.6
    'pidfd_info': (IOCTL, ENOTTY, 1, PIDFD_GET_INFO),     # 6.15: how a program that was not ours ended
    'pidfd_group': (424, EINVAL, 3, None),                # 6.9: a signal to a process group
    'pidfd_open': (434, ENOSYS, None, None),              # 5.3
    'seccomp': (SECCOMP, ENOSYS, None, None),             # where the kernel is built without
}


def instructions(missing):
    code = [(LOAD, 0, 0, ARCHITECTURE), (IS, 1, 0, ARCH), (RETURN, 0, 0, ALLOW)]
    for name in missing:
        number, error, which, value = FEATURES[name]
        about = []
        if which is not None:
            test = (IS_NOT_0, 0, 1, 0) if value is None else (IS, 0, 1, value)
            about = [(LOAD, 0, 0, argument(which)), test]
        code += [(LOAD, 0, 0, NUMBER), (IS, 0, len(about) + 1, number), *about, (RETURN, 0, 0, FAIL | error)]
    return code + [(RETURN, 0, 0, ALLOW)]


def mask(missing):
    """In this process, and all that descends from it."""
    code = b''.join(struct.pack('HBBI', *one) for one in instructions(missing))
    program = ctypes.create_string_buffer(code, len(code))
    packed = ctypes.create_string_buffer(struct.pack('HxxxxxxP', len(code) // 8, ctypes.addressof(program)))
    libc = ctypes.CDLL(None, use_errno=True)
    if os.geteuid() != 0:
        libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if not ARCH or libc.prctl(PR_SET_SECCOMP, MODE_FILTER, packed, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), 'cannot mask features of this kernel')
