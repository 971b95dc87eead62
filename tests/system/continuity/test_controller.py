"""The controller dies, or hangs: what it was in the middle of goes on where it was."""

import os
import re
import signal
import time

from bed import SLOW, Bed
from outside import alive

IGNORES_TERM = '/bin/sh -c "trap : TERM; echo deaf; while :; do sleep 0.05; done"'


class ControllerDies(Bed):
    def test_starting_stopping_and_backoff_go_on_at_their_deadlines(self):
        seconds = int(4 * SLOW)
        self.start('[program:stubborn]\ncommand=%s\nstartsecs=0\nstopwaitsecs=%d\nstdout_logfile=%s\n'
                   '[program:slow]\ncommand=/bin/sleep 1000\nstartsecs=%d\nautostart=false\n'
                   '[program:broken]\ncommand=/bin/false\nstartretries=2\nautostart=false\n'
                   % (IGNORES_TERM, seconds, self.path('out'), seconds))
        self.wait_for('stubborn to be deaf', lambda: os.path.exists(self.path('out')) and os.path.getsize(self.path('out')))
        stubborn = self.pid('stubborn')
        begin = time.monotonic()
        self.rpc.insist('stopProcess', 'stubborn', False)
        self.rpc.insist('startProcess', 'slow', False)
        self.rpc.insist('startProcess', 'broken', False)
        self.assertEqual([self.state('stubborn'), self.state('slow')], ['STOPPING', 'STARTING'])
        deaths, gone, up = 0, None, None
        while time.monotonic() < begin + 30 * SLOW and not (gone and up):
            if time.monotonic() < begin + seconds - 0.5:
                self.kill_controller()
                deaths += 1
            now = self.info()
            if not gone and now['stubborn']['statename'] == 'STOPPED':
                gone = time.monotonic() - begin
                self.assertFalse(alive(stubborn))
            if not up and now['slow']['statename'] == 'RUNNING':
                up = time.monotonic() - begin
            time.sleep(0.1)
        self.assertGreater(deaths, 3)
        # From the last death on another wait would end half a second before twice that time.
        for end in gone, up:
            self.assertGreater(end, seconds - 0.1)
            self.assertLess(end, seconds + 2 * SLOW)
        self.wait_for('broken to be given up', lambda: self.state('broken') == 'FATAL')
        self.assertEqual(len(self.spawned('broken')), 3)  # retries are not forgotten, and none is done twice
        self.assertEqual(len(self.spawned('slow')), 1)
        self.assertEqual(len(re.findall('killing .stubborn. .* with SIGKILL', self.log())), 1)
        self.assertIn('WARN controller died (signal 9), resumed: ', self.log())
        self.assertIn('(controllers lost: %d)' % deaths, self.log())


class ControllerHangs(Bed):
    def test_it_is_replaced_after_its_time(self):
        limit = int(2 * SLOW)  # for the start of its successor too
        self.start('[program:p]\ncommand=/bin/sleep 1000\nstartsecs=0\n', 'controller_timeout=%d' % limit)
        self.wait_for('p to run', lambda: self.state('p') == 'RUNNING')
        pid, old = self.pid('p'), self.controller()
        begin = time.monotonic()
        self.kill(old, signal.SIGSTOP)
        self.wait_for_answer()
        self.assertGreater(time.monotonic() - begin, 0.6 * limit)  # two thirds of the time at least
        self.assertNotEqual(self.controller(), old)
        self.assertIn('WARN controller did not answer and was killed, resumed: 1 process (controllers lost: 1)', self.log())
        self.assertEqual(self.pid('p'), pid)

    def test_one_that_is_only_idle_is_left_alone_and_nobody_wakes_up(self):
        self.start('[program:p]\ncommand=/bin/sleep 1000\n', 'controller_timeout=1')
        self.wait_for('p to run', lambda: self.state('p') == 'RUNNING')
        old = self.controller()

        def switches():
            text = ''
            for pid in (self.keeper(), old):
                with open('/proc/%d/status' % pid) as file:
                    text += file.read()
            return re.findall(r'\nvoluntary_ctxt_switches:\s+(\d+)', text)

        time.sleep(1.5)  # the request above is dealt with, and what the start has needed is given back
        before = switches()
        time.sleep(2.5)  # more than twice the limit
        self.assertEqual(switches(), before)
        self.assertEqual(self.controller(), old)
