"""Keeper and controller are killed in the same moment: the programs live on, and the next start finds them."""

import contextlib
import fcntl
import os
import signal
import struct
import subprocess
import threading
import time
import unittest

from bed import BIN, SLOW, Bed
from outside import alive
import kernel

NUMBERS = '/bin/sh -c "i=0; while :; do i=$((i+1)); echo $i; sleep 0.01; done"'


class BothDie(Bed):
    def lines(self, path):
        with open(path) as file:
            return file.read().split('\n')

    def assert_numbers(self, path):
        lines = self.lines(path)
        self.assertEqual(lines[:-1], [str(number) for number in range(1, len(lines))])

    def test_programs_are_adopted_with_their_output_and_their_stdin(self):
        out, cat = self.path('out'), self.path('cat.out')
        self.start('[program:numbers]\ncommand=%s\nstdout_logfile=%s\nstartsecs=0\n[program:cat]\ncommand=/bin/cat\nstartsecs=0\nstdout_logfile=%s\n'
                   '[program:gone]\ncommand=/bin/sleep 1000\nstartsecs=0\n'
                   '[program:stopped]\ncommand=/bin/sleep 1000\nautostart=false\n' % (NUMBERS, out, cat))
        self.wait_for('all to run', lambda: [one['statename'] for one in self.info().values()].count('RUNNING') == 3)
        before = {name: one['pid'] for name, one in self.info().items()}
        self.kill_both()
        size = os.path.getsize(out)
        self.kill(before['gone'])
        time.sleep(0.3)  # they write, and nobody reads
        self.assertEqual(os.path.getsize(out), size)
        for name in ('numbers', 'cat'):
            self.assertTrue(alive(before[name]), name)
        self.start()
        self.wait_for('gone to be back', lambda: self.state('gone') == 'RUNNING' and self.pid('gone') != before['gone'])
        now = {name: one['pid'] for name, one in self.info().items()}
        self.assertNotEqual(now.pop('gone'), before.pop('gone'))
        self.assertEqual(now, before)
        self.wait_for_log("adopted: 'cat' with pid %d$" % before['cat'])
        self.wait_for_log(r'exited: gone \(status unknown; not expected\)')
        self.rpc.insist('sendProcessStdin', 'cat', 'hello\n')
        self.wait_for('cat to answer', lambda: self.lines(cat) == ['hello', ''])
        self.wait_for('more numbers', lambda: os.path.getsize(out) > size + 100)
        self.assertTrue(self.rpc.insist('stopProcess', 'numbers'))
        self.assert_numbers(out)
        self.assertTrue(self.rpc.insist('startProcess', 'stopped'))
        self.assertEqual([len(self.spawned(name)) for name in ('numbers', 'cat', 'gone', 'stopped')], [1, 1, 2, 1])

    def test_auto_logs_are_written_on(self):
        self.start('[program:numbers]\ncommand=%s\nstartsecs=0\n[program:gone]\ncommand=/bin/sh -c "echo old; exec sleep 1000"\n'
                   'startsecs=0\n' % NUMBERS)
        logs = {name: one['stdout_logfile'] for name, one in self.info().items()}
        self.wait_for('output', lambda: os.path.getsize(logs['numbers']) > 100 and self.lines(logs['gone']) == ['old', ''])
        gone = self.pid('gone')
        self.kill_both()
        self.kill(gone)
        size = os.path.getsize(logs['numbers'])
        self.start()
        self.wait_for('gone to be back', lambda: self.lines(logs['gone']) == ['old', 'old', ''])
        self.wait_for('more numbers', lambda: os.path.getsize(logs['numbers']) > size + 100)
        self.assertEqual({name: one['stdout_logfile'] for name, one in self.info().items()}, logs)
        self.assertTrue(self.rpc.insist('stopProcess', 'numbers'))
        self.assert_numbers(logs['numbers'])

    def test_leftovers_stop_ends_them_and_begins_anew(self):
        self.start('[program:p]\ncommand=/bin/sleep 1000\nstartsecs=0\n[program:q]\ncommand=/bin/sleep 1000\nstartsecs=0\n', 'leftovers=stop')
        self.wait_for('all to run', lambda: self.state('p') == self.state('q') == 'RUNNING')
        p, q = self.pid('p'), self.pid('q')
        self.kill_both()
        self.start('[program:p]\ncommand=/bin/sleep 1000\nstartsecs=0\n', 'leftovers=stop')
        self.wait_for('p anew', lambda: self.state('p') == 'RUNNING' and self.pid('p') != p)
        self.wait_for('the end of both', lambda: not alive(p) and not alive(q))
        self.wait_for_log("'p' with pid %d is ended and begun anew: leftovers=stop" % p)
        self.wait_for_log("'q:q' with pid %d, which is not configured any more, is ended: leftovers=stop" % q)

    def deaf(self):
        """A command that SIGTERM does not end, once there is the file `deaf`."""
        return '/bin/sh -c "trap : TERM; : > %s; while :; do sleep 0.05; done"' % self.path('deaf')

    def test_leftovers_stop_outlives_controllers(self):
        """What was to be ended is ended, and begun anew, by whichever controller there is."""
        programs = '[program:p]\ncommand=%s\nstartsecs=0\nstopwaitsecs=%d\n' % (self.deaf(), 4 * SLOW)
        self.start(programs + '[program:q]\ncommand=/bin/sleep 1000\nstartsecs=0\n', 'leftovers=stop')
        self.wait_for('all to run', lambda: self.state('p') == self.state('q') == 'RUNNING')
        p, q = self.pid('p'), self.pid('q')
        self.wait_for('it to be deaf', lambda: os.path.exists(self.path('deaf')))
        self.kill_both()
        self.start(programs, 'leftovers=stop')
        self.wait_for('its stop', lambda: self.state('p') == 'STOPPING')
        self.kill_controller()
        self.wait_for('p anew', lambda: self.state('p') == 'RUNNING' and self.pid('p') != p)
        self.wait_for('the end of both', lambda: not alive(p) and not alive(q))
        self.assertEqual(len(self.spawned('p')), 2)
        self.kill_controller()
        self.wait_for_answer()
        self.assertEqual((self.state('p'), len(self.spawned('p'))), ('RUNNING', 2))

    def test_leftovers_stop_when_both_die_again_in_the_middle_and_it_ends_while_nobody_lives(self):
        self.start('[program:p]\ncommand=%s\nstartsecs=0\nstopwaitsecs=100\n' % self.deaf(), 'leftovers=stop')
        self.wait_for('p to run', lambda: self.state('p') == 'RUNNING')
        old = self.pid('p')
        self.wait_for('it to be deaf', lambda: os.path.exists(self.path('deaf')))
        self.kill_both()
        self.start()
        self.wait_for('its stop', lambda: self.state('p') == 'STOPPING')
        self.kill_both()
        self.kill(old)
        self.wait_for('the end of p', lambda: not alive(old))
        self.start()
        self.wait_for('p anew', lambda: self.state('p') == 'RUNNING' and self.pid('p') != old)
        self.assertEqual(len(self.spawned('p')), 2)

    @unittest.skipUnless(os.environ.get('CRASH_POINTS') == '1', 'crash points are not compiled in')
    def test_leftovers_stop_when_the_first_controllers_do_not_come_so_far(self):
        self.start('[program:p]\ncommand=/bin/sleep 1000\nstartsecs=0\n', 'leftovers=stop')
        self.wait_for('p to run', lambda: self.state('p') == 'RUNNING')
        old = self.pid('p')
        self.kill_both()
        with open(self.path('crash'), 'w') as file:
            file.write('controller.resumed 1\n')
        self.try_to_start(env=dict(os.environ, SUPERVISORD_CRASH_FILE=self.path('crash')))
        self.wait_for_log('resumed: 1 process .controllers lost: 1.')
        os.unlink(self.path('crash'))
        self.wait_for('p anew', lambda: self.state('p') == 'RUNNING' and self.pid('p') != old)
        self.assertFalse(alive(old))
        self.assertEqual(len(self.spawned('p')), 2)

    def test_leftovers_ignore_leaves_them_alone(self):
        self.start('[program:p]\ncommand=/bin/sleep 1000\nstartsecs=0\n', 'leftovers=ignore')
        self.wait_for('p to run', lambda: self.state('p') == 'RUNNING')
        old = self.pid('p')
        self.kill_both()
        self.start()
        self.wait_for('another p', lambda: self.state('p') == 'RUNNING' and self.pid('p') != old)
        self.assertTrue(alive(old))
        self.wait_for_log("process %d, 'p:p' of a supervisord that was killed, is ignored" % old)
        self.kill(old)

    def test_a_start_of_which_no_child_has_come_is_done_anew(self):
        """The keeper had forked, and noted the child; all three were killed before that one had passed the gate."""
        self.start('[program:q]\ncommand=/bin/sleep 1000\nstartsecs=0\n'
                   '[program:p]\ncommand=/bin/sleep 1000\nautostart=false\nautorestart=false\nstartsecs=0\n')
        self.wait_for('q to run', lambda: self.state('q') == 'RUNNING')
        keeper, controller = self.keeper(), self.controller()
        table = os.readlink('/proc/%d/fd/6' % controller)
        self.kill(keeper, signal.SIGSTOP)

        def ask():
            with contextlib.suppress(OSError):
                self.rpc.call('startProcess', 'p', False)
        asked = threading.Thread(target=ask)
        asked.start()
        self.wait_for('the start to be noted', lambda: self.state('p') == 'STARTING')
        self.kill(controller)
        self.kill(keeper)
        asked.join()
        self.wait_for('their end', lambda: not self.supervisors())
        self.add_slot(table, b'q:q', b'p:p')
        self.start()
        self.wait_for('p to run', lambda: self.state('p') == 'RUNNING')
        self.assertEqual(len(self.spawned('p')), 1)
        self.assertNotIn('exited: p', self.log())

    @staticmethod
    def add_slot(table, like, name):
        """The next start, noted as alive by its keeper, and with its gate as the keeper leaves it for the child."""
        spawning = 1
        with open(table, 'r+b') as file:
            size, offset = struct.unpack('12xII', file.read(20))
            file.seek(offset)
            slot = bytearray(file.read(size))
            start = struct.unpack_from('Q', slot, 8)[0] + 1
            struct.pack_into('QQ', slot, 0, start << 2 | spawning, start)
            struct.pack_into('i', slot, 20, 32000)  # pid
            struct.pack_into('Q', slot, 32, 0)      # what the child writes into it
            struct.pack_into('i', slot, 40, 0)
            struct.pack_into('Q', slot, 56, 0)
            at = slot.index(like + b'\0')
            slot[at:at + len(name)] = name
            file.seek(offset + size)
            assert not any(file.read(size))
            file.seek(offset + size)
            file.write(slot)

    def test_without_pidfds_nothing_is_taken_over_and_that_is_said(self):
        self.start('[program:p]\ncommand=/bin/sleep 1000\nstartsecs=0\n')
        self.wait_for('p to run', lambda: self.state('p') == 'RUNNING')
        pid = self.pid('p')
        self.kill_both()
        self.try_to_start(preexec_fn=lambda: kernel.mask(['pidfd_open']))
        self.wait_for_log(r'CRIT cannot start: a supervisord was killed, .* this kernel has no pidfds \(Linux 5.3\)')
        self.start()
        self.assertEqual(self.pid('p'), pid)

    def test_what_has_the_number_of_a_dead_program_is_never_touched(self):
        self.start('[program:p]\ncommand=/bin/sleep 1000\nautorestart=false\nstartsecs=0\n', 'leftovers=stop')
        self.wait_for('p to run', lambda: self.state('p') == 'RUNNING')
        pid = self.pid('p')
        self.kill_both()
        self.kill(pid)
        self.wait_for('the end of p', lambda: not os.path.exists('/proc/%d' % pid))
        with open('/proc/sys/kernel/ns_last_pid', 'w') as file:
            file.write(str(pid - 1))
        stranger = subprocess.Popen(['/bin/sleep', '1000'], start_new_session=True)
        self.addCleanup(stranger.wait)
        self.addCleanup(stranger.kill)
        self.assertEqual(stranger.pid, pid)
        self.start()
        self.wait_for_log(r'exited: p \(status unknown; not expected\)$')
        self.assertEqual(self.state('p'), 'EXITED')
        self.assertIsNone(stranger.poll())

    def test_a_start_is_refused_while_a_controller_without_a_keeper_has_the_programs(self):
        self.start('[program:p]\ncommand=/bin/sleep 1000\nstartsecs=0\n')
        self.wait_for('p to run', lambda: self.state('p') == 'RUNNING')
        pid = self.pid('p')
        table = os.readlink('/proc/%d/fd/6' % self.controller())
        self.kill_both()
        with open(table) as held:
            fcntl.flock(held, fcntl.LOCK_EX)  # as such a controller does
            done = subprocess.run([os.path.join(BIN, 'supervisord'), '-n', '-c', self.path('conf')],
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  timeout=30 * SLOW)
            self.assertEqual(done.returncode, 2)
            self.assertIn('Error: a controller that has lost its keeper', done.stdout.decode())
        self.assertTrue(alive(pid))
        self.start()
        self.assertEqual(self.pid('p'), pid)
