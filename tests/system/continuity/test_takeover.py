"""supervisord --takeover: a start in place of one that does not answer."""

import os
import signal
import subprocess

from bed import BIN, Bed, facts, lives


class Takeover(Bed):
    two = ('[program:writer]\ncommand=/bin/sh -c "i=0; while :; do i=$((i+1)); echo $i; done"\nstdout_logfile=%s\n'
                'stdout_logfile_maxbytes=0\n[program:p]\ncommand=/bin/sleep 1000\nstartsecs=0\n')

    def start_other(self, *arguments):
        return subprocess.run([os.path.join(BIN, 'supervisord'), '-c', self.path('conf'), *arguments], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=100, text=True)

    def pids(self):
        return {name: one['pid'] for name, one in self.info().items()}

    def test_one_that_stands_still_is_ended_and_its_programs_go_on(self):
        self.start(self.two % self.path('out'))
        self.wait_for('all to run', lambda: all(one['statename'] == 'RUNNING' for one in self.info().values()))
        before, keeper, controller = self.pids(), self.keeper(), self.controller()
        for pid in (keeper, controller):
            self.kill(pid, signal.SIGSTOP)
            self.wait_for('it to stand still', lambda: facts(pid)[1] == 'T')
        done = self.start_other()
        self.assertEqual(done.returncode, 2, done.stdout)
        self.assertEqual((facts(keeper)[1], facts(controller)[1]), ('T', 'T'))
        done = self.start_other('--takeover')
        self.assertEqual(done.returncode, 0, done.stdout)
        self.wait_for_answer()
        self.wait_for('all to be adopted', lambda: self.pids() == before)
        self.assertFalse(lives(keeper) or lives(controller))
        self.wait_for('its own pidfile', lambda: self.keeper() != keeper)
        self.assertRegex(self.log(), r'WARN --takeover: a supervisord that did not answer was ended \(processes %d, %d\), '
                                     r'its programs go on\n' % (min(keeper, controller), max(keeper, controller)))
        self.assertTrue(self.rpc.insist('stopProcess', 'writer'))
        with open(self.path('out')) as file:
            lines = file.read().split('\n')[:-1]
        self.assertEqual(lines, [str(number) for number in range(1, len(lines) + 1)])

    def test_one_that_answers_is_left_alone(self):
        self.start(self.two % self.path('out'))
        self.wait_for('all to run', lambda: all(one['statename'] == 'RUNNING' for one in self.info().values()))
        before, keeper, controller = self.pids(), self.keeper(), self.controller()
        done = self.start_other('--takeover')
        self.assertEqual(done.returncode, 2)
        self.assertEqual(done.stdout.split('\n')[0], 'Error: --takeover is for a supervisord that does not answer, and one answers at '
                         'unix:%s.  Use `supervisorctl shutdown` to end it, or `supervisorctl upgrade` for a new version'
                         % self.path('s.sock'))
        self.assertEqual((self.pids(), self.keeper(), self.controller()), (before, keeper, controller))

    def test_without_another_it_is_a_start(self):
        self.write_config(self.two % self.path('out'))
        done = self.start_other('--takeover')
        self.assertEqual((done.returncode, done.stdout), (0, ''))
        self.wait_for_answer()
        self.assertNotIn('takeover', self.log())
