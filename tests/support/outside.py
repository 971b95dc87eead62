"""What tests share that look at programs from outside: waiting with a deadline, processes, ports, HTTP over a Unix socket."""
import contextlib
import http.client
import os
import random
import socket
import time
from collections import namedtuple

PATIENCE = 20 * float(os.environ.get('SLOW', '1'))  # seconds: for anything that is to happen


def until(what, condition, patience=PATIENCE, pause=0.01):
    """The first true value of the condition; what: a text, or what makes one in the end."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(pause)
    raise AssertionError('not within %d s: %s' % (patience, what() if callable(what) else what))


Process = namedtuple('Process', 'pid name state parent group session started')


def look_at(pid):
    """What /proc says of a process, dead or alive; None: there is none.  It may end at any moment: reading fails then."""
    for _ in range(3):  # there is no entry for a moment while a thread that executes takes the place of the first
        try:
            with open('/proc/%d/stat' % pid, errors='replace') as file:
                before, after = file.read().rsplit(')', 1)
            break
        except OSError:
            pass
    else:
        return None
    words = after.split()
    if words[0] == 'Z' and int(words[17]) > 1:
        words[0] = 'R'  # only the first of its threads has ended
    return Process(pid, before.split('(', 1)[1], words[0], int(words[1]), int(words[2]), int(words[3]), int(words[19]))


def alive(pid):
    """A zombie is not."""
    found = look_at(pid)
    return found is not None and found.state not in 'ZX'


def processes():
    """All that are alive."""
    found = (look_at(int(name)) for name in os.listdir('/proc') if name.isdigit())
    return [process for process in found if process and process.state not in 'ZX']


def free_port():
    """Below those that the kernel gives to whoever asks for any, until it is used, and those of the web stack."""
    with open('/proc/sys/net/ipv4/ip_local_port_range') as file:
        end = min(int(file.read().split()[0]), 18000)
    for _ in range(1000):
        with socket.socket() as probe:
            with contextlib.suppress(OSError):
                probe.bind(('127.0.0.1', random.randrange(10000, end) if end > 10000 else 0))
                return probe.getsockname()[1]
    raise RuntimeError('no free port')


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__('localhost', timeout=PATIENCE)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)
