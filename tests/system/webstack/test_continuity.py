"""The controller is killed: the programs run on, requests are served, no byte of a log is lost."""

import os
import re
import signal
import time

import processes
from counter import counting
from processes import wait_for
from stack import SLOW, StackCase
from web import Load, answers

ROUNDS = 5


class ControllerKilled(StackCase):
    def setUp(self):
        if self.original:
            self.skipTest('Supervisor is one process: when it is killed nothing watches the programs')
        super().setUp()

    def kill_controller(self):
        """Answers the time from its death to the first answer of its successor."""
        old = self.stack.controller()
        begin = time.monotonic()
        os.kill(old, signal.SIGKILL)
        wait_for('a new controller', lambda: self.stack.controller() not in (None, old))
        wait_for('an answer', lambda: self.stack.states())
        return time.monotonic() - begin

    def test_requests_are_served_on_and_no_program_is_started_again(self):
        before, daemon = self.stack.pids(), self.stack.daemon()
        with Load(self.stack.port['app'], '/roll/whoami') as roll, Load(self.stack.port['app'], '/whoami') as crm:
            times = []
            for _ in range(ROUNDS):
                times.append(self.kill_controller())
                self.assertEqual(self.stack.pids(), before)
                crm.go_on(20)
        self.assert_served(roll)
        self.assert_served(crm)
        self.assertLess(sorted(times)[ROUNDS // 2], 1 * SLOW, times)
        self.assertEqual(self.stack.daemon(), daemon)

    def test_uptimes_go_on(self):
        def uptimes():
            found = {}
            for line in self.stack.ctl('status').splitlines():
                hours, minutes, seconds = re.search(r'uptime (\d+):(\d\d):(\d\d)$', line).groups()
                found[line.split()[0]] = int(hours) * 3600 + int(minutes) * 60 + int(seconds)
            return found
        before = uptimes()
        self.kill_controller()
        after = uptimes()
        for name in before:
            self.assertGreaterEqual(after[name], before[name], name)

    def test_a_program_that_is_killed_together_with_it_is_started_again_once(self):
        before = self.stack.pids()
        pid = before['web1'][0]
        os.kill(self.stack.controller(), signal.SIGKILL)
        os.kill(pid, signal.SIGKILL)

        def is_back():
            now = self.stack.pids()
            return now and now.get('web1') and now['web1'] != before['web1'] and now
        after = wait_for('web1 to be back', is_back)
        wait_for('web1 to answer', lambda: answers(self.stack.port['web1_http'], '/whoami'))
        self.assertEqual({name for name in after if after[name] != before[name]}, {'web1'})
        masters = [process for process in processes.everything()
                   if self.stack.path('web.ini') in processes.command_line(process.pid)
                   and process.pid == process.group]
        self.assertEqual(len(masters), 2, 'one for web1, one for web2')

    def test_a_stopped_program_stays_stopped_and_commands_work_as_before(self):
        self.assertEqual(self.stack.ctl('stop', 'web2'), 'web2: stopped\n')
        self.kill_controller()
        self.assertEqual(self.stack.states()['web2'], 'STOPPED')
        self.assertEqual(self.stack.ctl('start', 'web2'), 'web2: started\n')
        self.kill_controller()
        leader = self.stack.pid('crm')
        self.assertEqual(self.stack.ctl('stop', 'crm'), 'crm: stopped\n')
        self.assertEqual(processes.group(leader), [])
        self.assertEqual(self.stack.ctl('start', 'crm'), 'crm: started\n')

    def test_no_line_of_a_busy_log_is_lost_or_doubled(self):
        with counting(self.stack, self) as log:
            for _ in range(ROUNDS):
                self.kill_controller()
                log.wait_for_rotation()
