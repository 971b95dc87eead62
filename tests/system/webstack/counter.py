"""A program that writes numbered lines as fast as it can, and what has become of them."""

import contextlib
import glob
import os

from processes import wait_for

BACKUPS = 500


class Log:
    def __init__(self, path):
        self.path = path

    def files(self):
        """Oldest first."""
        old = sorted(glob.glob(self.path + '.*'), key=lambda name: -int(name.rsplit('.', 1)[1]))
        return old + [self.path]

    def remove(self):
        for name in self.files():
            with contextlib.suppress(FileNotFoundError):
                os.unlink(name)

    def lines(self):
        return b''.join(open(name, 'rb').read() for name in self.files()).splitlines()

    def wait_for_rotation(self):
        count = len(self.files())
        wait_for('the log to be rotated again', lambda: len(self.files()) > count)

    def assert_complete(self, case, at_least):
        """1, 2, 3 and so on, without a gap or a repetition; the last may be half of one, its writer was ended.  Where as many
        files are there as may be, the oldest are gone: then from a line on that is whole."""
        lines, first = self.lines(), 1
        if len(self.files()) > BACKUPS:
            lines = lines[1:]
            first = int(lines[0])
        case.assertGreater(len(lines), at_least)
        wrong = next((index for index, line in enumerate(lines) if line != b'%d' % (first + index)), len(lines))
        case.assertGreaterEqual(wrong, len(lines) - 1, lines[max(0, wrong - 3):wrong + 3])


def last_number(path):
    """The last whole line of a file; 0 when that is no number, or there is no file, as in the middle of a rotation."""
    try:
        with open(path, 'rb') as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - 100))
            lines = file.read().split(b'\n')
    except FileNotFoundError:
        return 0
    return int(lines[-2]) if len(lines) > 1 and lines[-2].isdigit() else 0


@contextlib.contextmanager
def counting(stack, case, at_least=100000):
    """With such a program in the stack; at the end all that it has written must be there."""
    log = Log(stack.path('log', 'counter.log'))
    log.remove()
    with stack.also('[program:counter]\ncommand=/bin/sh -c "i=0; while :; do i=$((i+1)); echo $i; done"\n'
                    'stdout_logfile=%s\nstdout_logfile_maxbytes=1MB\nstdout_logfile_backups=%d\n' % (log.path, BACKUPS)):
        stack.wait_state('counter', 'RUNNING')
        wait_for('the first lines', lambda: last_number(log.path))
        yield log
        stack.ctl('stop', 'counter')
        log.assert_complete(case, at_least)
