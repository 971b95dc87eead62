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


@contextlib.contextmanager
def counting(stack, case, at_least=100000):
    """With such a program in the stack; at the end all that it has written must be there."""
    log = Log(stack.path('log', 'counter.log'))
    log.remove()
    with stack.also('[program:counter]\ncommand=/bin/sh -c "i=0; while :; do i=$((i+1)); echo $i; done"\n'
                    'stdout_logfile=%s\nstdout_logfile_maxbytes=1MB\nstdout_logfile_backups=%d\n' % (log.path, BACKUPS)):
        stack.wait_state('counter', 'RUNNING')
        wait_for('the first lines', lambda: os.path.exists(log.path) and os.path.getsize(log.path))
        yield log
        stack.ctl('stop', 'counter')
        log.assert_complete(case, at_least)
