"""What runs, read from /proc: groups, parents, generations.  Knows nothing of supervisord."""

import contextlib
import os
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'support'))
import outside  # noqa: E402
from outside import until  # noqa: E402

def look_at(pid, dead=False):
    """A process that is not dead (or one that is: a zombie), or None."""
    process = outside.look_at(pid)
    return process if process and (process.state in 'ZX') == dead else None


def everything(dead=False):
    found = (look_at(int(name), dead) for name in os.listdir('/proc') if name.isdigit())
    return [process for process in found if process]


def group(number):
    return [process for process in everything() if process.group == number]


def children(pid):
    return [process for process in everything() if process.parent == pid]


def dead_children(pid):
    """Those that it has not reaped."""
    return [process for process in everything(dead=True) if process.parent == pid]


def command_line(pid):
    try:
        with open('/proc/%d/cmdline' % pid, 'rb') as file:
            return file.read().decode(errors='replace').replace('\0', ' ').strip()
    except OSError:
        return ''


def user(pid):
    """Effective user id."""
    with open('/proc/%d/status' % pid) as file:
        for line in file:
            if line.startswith('Uid:'):
                return int(line.split()[2])


def kill(pid):
    """Also when it has just ended."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def wait_for(what, test, seconds=90):
    """The first true answer of `test`."""
    return until(what, test, seconds, 0.02)
