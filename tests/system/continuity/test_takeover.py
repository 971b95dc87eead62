"""supervisord --takeover: a start in place of one that does not answer."""

import contextlib
import os
import signal
import socket
import struct
import subprocess
import threading

from bed import BIN, SLOW, Bed
from outside import alive, look_at


class Takeover(Bed):
    two = ('[program:writer]\ncommand=/bin/sh -c "i=0; while :; do i=$((i+1)); echo $i; done"\nstdout_logfile=%s\n'
                'stdout_logfile_maxbytes=0\n[program:p]\ncommand=/bin/sleep 1000\nstartsecs=0\n')

    def start_other(self, *arguments):
        return subprocess.run([os.path.join(BIN, 'supervisord'), '-c', self.path('conf'), *arguments], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=100 * SLOW, text=True)

    def pids(self):
        return {name: one['pid'] for name, one in self.info().items()}

    def wait_for_adoption(self, before):
        self.wait_for(lambda: 'all to be adopted: %s, were %s' % (self.info(), before), lambda: self.pids() == before)

    def start_two(self):
        """Pids of the programs, keeper, controller."""
        self.start(self.two % self.path('out'))
        self.wait_for('all to run', lambda: all(one['statename'] == 'RUNNING' for one in self.info().values()))
        return self.pids(), self.keeper(), self.controller()

    def stand_still(self, *pids):
        for pid in pids:
            self.kill(pid, signal.SIGSTOP)
            self.wait_for('it to stand still', lambda: look_at(pid).state == 'T')

    def stay(self, keeper, controller):
        """They were left alone."""
        self.assertEqual((alive(keeper), alive(controller)), (True, True))
        self.assertEqual({pid for pid, _ in self.supervisors()}, {keeper, controller})

    def test_one_that_stands_still_is_ended_and_its_programs_go_on(self):
        before, keeper, controller = self.start_two()
        self.stand_still(keeper, controller)
        done = self.start_other()
        self.assertEqual(done.returncode, 2, done.stdout)
        self.assertEqual((look_at(keeper).state, look_at(controller).state), ('T', 'T'))
        done = self.start_other('--takeover')
        self.assertEqual(done.returncode, 0, done.stdout)
        self.wait_for_answer()
        self.wait_for_adoption(before)
        self.assertFalse(alive(keeper) or alive(controller))
        self.wait_for('its own pidfile', lambda: self.keeper() != keeper)
        self.assertRegex(self.log(), r'WARN --takeover: a supervisord that did not answer was ended \(processes %d, %d\), '
                                     r'its programs go on\n' % (min(keeper, controller), max(keeper, controller)))
        self.assertTrue(self.rpc.insist('stopProcess', 'writer'))
        with open(self.path('out')) as file:
            lines = file.read().split('\n')[:-1]
        self.assertEqual(lines, [str(number) for number in range(1, len(lines) + 1)])

    def test_one_that_answers_is_left_alone(self):
        before, keeper, controller = self.start_two()
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

    def test_one_whose_keeper_stands_still_is_ended_though_its_controller_answers(self):
        """It can neither start nor stop a program."""
        before, keeper, controller = self.start_two()
        self.stand_still(keeper)
        done = self.start_other('--takeover')
        self.assertEqual(done.returncode, 0, done.stdout)
        self.wait_for_adoption(before)
        self.assertFalse(alive(keeper) or alive(controller))

    def test_one_of_another_version_is_left_alone(self):
        """Its programs could not be had, and nobody would be left who has them."""
        _, keeper, controller = self.start_two()
        self.stand_still(keeper, controller)
        with open('/proc/%d/fd/6' % controller, 'r+b') as table:
            table.seek(8)
            version, = struct.unpack('I', table.read(4))
            table.seek(8)
            table.write(struct.pack('I', version + 1))
        done = self.start_other('--takeover')
        self.assertEqual(done.returncode, 2)
        self.assertIn('Error: --takeover: process %d is a supervisord of another version' % keeper, done.stdout)
        self.stay(keeper, controller)

    def test_nobody_is_ended_for_a_start_that_cannot_be(self):
        _, keeper, controller = self.start_two()
        self.stand_still(keeper, controller)
        with open(self.path('conf')) as file:
            text = file.read()
        with socket.create_server(('127.0.0.1', 0)) as other:
            obstacles = (text.replace('logfile=' + self.path('log'), 'logfile=' + self.directory, 1),
                         text + '[inet_http_server]\nport=127.0.0.1:%d\n' % other.getsockname()[1])
            for obstacle in obstacles:
                with open(self.path('conf'), 'w') as file:
                    file.write(obstacle)
                done = self.start_other('--takeover')
                self.assertIn(done.returncode, (1, 2), done.stdout)
                self.stay(keeper, controller)
                self.assertTrue(os.path.exists(self.path('s.sock')))
        with open(self.path('conf'), 'w') as file:
            file.write(text)

    def test_of_several_at_once_one_takes_over(self):
        before, keeper, controller = self.start_two()
        self.stand_still(keeper, controller)
        ends = []
        others = [threading.Thread(target=lambda: ends.append(self.start_other('--takeover').returncode)) for _ in range(3)]
        for other in others:
            other.start()
        for other in others:
            other.join()
        self.assertIn(0, ends)
        self.wait_for_adoption(before)
        self.wait_for('one of each', lambda: len(self.supervisors()) == 2)

    def test_the_pidfile_is_not_what_says_whom_to_end(self):
        for text in ('1', '-1', str(os.getpid())):
            before, keeper, controller = self.start_two()
            self.stand_still(keeper, controller)
            with open(self.path('pid'), 'w') as file:
                file.write(text)
            done = self.start_other('--takeover')
            self.assertEqual(done.returncode, 0, done.stdout)
            self.wait_for_adoption(before)
            self.wait_for('its own pidfile', lambda: self.keeper() in self.keepers())
            self.end_all()

    def test_in_the_middle_of_a_stop(self):
        """Which ends at its time, and once."""
        self.start('[program:deaf]\ncommand=/bin/sh -c "trap \'echo told\' TERM; echo ready; while :; do sleep 0.05; done"\n'
                   'startsecs=0\nstopwaitsecs=8\nstdout_logfile=%s\n' % self.path('deaf'))
        def output():
            with open(self.path('deaf')) as file:
                return file.read().split()
        self.wait_for('it to be deaf', lambda: output() == ['ready'])
        pid, keeper, controller = self.pid('deaf'), self.keeper(), self.controller()
        self.assertTrue(self.rpc.insist('stopProcess', 'deaf', False))
        self.wait_for('the signal', lambda: output() == ['ready', 'told'])
        self.stand_still(keeper, controller)
        done = self.start_other('--takeover')
        self.assertEqual(done.returncode, 0, done.stdout)
        self.wait_for('the stop', lambda: self.state('deaf') == 'STOPPED')
        self.assertFalse(alive(pid))
        self.assertEqual(output(), ['ready', 'told'])
        self.assertEqual(self.log().count("killing 'deaf' (%d) with SIGKILL" % pid), 1)

    def test_in_the_middle_of_an_upgrade(self):
        before, keeper, controller = self.start_two()
        for pause in range(5):
            self.kill(keeper, signal.SIGUSR1)
            threading.Event().wait(pause * 0.02)
            standing = {pid for pid, _ in self.supervisors()}
            for pid in standing:
                with contextlib.suppress(ProcessLookupError):
                    self.kill(pid, signal.SIGSTOP)
            done = self.start_other('--takeover')
            self.assertEqual(done.returncode, 0, done.stdout)
            self.wait_for_adoption(before)
            keeper = self.wait_for('its pidfile', lambda: self.keeper() in self.keepers() and self.keeper())
        self.assertTrue(self.rpc.insist('stopProcess', 'writer'))
        with open(self.path('out')) as file:
            lines = file.read().split('\n')[:-1]
        self.assertEqual(lines, [str(number) for number in range(1, len(lines) + 1)])
