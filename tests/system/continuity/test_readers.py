"""Logs that do not take at once what is written: a reader takes his time, a line of another is not at its end."""

import contextlib
import os
import re
import time

from bed import SLOW, Bed

WRITER = '''import os, sys
# Writes numbered lines, more than the pipes have room for, and ends at once.
run = len(open({runs!r}).read()) if os.path.exists({runs!r}) else 0
with open({runs!r}, 'a') as file:
    file.write('.')
text = b''.join(b'%d %06d\\n' % (run, number) for number in range(20000))
while text:
    text = text[os.write(1, text):]
'''
LINES = 20000
RUNS = 2


class Readers(Bed):
    def begin(self, extra=''):
        fifo, script, self.runs = self.path('fifo'), self.path('script.py'), self.path('runs')
        os.mkfifo(fifo)
        self.reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, self.reader)
        with open(script, 'w') as file:
            file.write(WRITER.format(runs=self.runs))
        self.start('[program:p]\ncommand=/usr/bin/python3 %s\nstartsecs=0\nautorestart=false\n'
                   'stdout_logfile=%s\nstdout_logfile_maxbytes=0\n%s' % (script, fifo, extra))
        self.got = b''

    def read_some(self):
        """As much as is there, of 4 KB; how much."""
        piece = b''
        with contextlib.suppress(BlockingIOError):
            piece = os.read(self.reader, 4096)
        self.got += piece
        time.sleep(0.003)
        return len(piece)

    def read(self, size):
        while size > 0:
            size -= self.wait_for('something to read', self.read_some)

    def read_until_it_ends(self):
        def has_ended():
            self.read_some()
            return 'exited: p' in self.log()
        self.wait_for('the end of p', has_ended)

    def expected(self, runs):
        return b''.join(b'%d %06d\n' % (run, number) for run in range(runs) for number in range(LINES))

    def test_a_slow_reader_gets_all_that_a_program_wrote_before_it_ended_and_then_the_next(self):
        self.begin()
        whole = self.expected(RUNS)
        self.read(len(whole) // 4)
        self.read_until_it_ends()
        self.rpc.insist('startProcess', 'p')
        self.kill_controller()
        self.read(len(whole) - len(self.got))
        self.assertEqual(self.got, whole)
        self.assertNotIn('lost', self.log().replace('controllers lost', ''))

    def test_a_shutdown_waits_for_the_reader_but_not_for_ever(self):
        self.begin()
        self.read_until_it_ends()
        begun = time.monotonic()
        self.rpc.insist('shutdown')
        self.wait_for('the end', lambda: not self.supervisors())
        self.assertLess(time.monotonic() - begun, 10 + 5 * SLOW)
        self.wait_for_log(r'p: \d+ bytes of stdout lost')

    def test_what_is_dropped_for_a_reader_who_reads_nothing_is_counted_once(self):
        fifo, size, runs = self.path('fifo'), 50000, 9
        os.mkfifo(fifo)
        reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, reader)
        self.start('[program:p]\ncommand=/usr/bin/python3 -c "import os; os.write(1, %d * bytes([120]))"\nstartsecs=0\n'
                   'autorestart=false\nautostart=false\nstdout_logfile=%s\nstdout_logfile_maxbytes=0\n' % (size, fifo))
        for _ in range(runs):
            self.assertTrue(self.rpc.insist('startProcess', 'p'))
            self.wait_for('its end', lambda: self.state('p') == 'EXITED')
        self.rpc.insist('shutdown')
        self.wait_for('the end', lambda: not self.supervisors())
        got = 0
        while piece := os.read(reader, 65536):
            got += len(piece)
        lost = sum(map(int, re.findall(r'p: (\d+) bytes of stdout lost', self.log())))
        self.assertGreater(lost, 0)
        self.assertEqual(got + lost, runs * size)

    def test_a_line_that_another_has_begun_costs_nobody_a_line(self):
        log, runs = self.path('shared'), self.path('runs')
        with open(self.path('brief.sh'), 'w') as file:
            file.write('run=$(cat {0} || echo 0)\necho $((run + 1)) > {0}\necho line $run\n'
                       'test $run -lt 30 || exec sleep 1000\n'.format(runs))
        options = 'stdout_logfile=%s\nstdout_logfile_maxbytes=0\nstdout_prefix=%%(program_name)s |\n' % log
        self.start('[program:half]\ncommand=/bin/sh -c "while printf half; do sleep 0.2; done"\n' + options +
                   '[program:brief]\ncommand=/bin/sh %s\nstartsecs=0\nautostart=false\nautorestart=true\n' % self.path('brief.sh') + options)

        def lines():
            with open(log) as file:
                return re.findall(r'^brief \| line (\d+)$', file.read(), re.M)
        self.wait_for('half a line', lambda: os.path.getsize(log) > 0)
        self.assertTrue(self.rpc.insist('startProcess', 'brief'))
        self.wait_for('the last line', lambda: '30' in lines())
        self.assertEqual(lines(), [str(run) for run in range(31)])
