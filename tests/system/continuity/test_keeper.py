"""The keeper is killed, which is what `kill -9 $(cat supervisord.pid)` does: the controller takes its place."""

import os
import re
import signal
import time

from bed import OR_UNKNOWN, SLOW, Bed
from outside import alive, look_at, processes
import kernel


def confinement(pid):
    """Whether it has no_new_privs, and how many filters of seccomp."""
    with open('/proc/%d/status' % pid) as file:
        return re.findall(r'^(?:NoNewPrivs|Seccomp_filters):\t(\d+)', file.read(), re.M)


class KeeperDies(Bed):
    def kill_keeper(self):
        """And waits for another; answers its pid."""
        old = self.keeper()
        self.kill(old)
        self.wait_for('another keeper', lambda: self.keeper() != old)
        self.wait_for_answer()
        # Between its fork and its exec a program looks like a keeper.
        self.wait_for('one keeper', lambda: self.keepers() == [self.keeper()])
        return self.keeper()

    def test_everything_goes_on_under_a_new_pid(self):
        out = self.path('out')
        self.start('[program:writer]\ncommand=/bin/sh -c "i=0; while :; do i=$((i+1)); echo $i; done"\n'
                   'stdout_logfile=%s\nstdout_logfile_maxbytes=0\n'
                   '[program:cat]\ncommand=/bin/cat\nstartsecs=0\nstdout_logfile=%s\n'
                   '[program:stopped]\ncommand=/bin/sleep 1000\nautostart=false\n' % (out, self.path('cat')))
        self.wait_for('all to run', lambda: self.state('writer') == self.state('cat') == 'RUNNING')
        before = {name: one['pid'] for name, one in self.info().items()}
        for _ in range(3):
            controller = self.controller()
            self.assertEqual(self.kill_keeper(), controller)
            self.assertEqual(self.rpc.insist('getPID'), self.keeper())
            self.assertEqual({name: one['pid'] for name, one in self.info().items()}, before)
        self.assertIn('WARN keeper was killed, its controller has taken its place, resumed: 2 processes', self.log())
        # It can do all that the first could: its stdin and output, a start, a stop, the death of its controller.
        self.rpc.insist('sendProcessStdin', 'cat', 'still there\n')
        self.wait_for('an answer of cat', lambda: open(self.path('cat')).read() == 'still there\n')
        self.assertTrue(self.rpc.insist('startProcess', 'stopped'))
        self.kill_controller()
        self.assertTrue(self.rpc.insist('stopProcess', 'stopped'))
        self.assertTrue(self.rpc.insist('stopProcess', 'writer'))
        self.assertFalse(alive(before['writer']))
        with open(out) as file:
            lines = file.read().split('\n')
        last = lines.pop()
        self.assertEqual(lines, [str(number) for number in range(1, len(lines) + 1)])
        self.assertTrue(str(len(lines) + 1).startswith(last))
        keeper = self.keeper()
        self.kill(keeper, signal.SIGTERM)
        self.wait_for('its end', lambda: not alive(keeper))
        self.assertFalse(alive(before['cat']))
        for name in ('pid', 's.sock'):
            self.assertFalse(os.path.exists(self.path(name)), name)

    def test_controllers_are_confined_and_nobody_else(self):
        self.start('[program:p]\ncommand=/bin/sleep 1000\nstartsecs=0\n')
        free = confinement(os.getpid())
        for _ in range(3):
            self.wait_for('a controller that is confined', lambda: confinement(self.controller() or os.getpid()) > free)
            self.assertEqual(confinement(self.kill_keeper()), free)
            self.assertTrue(self.rpc.insist('stopProcess', 'p'))
            self.assertTrue(self.rpc.insist('startProcess', 'p'))
            self.assertEqual(confinement(self.pid('p')), free)

    def test_where_controllers_cannot_be_confined_it_is_said_and_all_works(self):
        self.write_config('[program:p]\ncommand=/bin/sleep 1000\nstartsecs=0\n')
        done = self.try_to_start(preexec_fn=lambda: kernel.mask(['seccomp']))
        self.assertEqual(done.returncode, 0, done.stdout)
        self.wait_for_log('WARN the controller keeps rights that it does not need: Function not implemented')
        self.wait_for('p to run', lambda: self.state('p') == 'RUNNING')
        pid = self.pid('p')
        self.kill_keeper()
        self.kill_controller()
        self.assertEqual(self.pid('p'), pid)

    def test_it_notices_that_its_controller_hangs(self):
        limit = int(2 * SLOW)
        self.start('[program:p]\ncommand=/bin/sleep 1000\nstartsecs=0\n', 'controller_timeout=%d' % limit)
        self.kill_keeper()
        pid, old = self.pid('p'), self.wait_for('a controller', self.controller)
        self.kill(old, signal.SIGSTOP)
        self.wait_for_log('WARN controller did not answer and was killed, resumed: 1 process')
        self.wait_for_answer()
        self.assertNotEqual(self.controller(), old)
        self.assertEqual(self.pid('p'), pid)

    def test_the_end_of_a_program_is_known_as_it_was(self):
        self.start('[program:code]\ncommand=/bin/sh -c "while test ! -e %s; do sleep 0.05; done; exit 7"\n'
                   'autorestart=false\n[program:killed]\ncommand=/bin/sleep 1000\nautorestart=false\n' % self.path('go'))
        self.wait_for('all to run', lambda: self.state('code') == self.state('killed') == 'RUNNING')
        killed = self.pid('killed')
        self.kill_keeper()
        open(self.path('go'), 'w').close()
        self.kill(killed, signal.SIGUSR1)
        self.wait_for_log(r'exited: code \((exit status 7%s); not expected\)$' % OR_UNKNOWN)
        self.wait_for_log(r'exited: killed \((terminated by SIGUSR1%s); not expected\)$' % OR_UNKNOWN)
        if not OR_UNKNOWN:
            self.assertEqual(self.info()['code']['exitstatus'], 7)

    def test_a_program_that_ends_in_the_same_moment_is_started_again_once(self):
        self.start('[program:p]\ncommand=/bin/sleep 1000\nstartsecs=0\n')
        self.wait_for('p to run', lambda: self.state('p') == 'RUNNING')
        old = self.pid('p')
        self.kill(old)
        self.kill_keeper()
        self.wait_for('another p', lambda: self.state('p') == 'RUNNING' and self.pid('p') != old)
        self.assertEqual(len(self.spawned('p')), 2)
        self.assertEqual(len(re.findall(r'exited: p \((terminated by SIGKILL|status unknown); not expected\)', self.log())), 1)

    def test_a_stop_in_progress_and_its_group_go_on(self):
        seconds = int(3 * SLOW)
        self.start('[program:stubborn]\ncommand=/bin/sh -c "trap : TERM; sleep 1000 & echo deaf; while :; do sleep 0.05; done"\n'
                   'startsecs=0\nstopwaitsecs=%d\nstopasgroup=true\nkillasgroup=true\nstdout_logfile=%s\n'
                   % (seconds, self.path('out')))
        self.wait_for('it to be deaf', lambda: os.path.exists(self.path('out')) and os.path.getsize(self.path('out')))
        pid = self.pid('stubborn')
        begin = time.monotonic()
        self.rpc.insist('stopProcess', 'stubborn', False)
        self.kill_keeper()
        self.assertEqual(self.state('stubborn'), 'STOPPING')
        self.wait_for('its end', lambda: self.state('stubborn') == 'STOPPED')
        self.assertGreater(time.monotonic() - begin, 2.5 * SLOW)
        self.assertLess(time.monotonic() - begin, seconds + 2 * SLOW)
        self.assertEqual([process for process in processes() if process.group == pid], [])

    def test_a_shutdown_in_progress_goes_on(self):
        self.start('[program:stubborn]\ncommand=/bin/sh -c "trap : TERM; echo deaf; while :; do sleep 0.05; done"\n'
                   'startsecs=0\nstopwaitsecs=%d\nstdout_logfile=%s\n' % (2 * SLOW, self.path('out')))
        self.wait_for('it to be deaf', lambda: os.path.exists(self.path('out')) and os.path.getsize(self.path('out')))
        pid, keeper = self.pid('stubborn'), self.keeper()
        self.rpc.insist('shutdown')
        self.kill(keeper)
        self.wait_for('the end of all', lambda: not self.supervisors())
        self.assertFalse(alive(pid))
        self.assertNotIn('pid', os.listdir(self.directory))
        self.assertEqual(len(self.spawned('stubborn')), 1)

    def test_a_controller_that_stands_still_takes_the_place_too(self):
        # Its process group has lost its parent: the kernel sends SIGHUP, and SIGCONT.
        self.start('[program:p]\ncommand=/bin/sleep 1000\nstartsecs=0\n')
        self.wait_for('p to run', lambda: self.state('p') == 'RUNNING')
        pid, controller = self.pid('p'), self.controller()
        self.kill(controller, signal.SIGSTOP)
        self.wait_for('it to stand still', lambda: look_at(controller).state == 'T')
        self.assertEqual(self.kill_keeper(), controller)
        self.assertEqual(self.pid('p'), pid)
