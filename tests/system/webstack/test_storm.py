"""Whatever is killed, again and again, under load: no request fails, no line is lost or doubled, no program gets a new pid.

STORM=SECONDS is how long each lasts (3)."""

import contextlib
import os
import random
import signal
import subprocess
import time

from counter import counting, last_number
from processes import look_at, wait_for
from stack import BIN, StackCase
from web import Load

LASTS = float(os.environ.get('STORM', '3'))


class Storm(StackCase):
    def setUp(self):
        if self.original:
            self.skipTest('Supervisor is one process: when it is killed nothing watches the programs')
        super().setUp()

    @classmethod
    def tearDownClass(cls):
        """The others look at programs that are children of their supervisord."""
        if not cls.original:
            cls.stack.shutdown()
            cls.stack.start()

    @contextlib.contextmanager
    def nothing_notices(self):
        """At the end: every request was served, everything has the pid that it had, every line is there once."""
        port = self.stack.port
        with counting(self.stack, self) as log:
            before = self.stack.pids()
            self.assertEqual([name for name in before if not before[name]], [])
            with Load(port['app'], '/roll/whoami') as roll, Load(port['app'], '/whoami') as crm, \
                    Load(port['direct'], '/whoami') as direct, Load(port['site'], '/') as files:
                yield log
                wait_for('an answer', lambda: self.stack.states())
                for load in (roll, crm, direct, files):
                    load.go_on(10)
            for load in (roll, crm, direct, files):
                self.assert_served(load)
            self.assertEqual(self.stack.pids(), before)

    def until_over(self, pause):
        """Yields again and again, that many seconds apart; ends when the storm has lasted."""
        end = time.monotonic() + LASTS
        while time.monotonic() < end:
            yield
            time.sleep(pause)

    def end(self, *pids):
        """At once: none of them has time to notice the death of another.  A controller before its keeper, for the kernel lets one go
        on that stands still and loses its parent."""
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in pids:
                self.assertGreater(pid, 1)
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
        wait_for('them to be gone', lambda: not any(look_at(pid) for pid in pids))

    def test_the_controller_is_killed_every_200_ms(self):
        daemon, killed = self.stack.daemon(), 0
        with self.nothing_notices():
            for _ in self.until_over(0.2):
                pid = self.stack.controller()
                if pid:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                        killed += 1
        self.assertEqual(self.stack.daemon(), daemon)
        self.assertGreater(killed, LASTS / 2)

    def test_the_keeper_is_killed(self):
        with self.nothing_notices():
            for _ in self.until_over(1):
                old = self.stack.daemon()
                self.end(old)
                wait_for('a new keeper with a controller', lambda: self.stack.daemon() != old and self.stack.controller())
                wait_for('an answer', lambda: self.stack.states())

    def test_both_are_killed_and_supervisord_is_started_again(self):
        with self.nothing_notices():
            for _ in self.until_over(1):
                self.end(self.stack.controller(), self.stack.daemon())
                time.sleep(random.random() / 10)    # a part of a pipe fills meanwhile
                self.stack.supervisord()
                wait_for('an answer', lambda: self.stack.states())

    def test_it_is_upgraded_while_somebody_follows_a_log(self):
        copy = self.stack.path('followed')
        with self.nothing_notices() as log, open(copy, 'wb') as out, subprocess.Popen(
                [os.path.join(BIN, 'supervisorctl'), '-c', self.stack.conf, 'tail', '-f', 'counter'],
                stdout=out, stderr=subprocess.STDOUT, env=self.stack.environment) as follower:
            for _ in self.until_over(0.5):
                self.assertEqual(self.stack.ctl('upgrade'), 'Upgraded supervisord\n')
            written = wait_for('a line', lambda: last_number(log.path))
            wait_for('the follower to have seen it', lambda: last_number(copy) >= written)
            follower.terminate()
        with open(copy, 'rb') as file:
            numbers = [int(line) for line in file.read().splitlines()[2:-1]]    # after Press Ctrl-C, and a part of a line
        self.assertEqual(numbers, list(range(numbers[0], numbers[0] + len(numbers))))
