"""What runs, read from /proc: groups, parents, generations.  Knows nothing of supervisord."""

import os
import sys
from collections import namedtuple

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'support'))
from outside import until  # noqa: E402

Process = namedtuple('Process', 'pid name state parent group session started')


def look_at(pid, dead=False):
    """A process that is not dead (or one that is: a zombie), or None."""
    try:
        with open('/proc/%d/stat' % pid) as file:
            before, after = file.read().rsplit(')', 1)
    except OSError:
        return None
    words = after.split()
    if (words[0] in 'ZX') != dead:
        return None
    return Process(pid, before.split('(', 1)[1], words[0], int(words[1]), int(words[2]), int(words[3]),
                   int(words[19]))


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


def wait_for(what, test, seconds=90):
    """The first true answer of `test`."""
    return until(what, test, seconds, 0.02)
