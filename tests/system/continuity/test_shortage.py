"""What supervisord had is not to be had any more, and it goes on."""

import contextlib
import os
import signal
import socket
import subprocess
import sys

from bed import Bed
from outside import alive

NUMBERS = '/bin/sh -c "i=0; while :; do i=$((i+1)); echo $i; sleep 0.01; done"'
ACCEPTS = '''import os, socket
listening = socket.socket(fileno=0)
while True:
    client, _ = listening.accept()
    client.sendall(str(os.getpid()).encode())
    client.close()
'''


def mount(*words):
    return subprocess.run(('mount',) + words, stderr=subprocess.DEVNULL).returncode == 0


class Shortage(Bed):
    def pids(self):
        return {name: one['pid'] for name, one in self.info().items()}

    def kill_keeper(self):
        old = self.keeper()
        self.kill(old)
        self.wait_for('another keeper', lambda: self.keepers() and old not in self.keepers())

    def test_no_controller_needs_the_activity_log(self):
        self.start('[program:numbers]\ncommand=%s\nstdout_logfile=%s\nstartsecs=0\n[program:off]\ncommand=/bin/sleep 1000\nstartsecs=0\n'
                   % (NUMBERS, self.path('out')))
        self.rpc.insist('stopProcess', 'off')
        before = self.pids()
        kept = self.path('log.kept')
        os.rename(self.path('log'), kept)
        os.mkdir(self.path('log'))

        def give_back():
            if os.path.exists(kept):
                os.rmdir(self.path('log'))
                os.rename(kept, self.path('log'))

        self.addCleanup(give_back)
        for kill in [self.kill_controller] * 5 + [self.kill_keeper, self.kill_controller]:
            kill()
            self.wait_for_answer()
            self.assertEqual((self.pids(), self.state('off')), (before, 'STOPPED'))
        size = os.path.getsize(self.path('out'))
        self.wait_for('more numbers', lambda: os.path.getsize(self.path('out')) > size)
        give_back()
        self.rpc.insist('startProcess', 'off')
        self.wait_for_log("spawned: 'off' with pid %d$" % self.pid('off'))

    def test_who_cannot_become_the_keeper_leaves_the_sockets_of_programs_open(self):
        """Without /proc it finds no program to execute."""
        self.under = ['unshare', '--mount']
        if subprocess.run([*self.under, '/bin/true'], stderr=subprocess.DEVNULL).returncode != 0:
            self.skipTest('no mount namespace can be made')
        with open(self.path('accepts'), 'w') as file:
            file.write(ACCEPTS)
        self.start('[fcgi-program:p]\ncommand=%s %s\nsocket=unix://%s\nstartsecs=0\n'
                   % (sys.executable, self.path('accepts'), self.path('f.sock')))
        self.wait_for('it to run', lambda: self.state('p') == 'RUNNING')
        pid = self.pid('p')
        subprocess.run(['nsenter', '--target', str(self.keeper()), '--mount', '--root', 'mount', '-t', 'tmpfs', 'none', '/proc'], check=True)
        self.kill(self.keeper())
        self.wait_for('the end of both', lambda: not self.supervisors())
        self.assertIn('CRIT cannot take the place of the keeper, which was killed', self.log())
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(20)
            client.connect(self.path('f.sock'))
            self.assertEqual(client.recv(20), b'%d' % pid)

    def test_a_program_stays_though_its_auto_log_cannot_be_made_anew(self):
        logs = self.path('logs')
        os.mkdir(logs)
        if not mount('-t', 'tmpfs', '-o', 'nr_inodes=3', 'none', logs):
            self.skipTest('nothing can be mounted')
        self.addCleanup(subprocess.run, ('umount', '--lazy', logs))
        self.start('[program:p]\ncommand=/bin/sh -c "echo old; exec sleep 1000"\nstartsecs=0\n', settings='childlogdir=' + logs)
        self.wait_for('it to run', lambda: self.state('p') == 'RUNNING')
        pid = self.pid('p')
        self.kill_both()
        for name in os.listdir(logs):
            os.unlink(os.path.join(logs, name))

        def fill():
            """A process that is dead to others may still have its files."""
            with contextlib.suppress(OSError):
                open(os.path.join(logs, str(len(os.listdir(logs)))), 'w').close()
            return len(os.listdir(logs)) == 2

        self.wait_for('it to be full', fill)
        self.start()
        self.assertEqual((self.state('p'), self.pid('p'), alive(pid)), ('RUNNING', pid, True))
        self.assertRegex(self.log(), "CRIT .*No space left on device; what 'p' writes to its stdout is dropped")
        self.assertTrue(self.rpc.insist('stopProcess', 'p'))
        self.assertFalse(alive(pid))

    def test_a_reload_removes_no_file_of_others(self):
        self.start('[program:p]\ncommand=/bin/sleep 1000\nstartsecs=0\n')
        with open(self.path('conf')) as file:
            text = file.read()
        os.unlink(self.path('s.sock'))
        with open(self.path('s.sock'), 'w') as file:
            file.write('of others')
        with open(self.path('conf'), 'w') as file:
            file.write(text.replace('file=' + self.path('s.sock'), 'file=' + self.path('t.sock')))
        self.rpc.path = self.path('t.sock')
        self.kill(self.keeper(), signal.SIGHUP)
        self.wait_for('the other socket', lambda: os.path.exists(self.path('t.sock')))
        self.wait_for_answer()
        with open(self.path('s.sock')) as file:
            self.assertEqual(file.read(), 'of others')
